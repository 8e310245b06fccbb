#include "infer/meetings/known_names.h"

#include <algorithm>
#include <tuple>

#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/reader.h"

namespace infer {
namespace {

using datasets::Connection;
using datasets::Id;
using datasets::MeetingAnimalRow;
using datasets::MeetingDecisionRow;
using datasets::MeetingRow;

// Who is in it, sorted; animals that were elsewhere are not.
std::vector<Id> AnimalsIn(const MeetingRow& meeting) {
  std::vector<Id> animals;
  for (const MeetingAnimalRow& animal : meeting.animals) {
    if (!animal.away) animals.push_back(animal.category_id);
  }
  std::sort(animals.begin(), animals.end());
  return animals;
}

// Of a decision that was found again in this prediction: whether it says who came out of this
// meeting. The outlines that it knows may lie within the contact now.
bool Holds(const MeetingRow& meeting, const KnownSame& same, const NameEvidence& evidence) {
  const auto has = [&](const std::optional<int> MeetingAnimalRow::*side, int tracklet) {
    const NamedRun& run = evidence.runs[static_cast<size_t>(tracklet)];
    const bool is_within =
        run.contact && run.start_frame >= meeting.start_frame && run.end_frame <= meeting.end_frame;
    return std::any_of(meeting.animals.begin(), meeting.animals.end(),
                       [&](const MeetingAnimalRow& animal) {
                         return animal.*side == tracklet ||
                                (is_within && !animal.away && animal.number == run.number);
                       });
  };
  return has(&MeetingAnimalRow::before_tracklet, same.from) &&
         has(&MeetingAnimalRow::after_tracklet, same.to);
}

// Of a decision of another prediction that nothing follows from: that nobody can tell. It holds for
// no other animals, and where names do not say who took part, for no other span.
bool IsSameMeeting(const MeetingDecisionRow& decision, const MeetingRow& meeting,
                   const KnownNames& known) {
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

}  // namespace

bool KnownNames::IsAsPredicted() const {
  std::set<std::tuple<Id, int, int>> then, now;
  for (const KnownSame& s : evidence.obeyed) then.insert({s.decision_id, s.from, s.to});
  for (const KnownSame& s : same) now.insert({s.decision_id, s.from, s.to});
  return then == now;
}

bool KnownNames::IsNumbered() const {
  return std::any_of(evidence.max_instances.begin(), evidence.max_instances.end(),
                     [](int instances) { return instances > 1; });
}

std::optional<KnownNames> LoadKnownNames(Connection& connection, Id job_id, Id video_id) {
  const auto text = datasets::ReadNameEvidence(connection, job_id, video_id);
  if (!text) return std::nullopt;
  KnownNames known;
  known.job_id = job_id;
  known.evidence = NameEvidenceFromJson(*text);
  known.meetings = datasets::ReadMeetings(connection, job_id, video_id);
  known.decisions = datasets::ReadMeetingDecisions(connection, video_id);
  known.corrections = datasets::Reader(connection).Corrections(job_id, video_id);
  known.same = KnownSameOf(known.evidence, job_id, known.decisions);
  for (const MeetingDecisionRow& decision : known.decisions) {
    if (decision.job_id == job_id || !decision.pairs.empty()) continue;
    const auto meeting = datasets::ReadMeeting(connection, decision.meeting_id);
    if (!meeting || meeting->job_id != decision.job_id || meeting->video_id != video_id) continue;
    known.took_part[decision.id] = AnimalsIn(*meeting);
  }
  return known;
}

std::vector<NamedTracklet> NamesOf(const KnownNames& known) {
  if (!known.IsAsPredicted()) return NamesKnowing(known.evidence, known.same);
  std::vector<NamedTracklet> names(known.evidence.runs.size());
  for (size_t t = 0; t < names.size(); ++t) {
    names[t].class_index = known.evidence.runs[t].class_index;
    names[t].number = known.evidence.runs[t].number;
    names[t].probability = 1;
  }
  return names;
}

bool IsAbout(const MeetingDecisionRow& decision, const MeetingRow& meeting,
             const KnownNames& known) {
  if (decision.job_id == meeting.job_id) return decision.meeting_id == meeting.id;
  if (decision.pairs.empty()) return IsSameMeeting(decision, meeting, known);
  return std::any_of(known.same.begin(), known.same.end(), [&](const KnownSame& same) {
    return same.decision_id == decision.id && Holds(meeting, same, known.evidence);
  });
}

ShownTracks::ShownTracks(const KnownNames& known) : known_(known) {
  const bool numbered = known.IsNumbered();
  for (size_t k = 0; k < known.evidence.max_instances.size(); ++k) {
    for (int n = 0; n < std::max(1, known.evidence.max_instances[k]); ++n) {
      const int number = static_cast<int>(tracks_.size());
      tracks_.push_back({known.evidence.categories[k], numbered ? number : -1});
      place_of_[{tracks_.back().category_id, tracks_.back().number}] = number;
    }
  }
  // In an order that does not depend on what is asked first.
  const int numbers = static_cast<int>(tracks_.size());
  for (const datasets::PredictionCorrectionRow& correction : known.corrections) {
    for (const auto& category : {correction.category_id, correction.other_category_id}) {
      for (int n = numbered ? 0 : -1; category && n < (numbered ? numbers : 0); ++n) {
        const int place = static_cast<int>(tracks_.size());
        if (place_of_.try_emplace({*category, n}, place).second) tracks_.push_back({*category, n});
      }
    }
  }
}

int ShownTracks::At(int tracklet, int frame) const {
  const int written = known_.evidence.runs[static_cast<size_t>(tracklet)].number;
  if (known_.corrections.empty()) return written;
  datasets::PredictionRow row;
  row.frame_index = frame;
  row.category_id = track(written).category_id;
  row.tracklet = track(written).number;
  datasets::Correct(known_.corrections, &row);
  return place_of_.at({row.category_id, row.tracklet});
}

}  // namespace infer
