// Labels of the very video that is predicted: they say for certain who a tracklet is.
#pragma once

#include <vector>

#include "datasets/project.h"
#include "infer/names/identity.h"
#include "infer/track/track_record.h"

namespace infer {

struct Anchor {
  size_t row = 0;  // of the record
  int class_index = 0;
};

// A row is anchored when one label of its frame overlaps it by IoU >= 0.5, and no second label and
// no second row by 0.25. Labels of split `val` and `test` never anchor, so that what is measured on
// them stays honest; crowds neither. `rows`: ids in `predictions`, parallel to the record's;
// `categories`: of the classes [K].
std::vector<Anchor> LabelAnchors(const datasets::Project& project, datasets::Id job_id,
                                 datasets::Id video_id, const TrackRecord& record,
                                 const std::vector<datasets::Id>& rows,
                                 const std::vector<datasets::Id>& categories);

// Adds to each tracklet's evidence what its anchors say: one label outweighs any doubt, but neither
// another label nor a network that is sure for many seconds.
void AddAnchors(const TrackRecord& record, const std::vector<Anchor>& anchors,
                std::vector<TrackletEvidence>& evidence);

}  // namespace infer
