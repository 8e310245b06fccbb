// What the names of a predicted video were decided from, kept with the prediction: so that a
// person's decision can change them at once, by the same search.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "datasets/store/meetings/meeting_records.h"
#include "infer/names/evidence.h"
#include "infer/names/identity.h"
#include "infer/names/meetings.h"

namespace infer {

struct LabeledTracklet {  // a label says who it is
  int tracklet = 0, frame = 0, class_index = 0;
};

// Two tracklets that a person knows to be one animal, and the decision that says so.
struct KnownSame {
  datasets::Id decision_id = 0;
  int start_frame = 0, end_frame = 0;  // of the decision's meeting
  int from = 0, to = 0;                // `from` starts before `to`
};

struct NameEvidence {
  double fps = 25;
  bool open_group = false;                 // as MeetingOptions::open; not kept with the prediction
  int start_frame = 0, end_frame = 0;      // predicted, [start, end)
  std::vector<int> max_instances;          // [K]
  std::vector<datasets::Id> categories;    // [K]
  std::vector<NamedRun> runs;              // as the prediction named them
  std::vector<TrackletEvidence> evidence;  // parallel; of labels too, not of decisions
  std::vector<Link> links;                 // of tracklets that have a name
  std::vector<LabeledTracklet> labels;
  std::vector<KnownSame> obeyed;  // decisions of earlier predictions that this one has found again
};

// Of a video whose names were just decided. `known`: what earlier decisions say, as it was obeyed;
// `links`: without theirs.
NameEvidence NameEvidenceOf(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                            const std::vector<Link>& links, const DecidedNames& decided,
                            const train::ModelInfo& info, const std::vector<Anchor>& anchors,
                            const std::vector<KnownSame>& known);
// The meetings of the names as they were decided, judged.
std::vector<Meeting> MeetingsOf(const NameEvidence& evidence,
                                const std::vector<NamedTracklet>& names,
                                const std::function<void()>& checkpoint = {});

// Version 1; log-odds rounded to 1e-4. Throws Error for text that is damaged.
std::string ToJson(const NameEvidence& evidence);
NameEvidence NameEvidenceFromJson(const std::string& text);

// What holds of the decisions of a video for this prediction: its own, and those it has found
// again.
std::vector<KnownSame> KnownSameOf(const NameEvidence& evidence, datasets::Id job_id,
                                   const std::vector<datasets::MeetingDecisionRow>& decisions);

// Links that hold whatever else speaks: of infinite log-odds.
std::vector<Link> LinksOf(const std::vector<KnownSame>& known);

// The first of `known` that these names do not keep, as a clause; "" where all hold. Names that
// were searched with LinksOf keep all that Contradiction lets pass, but for what no search can.
std::string Broken(const std::vector<NamedTracklet>& names, const std::vector<KnownSame>& known);

// The first of `known`, in their order, that contradicts an earlier one or a label, as a clause
// with both places, such as "it says that ..."; `place` is its position. "" when none does.
std::string Contradiction(const NameEvidence& evidence, const std::vector<KnownSame>& known,
                          size_t* place = nullptr);

// Names of the tracklets that have one, decided anew with what people know; others stay without.
// Throws Error where not all of it can hold together.
std::vector<NamedTracklet> NamesKnowing(const NameEvidence& evidence,
                                        const std::vector<KnownSame>& known,
                                        const std::function<void()>& checkpoint = {});

// Ways and exchange of meetings (with tracklets of `evidence`) with what people know; `names` as
// NamesKnowing has them.
void JudgeKnowing(const NameEvidence& evidence, const std::vector<KnownSame>& known,
                  const std::vector<NamedTracklet>& names, std::vector<Meeting>& meetings,
                  const std::function<void()>& checkpoint = {});

// Two classes that change places in [start, end).
struct NameSwap {
  int start_frame = 0, end_frame = 0;
  int class_index = 0, other_class_index = 0;
};
// Swaps that bring the names `before` to the names `after`, in the order in which they apply.
std::vector<NameSwap> SwapsBetween(const NameEvidence& evidence,
                                   const std::vector<NamedTracklet>& before,
                                   const std::vector<NamedTracklet>& after);

}  // namespace infer
