// Taking rows away together with what rests on them. Each throws Error when the row is not there;
// rows of people that rest on it and are not named here must be gone before (ConstraintError).
#pragma once

#include <vector>

#include "datasets/store/records.h"
#include "datasets/store/writer.h"

namespace datasets {

// An animal, with its predictions, predicted bouts and meetings, and the episodes about it alone.
void DeleteCategory(Writer& writer, Id id);
// A behavior, with its predicted bouts, scores and episodes.
void DeleteBehavior(Writer& writer, Id id);
void DeleteImage(Writer& writer, Id id);
void DeleteTrack(Writer& writer, Id id);
void DeleteReviewDecision(Writer& writer, Id id);
// A video, with everything that people and machines said about it; its file stays. Changes of it
// can't be undone any more.
void DeleteVideo(Writer& writer, Id id);
// A model's row; its training forgets it, and those that grew out of it become its parent's.
void DeleteModel(Writer& writer, Id id);
// A model of a cancelled training is good enough: "kept" in its config.
void MarkModelKept(Writer& writer, Id id);
void SetBehaviorOrder(Writer& writer, const std::vector<Id>& ids);

}  // namespace datasets
