// Meetings as a person decides them: listed with what people know by now, and what a decision
// changes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "datasets/store/meetings/meeting_records.h"

namespace infer {

struct Meeting;       // infer/names/meetings.h
struct NameEvidence;  // infer/names/name_evidence.h

// In one transaction; a job without them was cancelled, or is of an older Vole.
void SaveMeetings(datasets::Project& project, datasets::Id job_id, datasets::Id video_id,
                  const NameEvidence& evidence, const std::vector<Meeting>& meetings);

struct ReviewedMeeting {
  // Names, ways and probability as they are with all that people have decided so far.
  datasets::MeetingRow row;
  std::optional<datasets::MeetingDecisionRow> decision;
  double frames = 0;  // of its animals until their names can change again: wrong if this one is

  double Worth() const { return frames * row.exchange; }
  // The program's decision does not stand by itself, and nobody has decided.
  bool IsOpen() const;
  std::string DecidedBy() const;  // none | program | person
};

struct MeetingList {
  bool known = false;  // false: the prediction is of an older Vole, and has no list
  std::vector<ReviewedMeeting> meetings;  // by frame
  // Decisions on meetings that this prediction does not have; they stay for the next one.
  std::vector<datasets::MeetingDecisionRow> elsewhere;
  int Open() const;
};
MeetingList ListMeetings(datasets::Connection& connection, datasets::Id job_id,
                         datasets::Id video_id);
MeetingList ListMeetings(const datasets::Project& project, datasets::Id job_id,
                         datasets::Id video_id);

// By what a decision is worth, then by frame.
void SortByWorth(std::vector<ReviewedMeeting>& meetings);

enum class MeetingVerdict { kKeep, kExchange, kUnsure };
// What a decision changes, for annotate::DecideMeeting: inside its transaction. `leaves_as`: for
// an exchange, pairs of categories (who enters, as whom it leaves); animals that are not in it keep
// their names. Throws Error for a meeting of an older prediction, for animals that are not in it or
// whose names cannot be followed, and for a decision that contradicts labels or an earlier one.
datasets::MeetingChange PlanDecision(
    datasets::Connection& connection, datasets::Id meeting_id, MeetingVerdict verdict,
    const std::vector<std::pair<datasets::Id, datasets::Id>>& leaves_as, double seconds);

}  // namespace infer
