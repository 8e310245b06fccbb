#include "infer/meetings/meeting_decision.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>

#include "datasets/base/error.h"
#include "datasets/shape/polygon.h"
#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/reader.h"
#include "datasets/unknown_name.h"
#include "infer/meetings/known_names.h"
#include "infer/meetings/meeting_review.h"
#include "infer/meetings/unknown_swaps.h"

namespace infer {
namespace {

using datasets::Connection;
using datasets::Error;
using datasets::Id;
using datasets::MeetingAnimalRow;
using datasets::MeetingDecisionRow;
using datasets::MeetingRow;
using datasets::PredictionCorrectionRow;

std::string Thing(Id meeting_id) { return "meeting " + std::to_string(meeting_id); }

// Of a network that finds boxes, the box.
datasets::Polygons OutlineOrBox(const datasets::PredictionRow& prediction) {
  if (!prediction.polygons.empty()) return prediction.polygons;
  const datasets::Box& box = prediction.box;
  return {{{box.x, box.y},
           {box.x + box.width, box.y},
           {box.x + box.width, box.y + box.height},
           {box.x, box.y + box.height}}};
}

// The outline of a tracklet in a frame, as the machine wrote it.
datasets::Polygons OutlineOf(Connection& connection, const MeetingRow& meeting,
                             const KnownNames& known, int tracklet, int frame) {
  const int written =
      known.IsNumbered() ? known.evidence.runs[static_cast<size_t>(tracklet)].number : tracklet;
  datasets::Polygons outline;
  datasets::Reader(connection)
      .ForEachPrediction(meeting.job_id, meeting.video_id, frame, frame + 1,
                         datasets::PredictionView::kAsWritten,
                         [&](int, const std::vector<datasets::PredictionRow>& predictions) {
                           for (const auto& prediction : predictions) {
                             if (prediction.tracklet != written) continue;
                             outline = OutlineOrBox(prediction);
                           }
                         });
  if (outline.empty()) {
    throw Error(Thing(meeting.id),
                "an outline of frame " + std::to_string(frame) + " is not in the project any more",
                "predict the video again");
  }
  return outline;
}

std::string AnimalName(Connection& connection, const ReviewedMeeting& meeting,
                       const MeetingAnimalRow& animal) {
  for (const auto& row : datasets::Reader(connection).Categories()) {
    if (row.id == animal.category_id) return "'" + meeting.Called(animal, row.name) + "'";
  }
  return "animal " + std::to_string(animal.category_id);
}

// Who enters -> whose tracklet it leaves as, by position in the meeting's animals.
std::vector<size_t> Ways(const MeetingRow& meeting,
                         const std::vector<std::pair<int, int>>& leaves_as) {
  std::vector<size_t> leaves(meeting.animals.size());
  std::iota(leaves.begin(), leaves.end(), size_t{0});
  const auto place_of = [&](int number) {
    for (size_t a = 0; a < meeting.animals.size(); ++a) {
      if (meeting.animals[a].number == number) return a;
    }
    throw Error("track " + std::to_string(number), "it is not in " + Thing(meeting.id),
                "see who is: vole review PROJECT meetings --all");
  };
  std::set<size_t> from, to;
  bool is_once = true;
  for (const auto& [enters, out] : leaves_as) {
    const size_t a = place_of(enters), b = place_of(out);
    leaves[a] = b;
    is_once = is_once && from.insert(a).second && to.insert(b).second;
  }
  if (!is_once || from != to) {
    throw Error(Thing(meeting.id), "an animal cannot leave as two, nor two as one",
                "say of each animal that is named, once, as whom it leaves");
  }
  return leaves;
}

// What a decision says is one animal. Throws Error where an outline is gone, or where an animal
// would be in two places.
std::vector<datasets::KnownPairRow> PairsOf(Connection& connection, const KnownNames& known,
                                            const ReviewedMeeting& meeting,
                                            const std::vector<size_t>& leaves) {
  std::vector<datasets::KnownPairRow> pairs;
  const auto& animals = meeting.row.animals;
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
      throw Error(
          Thing(meeting.row.id),
          AnimalName(connection, meeting, out) + " was seen after it before the other one had left",
          "they cannot be exchanged here");
    }
    pair.before_outline =
        OutlineOf(connection, meeting.row, known, pair.before_tracklet, pair.before_frame);
    pair.after_outline =
        OutlineOf(connection, meeting.row, known, pair.after_tracklet, pair.after_frame);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

struct Plan {
  datasets::MeetingChange change;
  std::vector<KnownSame> after;  // all that is known with the decision
};

Plan PlanOf(Connection& connection, const KnownNames& known, const ReviewedMeeting& meeting,
            MeetingVerdict verdict, const std::vector<std::pair<int, int>>& leaves_as,
            double seconds) {
  Plan plan;
  MeetingDecisionRow& decision = plan.change.decision;
  decision.video_id = meeting.row.video_id;
  decision.job_id = meeting.row.job_id;
  decision.meeting_id = meeting.row.id;
  decision.start_frame = meeting.row.start_frame;
  decision.end_frame = meeting.row.end_frame;
  decision.exchange = meeting.row.exchange;
  decision.seconds = seconds;
  decision.verdict = verdict == MeetingVerdict::kKeep       ? "keep"
                     : verdict == MeetingVerdict::kExchange ? "exchange"
                                                            : "unsure";
  for (const MeetingDecisionRow& other : known.decisions) {
    if (IsAbout(other, meeting.row, known)) plan.change.replaced.push_back(other);
  }
  for (const KnownSame& same : known.same) {
    const bool replaced =
        std::any_of(plan.change.replaced.begin(), plan.change.replaced.end(),
                    [&](const MeetingDecisionRow& other) { return other.id == same.decision_id; });
    if (!replaced) plan.after.push_back(same);
  }
  if (verdict == MeetingVerdict::kUnsure) return plan;
  decision.pairs = PairsOf(connection, known, meeting, Ways(meeting.row, leaves_as));
  if (decision.pairs.empty()) {
    throw Error(Thing(meeting.row.id),
                "no animal of it is seen both before and after, so nothing follows",
                "name the animal by a label, or swap from here in the workbench");
  }
  for (const datasets::KnownPairRow& pair : decision.pairs) {
    plan.after.push_back(
        {0, decision.start_frame, decision.end_frame, pair.before_tracklet, pair.after_tracklet});
  }
  const std::string contradiction = Contradiction(known.evidence, plan.after);
  if (!contradiction.empty()) {
    throw Error(
        Thing(meeting.row.id), contradiction,
        "correct what is wrong there first (after labels were corrected, predict again), or "
        "decide otherwise here");
  }
  return plan;
}

PredictionCorrectionRow Swap(const MeetingRow& meeting, int start_frame, int end_frame,
                             const ShownTracks::Track& one, const ShownTracks::Track& other) {
  PredictionCorrectionRow row;
  row.job_id = meeting.job_id;
  row.video_id = meeting.video_id;
  row.start_frame = start_frame;
  row.end_frame = end_frame;
  row.category_id = one.category_id;
  row.other_category_id = other.category_id;
  if (one.number >= 0) {
    row.number = one.number;
    row.other_number = other.number;
  }
  return row;
}

// Whether the animals are called as `names` say wherever they are followed without doubt.
bool IsInStep(const KnownNames& known, const std::vector<NamedTracklet>& names) {
  if (known.IsNumbered()) return false;  // a search gives new numbers, not those that are shown
  if (known.corrections.empty()) return known.IsAsPredicted();
  const ShownTracks shown(known);
  for (size_t t = 0; t < names.size(); ++t) {
    const NamedRun& run = known.evidence.runs[t];
    if (run.number < 0 || run.contact) continue;
    for (const int frame : {run.start_frame, run.end_frame - 1}) {
      if (shown.At(static_cast<int>(t), frame) != names[t].number) return false;
    }
  }
  return true;
}

// From the first frame on that has one of the animals alone again. Throws Error where another of
// them is still followed from before then.
std::vector<PredictionCorrectionRow> SwapsFromHere(const KnownNames& known,
                                                   const MeetingRow& meeting,
                                                   const std::vector<size_t>& leaves) {
  const ShownTracks shown(known);
  int start = known.evidence.end_frame, last_before = -1;
  for (size_t a = 0; a < leaves.size(); ++a) {
    const auto& before_frame = meeting.animals[a].before_frame;
    if (leaves[a] != a && before_frame) last_before = std::max(last_before, *before_frame);
  }
  for (size_t a = 0; a < leaves.size(); ++a) {
    if (leaves[a] == a) continue;
    const MeetingAnimalRow& animal = meeting.animals[a];
    if (animal.after_tracklet) {
      // In a contact that has no end nobody is alone again: from the start of its last piece on.
      const NamedRun& after = known.evidence.runs[static_cast<size_t>(*animal.after_tracklet)];
      start = std::min(
          start, after.contact ? std::max(after.start_frame, last_before + 1) : after.start_frame);
    }
  }
  if (start <= last_before) {
    throw Error(Thing(meeting.id),
                "one of the animals is alone again before another one has come into it",
                "swap them by hand from the frame on where it happens");
  }
  // Transpositions, one after the other, after which whoever was called leaves[a] is called a.
  std::vector<PredictionCorrectionRow> swaps;
  std::vector<size_t> now(leaves.size());  // what the animal that was called by its place is called
  std::iota(now.begin(), now.end(), size_t{0});
  for (size_t a = 0; a < leaves.size(); ++a) {
    const size_t is = now[leaves[a]];
    if (is == a) continue;
    swaps.push_back(Swap(meeting, start, known.evidence.end_frame,
                         shown.track(meeting.animals[is].number),
                         shown.track(meeting.animals[a].number)));
    for (size_t& name : now) name = name == is ? a : name == a ? is : name;
  }
  return swaps;
}

// A swap gives nobody a name that is only guessed.
void LeaveUnnamed(Connection& connection, const KnownNames& known,
                  datasets::MeetingChange& change) {
  const auto unknown = datasets::UnknownOf(datasets::Reader(connection).Categories());
  const auto& runs = known.evidence.runs;
  if (!unknown ||
      std::none_of(runs.begin(), runs.end(), [](const NamedRun& run) { return run.unknown; })) {
    return;
  }
  const auto after = AfterSwaps(known, *unknown, change.decision.pairs, change.swaps);
  if (!after) {
    change.swaps.clear();  // the next prediction obeys the decision
    return;
  }
  change.swaps.insert(change.swaps.end(), after->begin(), after->end());
}

}  // namespace

datasets::MeetingChange PlanDecision(Connection& connection, Id meeting_id, MeetingVerdict verdict,
                                     const std::vector<std::pair<int, int>>& leaves_as,
                                     double seconds) {
  const auto stored = datasets::ReadMeeting(connection, meeting_id);
  if (!stored) {
    throw Error(Thing(meeting_id), "the project has no such meeting",
                "list them: vole review PROJECT meetings");
  }
  if (datasets::Reader(connection).LatestPredictJob(stored->video_id) != stored->job_id) {
    throw Error(Thing(meeting_id), "it is of an older prediction of its video",
                "decide those of the newest: vole review PROJECT meetings");
  }
  std::optional<KnownNames> known = LoadKnownNames(connection, stored->job_id, stored->video_id);
  if (!known) {
    throw Error(Thing(meeting_id), "what its names rest on is lost", "predict the video again");
  }
  const MeetingList list = ListShownMeetings(*known);
  const auto meeting =
      std::find_if(list.meetings.begin(), list.meetings.end(),
                   [&](const ReviewedMeeting& m) { return m.row.id == meeting_id; });
  Plan plan = PlanOf(connection, *known, *meeting, verdict, leaves_as, seconds);
  const std::vector<NamedTracklet> names = NamesOf(*known);
  if (IsInStep(*known, names)) {
    for (const NameSwap& swap :
         SwapsBetween(known->evidence, names, NamesKnowing(known->evidence, plan.after))) {
      const auto& categories = known->evidence.categories;
      plan.change.swaps.push_back(
          Swap(*stored, swap.start_frame, swap.end_frame,
               {categories[static_cast<size_t>(swap.class_index)], -1},
               {categories[static_cast<size_t>(swap.other_class_index)], -1}));
    }
  } else if (verdict == MeetingVerdict::kExchange) {
    plan.change.swaps = SwapsFromHere(*known, meeting->row, Ways(meeting->row, leaves_as));
  }
  LeaveUnnamed(connection, *known, plan.change);
  return std::move(plan.change);
}

namespace {

constexpr int kNearFrames = 12;  // an animal that was missed at the very frame is looked for so far

struct ShownOutline {
  int frame = 0;
  datasets::Polygons outline;
};

// The outline that is called so, as people see it, in the first of frames [first, end), or the
// last.
std::optional<ShownOutline> OutlineCalled(Connection& connection, Id job_id, Id video_id,
                                          Id category_id, int first, int end, bool from_first) {
  std::optional<ShownOutline> found;
  if (first >= end) return found;
  datasets::Reader(connection)
      .ForEachPrediction(job_id, video_id, first, end, datasets::PredictionView::kCorrected,
                         [&](int frame, const std::vector<datasets::PredictionRow>& predictions) {
                           if (found && from_first) return;
                           for (const auto& prediction : predictions) {
                             if (prediction.category_id != category_id) continue;
                             found = {frame, OutlineOrBox(prediction)};
                           }
                         });
  return found;
}

// Whoever is called so before `frame` is the one that is called otherwise from it on. Within frames
// [first, end), in which no name changes otherwise.
void AddExchange(Connection& connection, Id job_id, Id video_id, int frame,
                 std::pair<int, int> within, Id category_id, Id other_category_id,
                 std::vector<datasets::KnownPairRow>& pairs) {
  const int first = std::max(within.first, frame - kNearFrames);
  const int end = std::min(within.second, frame + kNearFrames);
  for (const auto& [before, after] :
       {std::pair(category_id, other_category_id), std::pair(other_category_id, category_id)}) {
    const auto was = OutlineCalled(connection, job_id, video_id, before, first, frame, false);
    const auto is = OutlineCalled(connection, job_id, video_id, after, frame, end, true);
    if (!was || !is) continue;
    datasets::KnownPairRow pair;  // without tracklets: in this prediction the swap itself says it
    pair.before_frame = was->frame;
    pair.after_frame = is->frame;
    pair.before_outline = was->outline;
    pair.after_outline = is->outline;
    pairs.push_back(std::move(pair));
  }
}

// Whether two decisions by hand are about one animal: other swaps may begin in the same frame.
bool ConcernsSame(const MeetingDecisionRow& one, const MeetingDecisionRow& other) {
  const auto is_same = [](int frame, const datasets::Polygons& outline, int other_frame,
                          const datasets::Polygons& other_outline) {
    if (frame != other_frame) return false;
    const datasets::Box a = datasets::BoxOf(outline), b = datasets::BoxOf(other_outline);
    const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
    const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    if (width <= 0 || height <= 0) return false;
    const double common = width * height;
    return common > 0.9 * (a.width * a.height + b.width * b.height - common);
  };
  for (const datasets::KnownPairRow& a : one.pairs) {
    for (const datasets::KnownPairRow& b : other.pairs) {
      if (is_same(a.before_frame, a.before_outline, b.before_frame, b.before_outline) ||
          is_same(a.after_frame, a.after_outline, b.after_frame, b.after_outline)) {
        return true;
      }
    }
  }
  return false;
}

// The frames around `frame` in which nobody has changed names by hand.
std::pair<int, int> WithoutCorrection(const KnownNames& known, int frame) {
  std::pair<int, int> within = {known.evidence.start_frame, known.evidence.end_frame};
  for (const PredictionCorrectionRow& correction : known.corrections) {
    for (const int edge : {correction.start_frame, correction.end_frame}) {
      if (edge < frame) within.first = std::max(within.first, edge);
      if (edge > frame) within.second = std::min(within.second, edge);
    }
  }
  return within;
}

}  // namespace

std::optional<datasets::MeetingChange> DecisionOfSwap(Connection& connection, Id job_id,
                                                      Id video_id, int start_frame, int end_frame,
                                                      Id category_id, Id other_category_id) {
  const std::optional<KnownNames> known = LoadKnownNames(connection, job_id, video_id);
  if (!known || known->IsNumbered()) return std::nullopt;
  const bool has_end = end_frame < known->evidence.end_frame;
  for (const ReviewedMeeting& meeting : ListShownMeetings(*known).meetings) {
    std::vector<int> both;
    for (const MeetingAnimalRow& animal : meeting.row.animals) {
      const bool is_one =
          animal.category_id == category_id || animal.category_id == other_category_id;
      if (is_one && animal.before_frame && animal.after_frame &&
          *animal.before_frame < start_frame && start_frame <= *animal.after_frame) {
        both.push_back(animal.number);
      }
    }
    if (both.size() != 2 || has_end) continue;
    try {
      return PlanOf(connection, *known, meeting, MeetingVerdict::kExchange,
                    {{both[0], both[1]}, {both[1], both[0]}}, 0)
          .change;
    } catch (const datasets::DatabaseError&) {
      throw;
    } catch (const Error&) {  // against what is known: the swap is the person's word all the same
      break;
    }
  }
  datasets::MeetingChange change;
  MeetingDecisionRow& decision = change.decision;
  decision.video_id = video_id;
  decision.job_id = job_id;
  decision.verdict = "exchange";
  decision.start_frame = std::max(0, start_frame - 1);
  decision.end_frame =
      std::min(known->evidence.end_frame, has_end ? end_frame + 1 : start_frame + 1);
  if (start_frame > known->evidence.start_frame) {
    std::pair<int, int> within = WithoutCorrection(*known, start_frame);
    within.second = std::min(within.second, end_frame);
    AddExchange(connection, job_id, video_id, start_frame, within, category_id, other_category_id,
                decision.pairs);
  }
  if (has_end) {
    std::pair<int, int> within = WithoutCorrection(*known, end_frame);
    within.first = std::max(within.first, start_frame);
    AddExchange(connection, job_id, video_id, end_frame, within, category_id, other_category_id,
                decision.pairs);
  }
  for (const MeetingDecisionRow& other : known->decisions) {  // the swap is taken back, or refined
    const bool is_swap = other.meeting_id == 0 && other.job_id == job_id;
    if (is_swap && other.start_frame == decision.start_frame && ConcernsSame(other, decision)) {
      change.replaced.push_back(other);
    }
  }
  if (decision.pairs.empty() || decision.end_frame <= decision.start_frame) return std::nullopt;
  return change;
}

}  // namespace infer
