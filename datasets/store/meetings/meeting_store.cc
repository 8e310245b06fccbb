#include "datasets/store/meetings/meeting_store.h"

#include <map>

#include "datasets/base/encoding.h"
#include "datasets/store/codec.h"
#include "datasets/store/owner.h"

namespace datasets {
namespace {

std::optional<int> OptionalFrame(const Statement& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return static_cast<int>(row.Int(column));
}

#define VOLE_MEETING_COLUMNS "id, job_id, video_id, start_frame, end_frame, kind, exchange"

MeetingRow MeetingFrom(const Statement& row) {
  MeetingRow meeting;
  meeting.id = row.Int(0);
  meeting.job_id = row.Int(1);
  meeting.video_id = row.Int(2);
  meeting.start_frame = static_cast<int>(row.Int(3));
  meeting.end_frame = static_cast<int>(row.Int(4));
  meeting.kind = row.Text(5);
  meeting.exchange = row.Real(6);
  return meeting;
}

void ReadParts(Connection& connection, MeetingRow* meeting) {
  auto animals = connection.Query(
      "SELECT category_id, number, before_tracklet, before_frame, after_tracklet, after_frame,"
      " split_agreement, away FROM meeting_animals WHERE meeting_id = ? ORDER BY number",
      meeting->id);
  while (animals.Step()) {
    MeetingAnimalRow animal;
    animal.category_id = animals.Int(0);
    animal.number = static_cast<int>(animals.Int(1));
    animal.before_tracklet = OptionalFrame(animals, 2);
    animal.before_frame = OptionalFrame(animals, 3);
    animal.after_tracklet = OptionalFrame(animals, 4);
    animal.after_frame = OptionalFrame(animals, 5);
    if (!animals.IsNull(6)) animal.split_agreement = animals.Real(6);
    animal.away = animals.Bool(7);
    meeting->animals.push_back(animal);
  }
  auto ways = connection.Query(
      "SELECT before_number, after_number, probability, appearance, motion FROM meeting_ways"
      " WHERE meeting_id = ? ORDER BY before_number, after_number",
      meeting->id);
  while (ways.Step()) {
    meeting->ways.push_back({static_cast<int>(ways.Int(0)), static_cast<int>(ways.Int(1)),
                             ways.Real(2), ways.Real(3), ways.Real(4)});
  }
}

}  // namespace

Id InsertMeeting(Connection& connection, const MeetingRow& meeting) {
  const Id id = connection.Insert(
      "INSERT INTO meetings (job_id, video_id, start_frame, end_frame, kind, exchange)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      meeting.job_id, meeting.video_id, meeting.start_frame, meeting.end_frame, meeting.kind,
      meeting.exchange);
  for (const MeetingAnimalRow& animal : meeting.animals) {
    connection.Run(
        "INSERT INTO meeting_animals (meeting_id, category_id, number, before_tracklet,"
        " before_frame, after_tracklet, after_frame, split_agreement, away)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id, animal.category_id, animal.number, animal.before_tracklet, animal.before_frame,
        animal.after_tracklet, animal.after_frame, animal.split_agreement, animal.away);
  }
  for (const MeetingWayRow& way : meeting.ways) {
    connection.Run(
        "INSERT INTO meeting_ways (meeting_id, before_number, after_number, probability,"
        " appearance, motion) VALUES (?, ?, ?, ?, ?, ?)",
        id, way.before_number, way.after_number, way.probability, way.appearance, way.motion);
  }
  return id;
}

std::vector<MeetingRow> ReadMeetings(Connection& connection, Id job_id, Id video_id) {
  std::vector<MeetingRow> meetings;
  {
    auto rows = connection.Query("SELECT " VOLE_MEETING_COLUMNS
                                 " FROM meetings WHERE job_id = ? AND video_id = ?"
                                 " ORDER BY start_frame, id",
                                 job_id, video_id);
    while (rows.Step()) meetings.push_back(MeetingFrom(rows));
  }
  for (MeetingRow& meeting : meetings) ReadParts(connection, &meeting);
  return meetings;
}

std::optional<MeetingRow> ReadMeeting(Connection& connection, Id id) {
  auto row = connection.Query("SELECT " VOLE_MEETING_COLUMNS " FROM meetings WHERE id = ?", id);
  if (!row.Step()) return std::nullopt;
  MeetingRow meeting = MeetingFrom(row);
  ReadParts(connection, &meeting);
  return meeting;
}

void WriteNameEvidence(Connection& connection, Id job_id, Id video_id, const std::string& json) {
  connection.Run("DELETE FROM name_evidence WHERE job_id = ? AND video_id = ?", job_id, video_id);
  connection.Run("INSERT INTO name_evidence (job_id, video_id, evidence) VALUES (?, ?, ?)", job_id,
                 video_id, json);
}

std::optional<std::string> ReadNameEvidence(Connection& connection, Id job_id, Id video_id) {
  auto row = connection.Query(
      "SELECT evidence FROM name_evidence WHERE job_id = ? AND video_id = ?", job_id, video_id);
  return row.Step() ? std::optional<std::string>(row.Text(0)) : std::nullopt;
}

Id InsertMeetingDecision(Connection& connection, const MeetingDecisionRow& decision) {
  return connection.Insert(
      "INSERT INTO meeting_decisions (video_id, job_id, meeting_id, start_frame, end_frame,"
      " verdict, exchange, author, seconds, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      decision.video_id, decision.job_id, decision.meeting_id, decision.start_frame,
      decision.end_frame, decision.verdict, decision.exchange, ShownText(decision.author),
      decision.seconds, decision.decided_at ? decision.decided_at : NowMs());
}

Id InsertKnownPair(Connection& connection, const KnownPairRow& pair) {
  return connection.Insert(
      "INSERT INTO known_pairs (decision_id, before_frame, after_frame, before_tracklet,"
      " after_tracklet, before_outline, after_outline) VALUES (?, ?, ?, ?, ?, ?, ?)",
      pair.decision_id, pair.before_frame, pair.after_frame, pair.before_tracklet,
      pair.after_tracklet, PolygonsToJson(pair.before_outline), PolygonsToJson(pair.after_outline));
}

void DeleteMeetingDecision(Connection& connection, Id id) {
  connection.Run("DELETE FROM meeting_decisions WHERE id = ?", id);
}

void DeleteKnownPair(Connection& connection, Id id) {
  connection.Run("DELETE FROM known_pairs WHERE id = ?", id);
}

std::vector<MeetingDecisionRow> ReadMeetingDecisions(Connection& connection, Id video_id) {
  std::vector<MeetingDecisionRow> decisions;
  std::map<Id, size_t> place;
  {
    auto rows = connection.Query(
        "SELECT id, video_id, job_id, meeting_id, start_frame, end_frame, verdict, exchange,"
        " author, seconds, decided_at FROM meeting_decisions WHERE video_id = ? ORDER BY id",
        video_id);
    while (rows.Step()) {
      MeetingDecisionRow decision;
      decision.id = rows.Int(0);
      decision.video_id = rows.Int(1);
      decision.job_id = rows.Int(2);
      decision.meeting_id = rows.Int(3);
      decision.start_frame = static_cast<int>(rows.Int(4));
      decision.end_frame = static_cast<int>(rows.Int(5));
      decision.verdict = rows.Text(6);
      decision.exchange = rows.Real(7);
      decision.author = rows.Text(8);
      decision.seconds = rows.Real(9);
      decision.decided_at = rows.Int(10);
      place[decision.id] = decisions.size();
      decisions.push_back(std::move(decision));
    }
  }
  auto rows = connection.Query(
      "SELECT pair.id, decision_id, before_frame, after_frame, before_tracklet, after_tracklet,"
      " before_outline, after_outline FROM known_pairs AS pair JOIN meeting_decisions AS decision"
      " ON decision.id = decision_id WHERE decision.video_id = ? ORDER BY pair.id",
      video_id);
  while (rows.Step()) {
    KnownPairRow pair;
    pair.id = rows.Int(0);
    pair.decision_id = rows.Int(1);
    pair.before_frame = static_cast<int>(rows.Int(2));
    pair.after_frame = static_cast<int>(rows.Int(3));
    pair.before_tracklet = static_cast<int>(rows.Int(4));
    pair.after_tracklet = static_cast<int>(rows.Int(5));
    pair.before_outline = PolygonsFromJson(rows.Text(6));
    pair.after_outline = PolygonsFromJson(rows.Text(7));
    decisions[place.at(pair.decision_id)].pairs.push_back(std::move(pair));
  }
  return decisions;
}

}  // namespace datasets
