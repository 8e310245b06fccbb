// Builders of edits of key points and skeletons; see edits.h.
#pragma once

#include "annotate/edit.h"

namespace annotate {

// --- the points of one animal. A label without an outline gets the box of its points.
// Sets it or moves it; pixel (i, j) covers [i, i + 1) x [j, j + 1). Refused outside of the picture,
// and when the label has points of another skeleton.
Edit SetPoint(datasets::Id annotation_id, datasets::Id point_id, double x, double y,
              bool visible = true);
// All points of the animal at once, those that it has and `points` does not have go; a label that
// has neither outline nor points then goes, too. Refused as SetPoint is.
Edit SetPoints(datasets::Id annotation_id, const std::vector<datasets::KeyPoint>& points,
               const std::string& label = "Set points");
// The same for the label that `row` becomes, with its points: of the frame, of the row's animal (of
// any, when it has none yet), and none of `known`. Of a label that is not of this gesture (another
// person's, or with an outline) the points that `row` does not have stay. Where there is no such
// label, `row` is added as AddAnnotation does, so that what a person does next needs not wait until
// the first is stored.
Edit AddPoints(datasets::Id video_id, int frame_index, const datasets::AnnotationRow& row,
               const std::vector<datasets::Id>& known, const std::string& label = "Set points");
// The points of the nearest labeled frame before, for every animal (0: or one) that has none here.
// Refused where that frame has none, or there is no such frame.
Edit CopyPointsFromBefore(datasets::Id video_id, int frame_index, datasets::Id only_category);
// Hidden: where it must be, behind something.
Edit SetPointHidden(datasets::Id annotation_id, datasets::Id point_id, bool hidden);
// A label that has no outline and no other point goes with it.
Edit RemovePoint(datasets::Id annotation_id, datasets::Id point_id);
// Each point becomes its symmetric partner.
Edit SwapLeftRight(datasets::Id annotation_id);

// --- skeletons. Refused where CheckSkeleton (datasets/keypoints/skeleton.h) refuses them, and with
// a name that another skeleton has.
Edit AddSkeleton(const datasets::Skeleton& skeleton);
// The whole new skeleton: points with an id are those that it has, renamed or elsewhere in the
// order, and labels follow; points without one are new; those that are missing go, also from every
// label. Undo brings them back, but not what was predicted of them.
Edit ChangeSkeleton(const datasets::Skeleton& skeleton);
// With the points of every label that it has.
Edit DeleteSkeleton(datasets::Id skeleton_id);

// --- for other builders
// Stores the label, then its points (which have ids). Returns the label's id.
datasets::Id InsertLabel(Recorder& recorder, datasets::AnnotationRow label);
// Deletes its points, then the label.
void DeleteLabel(Recorder& recorder, datasets::Id annotation_id);
// Box and area of a label without an outline. Throws Error unless each point lies in the picture.
void MeasurePoints(const datasets::ImageRow& image, datasets::AnnotationRow* label);

}  // namespace annotate
