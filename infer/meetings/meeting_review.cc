#include "infer/meetings/meeting_review.h"

#include <algorithm>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/reader.h"
#include "datasets/store/writer.h"
#include "infer/names/name_evidence.h"

namespace infer {
namespace {

using datasets::Connection;
using datasets::Error;
using datasets::Id;
using datasets::MeetingAnimalRow;
using datasets::MeetingDecisionRow;
using datasets::MeetingRow;

size_t In(int i) { return static_cast<size_t>(i); }

// What is known of the names of one video in one prediction.
struct Known {
  NameEvidence evidence;
  std::vector<MeetingRow> meetings;  // as stored
  std::vector<MeetingDecisionRow> decisions;
  std::vector<KnownSame> same;
  std::map<Id, std::vector<Id>> took_part;  // by decision, sorted; where its meeting is still there

  bool IsAsPredicted() const {
    std::set<std::tuple<Id, int, int>> then, now;
    for (const KnownSame& s : evidence.obeyed) then.insert({s.decision_id, s.from, s.to});
    for (const KnownSame& s : same) now.insert({s.decision_id, s.from, s.to});
    return then == now;
  }
};

// Who is in it, sorted; animals that were elsewhere are not.
std::vector<Id> AnimalsIn(const MeetingRow& meeting) {
  std::vector<Id> animals;
  for (const MeetingAnimalRow& animal : meeting.animals) {
    if (!animal.away) animals.push_back(animal.category_id);
  }
  std::sort(animals.begin(), animals.end());
  return animals;
}

std::optional<Known> Load(Connection& connection, Id job_id, Id video_id) {
  const auto text = datasets::ReadNameEvidence(connection, job_id, video_id);
  if (!text) return std::nullopt;
  Known known;
  known.evidence = NameEvidenceFromJson(*text);
  known.meetings = datasets::ReadMeetings(connection, job_id, video_id);
  known.decisions = datasets::ReadMeetingDecisions(connection, video_id);
  known.same = KnownSameOf(known.evidence, job_id, known.decisions);
  for (const MeetingDecisionRow& decision : known.decisions) {
    if (decision.job_id == job_id || !decision.pairs.empty()) continue;
    const auto meeting = datasets::ReadMeeting(connection, decision.meeting_id);
    if (!meeting || meeting->job_id != decision.job_id || meeting->video_id != video_id) continue;
    known.took_part[decision.id] = AnimalsIn(*meeting);
  }
  return known;
}

std::vector<NamedTracklet> NamesAsPredicted(const NameEvidence& evidence) {
  std::vector<NamedTracklet> names(evidence.runs.size());
  for (size_t t = 0; t < names.size(); ++t) {
    names[t].class_index = evidence.runs[t].class_index;
    names[t].number = evidence.runs[t].number;
    names[t].probability = 1;
  }
  return names;
}

std::vector<int> ClassOfNumber(const NameEvidence& evidence) {
  std::vector<int> classes;
  for (size_t k = 0; k < evidence.max_instances.size(); ++k) {
    classes.insert(classes.end(), In(std::max(1, evidence.max_instances[k])), static_cast<int>(k));
  }
  return classes;
}

// Throws Error for a row that names what the evidence lacks, as in a damaged project.
void CheckRow(const MeetingRow& row, const NameEvidence& evidence, size_t numbers) {
  const auto check = [&](bool is_there, const std::string& what, int which) {
    if (is_there) return;
    throw Error("meeting " + std::to_string(row.id),
                "its prediction has no " + what + " " + std::to_string(which),
                "predict the video again; all that is damaged: vole verify");
  };
  const auto check_number = [&](int number) {
    check(number >= 0 && In(number) < numbers, "track", number);
  };
  for (const MeetingAnimalRow& animal : row.animals) {
    check_number(animal.number);
    for (const auto& tracklet : {animal.before_tracklet, animal.after_tracklet}) {
      if (!tracklet) continue;
      const bool is_there = *tracklet >= 0 && In(*tracklet) < evidence.runs.size() &&
                            evidence.runs[In(*tracklet)].number >= 0;
      check(is_there, "tracklet", *tracklet);
    }
  }
  for (const auto& way : row.ways) {
    check_number(way.before_number);
    check_number(way.after_number);
  }
}

Meeting FromRow(const MeetingRow& row) {
  Meeting meeting;
  meeting.start_frame = row.start_frame;
  meeting.end_frame = row.end_frame;
  meeting.exchange = row.exchange;
  for (const MeetingAnimalRow& animal : row.animals) {
    meeting.animals.push_back(
        {animal.number, animal.before_tracklet.value_or(-1), animal.after_tracklet.value_or(-1),
         static_cast<float>(animal.split_agreement.value_or(-1)), animal.away});
  }
  for (const auto& way : row.ways) {
    meeting.ways.push_back(
        {way.before_number, way.after_number, way.probability, way.appearance, way.motion});
  }
  return meeting;
}

void FillRow(const Meeting& meeting, const NameEvidence& evidence,
             const std::vector<int>& class_of_number, MeetingRow* row) {
  row->start_frame = meeting.start_frame;
  row->end_frame = meeting.end_frame;
  row->exchange = meeting.exchange;
  row->animals.clear();
  row->ways.clear();
  for (const MeetingAnimal& animal : meeting.animals) {
    MeetingAnimalRow own;
    own.number = animal.number;
    own.category_id = evidence.categories[In(class_of_number[In(animal.number)])];
    if (animal.before >= 0) {
      own.before_tracklet = animal.before;
      own.before_frame = evidence.runs[In(animal.before)].end_frame - 1;
    }
    if (animal.after >= 0) {
      own.after_tracklet = animal.after;
      own.after_frame = evidence.runs[In(animal.after)].start_frame;
    }
    if (animal.split_agreement >= 0) own.split_agreement = animal.split_agreement;
    own.away = animal.away;
    row->animals.push_back(own);
  }
  for (const MeetingWay& way : meeting.ways) {
    row->ways.push_back(
        {way.before_number, way.after_number, way.probability, way.appearance, way.motion});
  }
}

// The same tracklets under today's names.
void Rename(const std::vector<NamedTracklet>& names, Meeting& meeting) {
  std::map<int, MeetingAnimal> animals;
  std::map<int, bool> present;
  const auto of = [&](int tracklet, bool away) -> MeetingAnimal& {
    const int number = names[In(tracklet)].number;
    MeetingAnimal& animal = animals[number];
    animal.number = number;
    present[number] = present[number] || !away;
    return animal;
  };
  for (const MeetingAnimal& old : meeting.animals) {
    if (old.before >= 0) {
      MeetingAnimal& animal = of(old.before, old.away);
      animal.before = std::max(animal.before, old.before);
    }
    if (old.after >= 0) {
      MeetingAnimal& animal = of(old.after, old.away);
      animal.after = std::max(animal.after, old.after);
    }
  }
  for (const MeetingAnimal& old : meeting.animals) {
    if (old.before < 0 && old.after < 0) {  // nowhere in the video
      animals.try_emplace(old.number, old);
      continue;
    }
    const auto found = animals.find(old.number);
    if (found != animals.end()) found->second.split_agreement = old.split_agreement;
  }
  meeting.animals.clear();
  for (auto& [number, animal] : animals) {
    if (animal.before >= 0 || animal.after >= 0) animal.away = !present[number];
    meeting.animals.push_back(animal);
  }
}

bool Holds(const MeetingRow& meeting, const KnownSame& same) {
  const auto has = [&](const std::optional<int> MeetingAnimalRow::*side, int tracklet) {
    return std::any_of(meeting.animals.begin(), meeting.animals.end(),
                       [&](const MeetingAnimalRow& animal) { return animal.*side == tracklet; });
  };
  return has(&MeetingAnimalRow::before_tracklet, same.from) &&
         has(&MeetingAnimalRow::after_tracklet, same.to);
}

// Of a decision of another prediction that nothing follows from: that nobody can tell. It holds for
// no other animals, and where names do not say who took part, for no other span.
bool IsSameMeeting(const MeetingDecisionRow& decision, const MeetingRow& meeting,
                   const Known& known) {
  const bool same_span =
      decision.start_frame == meeting.start_frame && decision.end_frame == meeting.end_frame;
  const auto took_part = known.took_part.find(decision.id);
  if (took_part == known.took_part.end()) return same_span;
  if (took_part->second != AnimalsIn(meeting)) return false;
  for (size_t k = 0; k < known.evidence.categories.size(); ++k) {
    const bool is_here = std::binary_search(took_part->second.begin(), took_part->second.end(),
                                            known.evidence.categories[k]);
    if (is_here && known.evidence.max_instances[k] > 1) return same_span;
  }
  return decision.start_frame < meeting.end_frame && meeting.start_frame < decision.end_frame;
}

bool IsAbout(const MeetingDecisionRow& decision, const MeetingRow& meeting, const Known& known) {
  if (decision.job_id == meeting.job_id) return decision.meeting_id == meeting.id;
  if (decision.pairs.empty()) return IsSameMeeting(decision, meeting, known);
  return std::any_of(known.same.begin(), known.same.end(), [&](const KnownSame& same) {
    return same.decision_id == decision.id && Holds(meeting, same);
  });
}

void CountFrames(const NameEvidence& evidence, MeetingList* list) {
  std::map<int, int> next_start;  // by number: of the next meeting that it is in
  auto& meetings = list->meetings;
  for (size_t m = meetings.size(); m-- > 0;) {
    const MeetingRow& row = meetings[m].row;
    for (const MeetingAnimalRow& animal : row.animals) {
      if (animal.away) continue;
      const auto next = next_start.find(animal.number);
      const int end = next == next_start.end() ? evidence.end_frame : next->second;
      if (animal.after_tracklet) meetings[m].frames += std::max(0, end - row.end_frame + 1);
      next_start[animal.number] = row.start_frame;
    }
  }
}

}  // namespace

bool ReviewedMeeting::IsOpen() const { return !decision && row.exchange >= kDecidedExchange; }

std::string ReviewedMeeting::DecidedBy() const {
  return decision ? "person" : row.exchange < kDecidedExchange ? "program" : "none";
}

int MeetingList::Open() const {
  return static_cast<int>(std::count_if(meetings.begin(), meetings.end(),
                                        [](const auto& meeting) { return meeting.IsOpen(); }));
}

void SaveMeetings(datasets::Project& project, Id job_id, Id video_id, const NameEvidence& evidence,
                  const std::vector<Meeting>& meetings) {
  const std::vector<int> classes = ClassOfNumber(evidence);
  const std::string text = ToJson(evidence);
  project.Write([&](datasets::Writer& writer) {
    datasets::WriteNameEvidence(writer.connection(), job_id, video_id, text);
    for (const Meeting& meeting : meetings) {
      MeetingRow row;
      row.job_id = job_id;
      row.video_id = video_id;
      row.kind = NameOf(meeting.kind);
      FillRow(meeting, evidence, classes, &row);
      datasets::InsertMeeting(writer.connection(), row);
    }
  });
}

MeetingList ListMeetings(Connection& connection, Id job_id, Id video_id) {
  MeetingList list;
  std::optional<Known> known = Load(connection, job_id, video_id);
  if (!known) return list;
  list.known = true;
  const std::vector<int> classes = ClassOfNumber(known->evidence);
  std::vector<Meeting> now;
  for (const MeetingRow& row : known->meetings) {
    CheckRow(row, known->evidence, classes.size());
    now.push_back(FromRow(row));
  }
  if (!known->IsAsPredicted()) {
    const std::vector<NamedTracklet> names = NamesKnowing(known->evidence, known->same);
    for (Meeting& meeting : now) Rename(names, meeting);
    JudgeKnowing(known->evidence, known->same, names, now);
  }
  std::set<Id> placed;
  for (size_t m = 0; m < now.size(); ++m) {
    ReviewedMeeting meeting;
    meeting.row = known->meetings[m];
    FillRow(now[m], known->evidence, classes, &meeting.row);
    for (const MeetingDecisionRow& decision : known->decisions) {
      if (!IsAbout(decision, meeting.row, *known)) continue;
      placed.insert(decision.id);
      meeting.decision = decision;  // the newest
    }
    list.meetings.push_back(std::move(meeting));
  }
  for (const MeetingDecisionRow& decision : known->decisions) {
    if (!placed.count(decision.id)) list.elsewhere.push_back(decision);
  }
  CountFrames(known->evidence, &list);
  return list;
}

MeetingList ListMeetings(const datasets::Project& project, Id job_id, Id video_id) {
  MeetingList list;
  project.Read([&](Connection& connection) { list = ListMeetings(connection, job_id, video_id); });
  return list;
}

void SortByWorth(std::vector<ReviewedMeeting>& meetings) {
  std::stable_sort(
      meetings.begin(), meetings.end(),
      [](const ReviewedMeeting& a, const ReviewedMeeting& b) { return a.Worth() > b.Worth(); });
}

namespace {

// The outline of a tracklet in a frame, as the machine wrote it.
datasets::Polygons OutlineOf(Connection& connection, const MeetingRow& meeting,
                             const NameEvidence& evidence, int tracklet, int frame) {
  const bool numbered = std::any_of(evidence.max_instances.begin(), evidence.max_instances.end(),
                                    [](int instances) { return instances > 1; });
  const int written = numbered ? evidence.runs[In(tracklet)].number : tracklet;
  datasets::Polygons outline;
  datasets::Reader(connection)
      .ForEachPrediction(meeting.job_id, meeting.video_id, frame, frame + 1,
                         datasets::PredictionView::kAsWritten,
                         [&](int, const std::vector<datasets::PredictionRow>& predictions) {
                           for (const auto& prediction : predictions) {
                             if (prediction.tracklet != written) continue;
                             const datasets::Box& box = prediction.box;
                             outline = prediction.polygons;
                             if (!outline.empty()) continue;
                             outline = {{{box.x, box.y},
                                         {box.x + box.width, box.y},
                                         {box.x + box.width, box.y + box.height},
                                         {box.x, box.y + box.height}}};
                           }
                         });
  if (outline.empty()) {
    throw Error("meeting " + std::to_string(meeting.id),
                "an outline of frame " + std::to_string(frame) + " is not in the project any more",
                "predict the video again");
  }
  return outline;
}

std::string AnimalName(Connection& connection, Id category) {
  for (const auto& row : datasets::Reader(connection).Categories()) {
    if (row.id == category) return "'" + row.name + "'";
  }
  return "animal " + std::to_string(category);
}

// Who enters -> whose tracklet it leaves as, by position in the meeting's animals.
std::vector<size_t> Ways(Connection& connection, const MeetingRow& meeting,
                         const std::vector<std::pair<Id, Id>>& leaves_as) {
  std::vector<size_t> leaves(meeting.animals.size());
  for (size_t a = 0; a < leaves.size(); ++a) leaves[a] = a;
  const auto place_of = [&](Id category) {
    const std::string thing = AnimalName(connection, category);
    size_t place = meeting.animals.size();
    for (size_t a = 0; a < meeting.animals.size(); ++a) {
      if (meeting.animals[a].category_id != category) continue;
      if (place < meeting.animals.size()) {
        throw Error(thing, "meeting " + std::to_string(meeting.id) + " has several of that name",
                    "exchange them in the workbench");
      }
      place = a;
    }
    if (place == meeting.animals.size()) {
      throw Error(thing, "it is not in meeting " + std::to_string(meeting.id),
                  "see who is: vole review PROJECT meetings --all");
    }
    return place;
  };
  std::set<size_t> from, to;
  for (const auto& [enters, out] : leaves_as) {
    const size_t a = place_of(enters), b = place_of(out);
    leaves[a] = b;
    if (!from.insert(a).second || !to.insert(b).second) {
      throw Error("meeting " + std::to_string(meeting.id),
                  "an animal cannot leave as two, nor two as one", "name each one once");
    }
  }
  if (from != to) {
    throw Error("meeting " + std::to_string(meeting.id),
                "an animal cannot leave as two, nor two as one",
                "say of each animal that is named as whom it leaves");
  }
  return leaves;
}

}  // namespace

datasets::MeetingChange PlanDecision(Connection& connection, Id meeting_id, MeetingVerdict verdict,
                                     const std::vector<std::pair<Id, Id>>& leaves_as,
                                     double seconds) {
  const std::string thing = "meeting " + std::to_string(meeting_id);
  const auto stored = datasets::ReadMeeting(connection, meeting_id);
  if (!stored) {
    throw Error(thing, "the project has no such meeting",
                "list them: vole review PROJECT meetings");
  }
  if (datasets::Reader(connection).LatestPredictJob(stored->video_id) != stored->job_id) {
    throw Error(thing, "it is of an older prediction of its video",
                "decide those of the newest: vole review PROJECT meetings");
  }
  std::optional<Known> known = Load(connection, stored->job_id, stored->video_id);
  if (!known) throw Error(thing, "what its names rest on is lost", "predict the video again");
  const MeetingList list = ListMeetings(connection, stored->job_id, stored->video_id);
  const auto meeting =
      std::find_if(list.meetings.begin(), list.meetings.end(),
                   [&](const ReviewedMeeting& m) { return m.row.id == meeting_id; });
  datasets::MeetingChange change;
  MeetingDecisionRow& decision = change.decision;
  decision.video_id = stored->video_id;
  decision.job_id = stored->job_id;
  decision.meeting_id = meeting_id;
  decision.start_frame = stored->start_frame;
  decision.end_frame = stored->end_frame;
  decision.exchange = stored->exchange;
  decision.seconds = seconds;
  decision.verdict = verdict == MeetingVerdict::kKeep       ? "keep"
                     : verdict == MeetingVerdict::kExchange ? "exchange"
                                                            : "unsure";
  std::vector<KnownSame> after;
  for (const MeetingDecisionRow& other : known->decisions) {
    if (IsAbout(other, meeting->row, *known)) change.replaced.push_back(other);
  }
  for (const KnownSame& same : known->same) {
    const bool replaced =
        std::any_of(change.replaced.begin(), change.replaced.end(),
                    [&](const MeetingDecisionRow& other) { return other.id == same.decision_id; });
    if (!replaced) after.push_back(same);
  }
  if (verdict != MeetingVerdict::kUnsure) {
    const std::vector<size_t> leaves = Ways(connection, meeting->row, leaves_as);
    const auto& animals = meeting->row.animals;
    for (size_t a = 0; a < animals.size(); ++a) {
      const MeetingAnimalRow& enters = animals[a];
      const MeetingAnimalRow& out = animals[leaves[a]];
      // That one who was elsewhere kept its name is no part of this decision.
      if (leaves[a] == a && enters.away) continue;
      if (!enters.before_tracklet || !out.after_tracklet) continue;
      datasets::KnownPairRow pair;
      pair.before_tracklet = *enters.before_tracklet;
      pair.before_frame = *enters.before_frame;
      pair.after_tracklet = *out.after_tracklet;
      pair.after_frame = *out.after_frame;
      if (pair.after_frame <= pair.before_frame) {
        throw Error(thing,
                    AnimalName(connection, out.category_id) +
                        " was seen after it before the other one had left",
                    "they cannot be exchanged here");
      }
      pair.before_outline =
          OutlineOf(connection, *stored, known->evidence, pair.before_tracklet, pair.before_frame);
      pair.after_outline =
          OutlineOf(connection, *stored, known->evidence, pair.after_tracklet, pair.after_frame);
      after.push_back(
          {0, decision.start_frame, decision.end_frame, pair.before_tracklet, pair.after_tracklet});
      decision.pairs.push_back(std::move(pair));
    }
    if (decision.pairs.empty()) {
      throw Error(thing, "no animal of it is seen both before and after, so nothing follows",
                  "name the animal by a label, or swap from here in the workbench");
    }
    const std::string contradiction = Contradiction(known->evidence, after);
    if (!contradiction.empty()) {
      throw Error(thing, contradiction, "change that one first, or decide otherwise here");
    }
  }
  const std::vector<NamedTracklet> names_before = known->IsAsPredicted()
                                                      ? NamesAsPredicted(known->evidence)
                                                      : NamesKnowing(known->evidence, known->same);
  for (const NameSwap& swap :
       SwapsBetween(known->evidence, names_before, NamesKnowing(known->evidence, after))) {
    datasets::PredictionCorrectionRow row;
    row.job_id = stored->job_id;
    row.video_id = stored->video_id;
    row.start_frame = swap.start_frame;
    row.end_frame = swap.end_frame;
    row.category_id = known->evidence.categories[In(swap.class_index)];
    row.other_category_id = known->evidence.categories[In(swap.other_class_index)];
    change.swaps.push_back(row);
  }
  return change;
}

}  // namespace infer
