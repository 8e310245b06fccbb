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

// Adds to each tracklet's evidence what its anchors say, which holds against all else. Of two
// labels of one tracklet that differ neither does: CutAtLabels (known_pairs.h) comes first.
void AddAnchors(const TrackRecord& record, const std::vector<Anchor>& anchors,
                std::vector<TrackletEvidence>& evidence);

// The labels that the names do not keep all the same, as where one name is given to two animals
// that are seen at once.
std::vector<Anchor> NotKept(const TrackRecord& record, const std::vector<Anchor>& anchors,
                            const std::vector<NamedTracklet>& names);

}  // namespace infer
