#include "infer/meetings/meeting_review.h"

#include <algorithm>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/writer.h"
#include "infer/meetings/known_names.h"

namespace infer {
namespace {

using datasets::Connection;
using datasets::Error;
using datasets::Id;
using datasets::MeetingAnimalRow;
using datasets::MeetingDecisionRow;
using datasets::MeetingRow;

size_t In(int i) { return static_cast<size_t>(i); }

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

// The frame in which an animal is shown when it comes out of a meeting: the first in which it is
// alone, or the last of a contact that has no end.
int FrameAfter(const NamedRun& run) { return run.contact ? run.end_frame - 1 : run.start_frame; }

Meeting FromRow(const MeetingRow& row, const NameEvidence& evidence) {
  Meeting meeting;
  meeting.start_frame = row.start_frame;
  meeting.end_frame = row.end_frame;
  meeting.exchange = row.exchange;
  for (const MeetingAnimalRow& animal : row.animals) {
    meeting.animals.push_back(
        {animal.number, animal.before_tracklet.value_or(-1), animal.after_tracklet.value_or(-1),
         static_cast<float>(animal.split_agreement.value_or(-1)), animal.away});
    const int after = meeting.animals.back().after;
    meeting.to_end = meeting.to_end || (after >= 0 && evidence.runs[In(after)].contact);
  }
  for (const auto& way : row.ways) {
    meeting.ways.push_back(
        {way.before_number, way.after_number, way.probability, way.appearance, way.motion});
  }
  return meeting;
}

void FillRow(const Meeting& meeting, const NameEvidence& evidence,
             const std::function<Id(int number)>& category_of, MeetingRow* row) {
  row->start_frame = meeting.start_frame;
  row->end_frame = meeting.end_frame;
  row->exchange = meeting.exchange;
  row->animals.clear();
  row->ways.clear();
  for (const MeetingAnimal& animal : meeting.animals) {
    MeetingAnimalRow own;
    own.number = animal.number;
    own.category_id = category_of(animal.number);
    if (animal.before >= 0) {
      own.before_tracklet = animal.before;
      own.before_frame = evidence.runs[In(animal.before)].end_frame - 1;
    }
    if (animal.after >= 0) {
      own.after_tracklet = animal.after;
      own.after_frame = FrameAfter(evidence.runs[In(animal.after)]);
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

// The two sides of a meeting's animal, as tracks are called there; -1 where it has no such side.
std::pair<int, int> SidesOf(const MeetingAnimal& animal, const NameEvidence& evidence,
                            const ShownTracks& shown) {
  const auto at = [&](int tracklet, int frame) {
    return tracklet < 0 ? -1 : shown.At(tracklet, frame);
  };
  const auto run = [&](int tracklet) { return evidence.runs[In(std::max(0, tracklet))]; };
  return {at(animal.before, run(animal.before).end_frame - 1),
          at(animal.after, FrameAfter(run(animal.after)))};
}

// The same tracklets, each side under what it is called now; whether that has changed anything.
bool Rename(const NameEvidence& evidence, const ShownTracks& shown, Meeting& meeting) {
  bool changed = false;
  std::map<int, MeetingAnimal> animals;
  std::map<int, bool> present;
  const auto of = [&](int number, bool away) -> MeetingAnimal& {
    MeetingAnimal& animal = animals[number];
    animal.number = number;
    present[number] = present[number] || !away;
    return animal;
  };
  for (const MeetingAnimal& old : meeting.animals) {
    const auto [before, after] = SidesOf(old, evidence, shown);
    changed |= (before >= 0 && before != old.number) || (after >= 0 && after != old.number);
    for (const int number : {before, after}) {
      if (number < 0) continue;
      MeetingAnimal& animal = of(number, old.away);
      animal.split_agreement = std::max(animal.split_agreement, old.split_agreement);
    }
    if (before >= 0) animals[before].before = std::max(animals[before].before, old.before);
    if (after >= 0) animals[after].after = std::max(animals[after].after, old.after);
  }
  for (const MeetingAnimal& old : meeting.animals) {
    if (old.before < 0 && old.after < 0) animals.try_emplace(old.number, old);  // nowhere at all
  }
  meeting.animals.clear();
  for (auto& [number, animal] : animals) {
    if (animal.before >= 0 || animal.after >= 0) animal.away = !present[number];
    meeting.animals.push_back(animal);
  }
  return changed;
}

// Whether what the tracklets are called has changed within the meeting otherwise than `names` say.
// Of numbered tracks decisions alone change that.
bool IsByHand(const Meeting& meeting, const KnownNames& known,
              const std::vector<NamedTracklet>& names, const ShownTracks& shown) {
  const auto is_within = [&](int frame) {
    return frame > meeting.start_frame && frame < meeting.end_frame;
  };
  const bool any = std::any_of(known.corrections.begin(), known.corrections.end(),
                               [&](const datasets::PredictionCorrectionRow& c) {
                                 return is_within(c.start_frame) || is_within(c.end_frame);
                               });
  if (!any || known.IsNumbered()) return false;
  std::map<int, int> before, after;  // number by `names`: what it is called
  for (const MeetingAnimal& animal : meeting.animals) {
    const auto [called_before, called_after] = SidesOf(animal, known.evidence, shown);
    if (called_before >= 0) before[names[In(animal.before)].number] = called_before;
    if (called_after >= 0) after[names[In(animal.after)].number] = called_after;
  }
  return std::any_of(before.begin(), before.end(), [&](const auto& one) {
    const auto other = after.find(one.first);
    return other != after.end() && other->second != one.second;
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
      if (animal.after_tracklet) {
        const NamedRun& after = evidence.runs[In(*animal.after_tracklet)];
        const int from = after.contact ? after.start_frame : row.end_frame - 1;
        meetings[m].frames += std::max(0, end - from);
      }
      next_start[animal.number] = row.start_frame;
    }
  }
}

// Whether the name of a tracklet is unknown in that frame, so that what it is called is a guess.
bool IsGuess(const KnownNames& known, const std::optional<int>& tracklet,
             const std::optional<int>& frame) {
  if (!tracklet || !frame || !known.evidence.runs[In(*tracklet)].unknown) return false;
  return std::none_of(known.corrections.begin(), known.corrections.end(),
                      [&](const datasets::PredictionCorrectionRow& c) {
                        return c.number == tracklet && c.start_frame <= *frame &&
                               *frame < c.end_frame;
                      });
}

MeetingList ListOf(const KnownNames& known, bool with_chances) {
  MeetingList list;
  list.known = true;
  list.numbered = known.IsNumbered();
  const size_t numbers = ClassOfNumber(known.evidence).size();
  list.animals = static_cast<int>(numbers);
  std::vector<Meeting> now;
  for (const MeetingRow& row : known.meetings) {
    CheckRow(row, known.evidence, numbers);
    now.push_back(FromRow(row, known.evidence));
  }
  const ShownTracks shown(known);
  const std::vector<NamedTracklet> names =
      with_chances ? NamesOf(known) : std::vector<NamedTracklet>();
  std::vector<bool> by_hand;
  bool changed = !known.IsAsPredicted();
  for (Meeting& meeting : now) {
    by_hand.push_back(with_chances && IsByHand(meeting, known, names, shown));
    changed |= Rename(known.evidence, shown, meeting);
  }
  if (changed && with_chances) {
    JudgeKnowing(known.evidence, known.same,
                 known.IsAsPredicted() ? NamesKnowing(known.evidence, known.same) : names, now);
  }
  std::set<Id> placed;
  for (size_t m = 0; m < now.size(); ++m) {
    ReviewedMeeting meeting;
    meeting.row = known.meetings[m];
    FillRow(
        now[m], known.evidence, [&](int number) { return shown.track(number).category_id; },
        &meeting.row);
    for (const MeetingDecisionRow& decision : known.decisions) {
      if (!IsAbout(decision, meeting.row, known)) continue;
      placed.insert(decision.id);
      meeting.decision = decision;  // the newest
    }
    meeting.by_hand = by_hand[m];
    meeting.numbered = list.numbered;
    for (const MeetingAnimalRow& animal : meeting.row.animals) {
      if (IsGuess(known, animal.before_tracklet, animal.before_frame) ||
          IsGuess(known, animal.after_tracklet, animal.after_frame)) {
        meeting.guessed.insert(animal.number);
      }
    }
    list.meetings.push_back(std::move(meeting));
  }
  for (const KnownSame& same : known.same) placed.insert(same.decision_id);  // it holds
  const Id job_id = known.job_id;
  for (const MeetingDecisionRow& decision : known.decisions) {
    const bool is_swap_here = decision.meeting_id == 0 && decision.job_id == job_id;
    if (!placed.count(decision.id) && !is_swap_here) list.elsewhere.push_back(decision);
  }
  CountFrames(known.evidence, &list);
  return list;
}

}  // namespace

bool ReviewedMeeting::IsOpen() const { return DecidedBy() == "none"; }

std::string ReviewedMeeting::DecidedBy() const {
  if (decision) return decision->verdict == "unsure" ? "unsure" : "person";
  return by_hand ? "person" : row.exchange < kDecidedExchange ? "program" : "none";
}

std::string ReviewedMeeting::Called(const MeetingAnimalRow& animal, const std::string& name) const {
  return numbered ? name + "#" + std::to_string(animal.number + 1) : name;
}

std::string ReviewedMeeting::Shown(const MeetingAnimalRow& animal, const std::string& name) const {
  return Called(animal, name) + (guessed.count(animal.number) ? "?" : "");
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
      FillRow(
          meeting, evidence,
          [&](int number) { return evidence.categories[In(classes[In(number)])]; }, &row);
      datasets::InsertMeeting(writer.connection(), row);
    }
  });
}

MeetingList ListMeetings(Connection& connection, Id job_id, Id video_id) {
  const std::optional<KnownNames> known = LoadKnownNames(connection, job_id, video_id);
  return known ? ListOf(*known, true) : MeetingList();
}

MeetingList ListMeetings(const datasets::Project& project, Id job_id, Id video_id) {
  MeetingList list;
  project.Read([&](Connection& connection) { list = ListMeetings(connection, job_id, video_id); });
  return list;
}

MeetingList ListShownMeetings(const KnownNames& known) { return ListOf(known, false); }

void SortByWorth(std::vector<ReviewedMeeting>& meetings) {
  std::stable_sort(
      meetings.begin(), meetings.end(),
      [](const ReviewedMeeting& a, const ReviewedMeeting& b) { return a.Worth() > b.Worth(); });
}

std::optional<std::pair<int, int>> OnlyTwo(const MeetingRow& meeting) {
  std::vector<int> here, all;
  for (const MeetingAnimalRow& animal : meeting.animals) {
    all.push_back(animal.number);
    if (!animal.away) here.push_back(animal.number);
  }
  const std::vector<int>& two = here.size() == 2 ? here : all;
  if (two.size() != 2) return std::nullopt;
  return std::make_pair(two[0], two[1]);
}

}  // namespace infer
