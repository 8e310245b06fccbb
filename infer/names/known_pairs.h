// What people know of a video from earlier predictions of it: pairs of outlines that are one
// animal. Found again in a new prediction, they are as certain there.
#pragma once

#include <vector>

#include "datasets/project.h"
#include "datasets/store/meetings/meeting_records.h"
#include "infer/names/name_evidence.h"
#include "infer/track/track_record.h"
#include "infer/track/tracklets.h"

namespace infer {

struct FoundPair {
  datasets::Id decision_id = 0;
  int start_frame = 0, end_frame = 0;    // of the decision
  size_t before_row = 0, after_row = 0;  // of the record
};

// An outline is found again when it overlaps one row of its frame by IoU >= 0.5 and no second one
// by 0.25. `rows`: ids in `predictions`, parallel to the record's.
std::vector<FoundPair> FindKnownPairs(const datasets::Project& project, datasets::Id job_id,
                                      const datasets::VideoRow& video, const TrackRecord& record,
                                      const std::vector<datasets::Id>& rows,
                                      const std::vector<datasets::MeetingDecisionRow>& decisions);

// A tracklet that goes on through a pair which says that it does not (the animals changed places
// within it) is cut in the middle; its later links go on from the second half.
void CutAtKnownPairs(const std::vector<FoundPair>& pairs, TrackRecord& record,
                     std::vector<Tracklet>& tracklets, std::vector<Link>& links);

// After the cuts. Pairs within one tracklet are kept too: they show that the decision holds.
std::vector<KnownSame> KnownSameOf(const std::vector<FoundPair>& pairs, const TrackRecord& record);

// Where labels call one tracklet by two names, so that it has changed animals between them.
struct LabelCut {
  int first_frame = 0, second_frame = 0;  // of the labels
  int first_class = 0, second_class = 0;
};
// Cuts such a tracklet where it came nearest to another one, which is cut there too: they may have
// been exchanged. By frame.
std::vector<LabelCut> CutAtLabels(const std::vector<Anchor>& anchors, TrackRecord& record,
                                  std::vector<Tracklet>& tracklets, std::vector<Link>& links);

}  // namespace infer
