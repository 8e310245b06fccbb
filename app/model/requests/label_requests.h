// What a person asks for on labels and identities, as requests to the session (one Edit each).
#pragma once

#include <string>
#include <vector>

#include "annotate/edits.h"
#include "annotate/tools/tool.h"
#include "app/model/session/session.h"

namespace app {

// How far a change of identity reaches; always shown to the person before it is made.
enum class ReachOfChange { kThisFrame, kSpan, kFromHere };
struct FrameSpan {
  int start_frame = 0, end_frame = 0;  // half-open
};
FrameSpan SpanOf(const Session& session, ReachOfChange reach, FrameSpan chosen_span);

// Predictions may be edited like labels: for tools a prediction of the frame that no label hides is
// a shape with the id -prediction_id, and what is asked for under such an id is done to it. The
// first change of its outline makes it a label, with its name.
datasets::Id EditId(const annotate::Shape& shape);
// Which predictions share their name with others of the frame, so that only their place tells them
// apart.
struct SharedNames {
  bool all = false;          // the animals of the video have numbers
  datasets::Id unknown = 0;  // the name of those that have none; 0: there are none
  bool operator()(datasets::Id category) const {
    return all || (unknown != 0 && category == unknown);
  }
};
SharedNames SharedNamesIn(const ProjectView& project, datasets::Id video_id);
std::vector<annotate::Shape> EditableShapes(const std::vector<annotate::Shape>& labels,
                                            const std::vector<annotate::Shape>& predictions,
                                            const SharedNames& shared = {});
// Whether a label has taken a prediction's place: one of that animal, or where animals share a name
// one of that name that lies there (boxes of IoU >= 0.25); of an animal without a name, whichever
// lies there. Asked of each prediction in each drawing, so the labels are measured once. `labels`
// must outlive it.
class LabeledBy {
 public:
  LabeledBy(const std::vector<annotate::Shape>& labels, const SharedNames& shared);
  bool operator()(const annotate::Shape& prediction) const { return LabelOf(prediction); }
  const annotate::Shape* LabelOf(const annotate::Shape& prediction) const;  // null: none

 private:
  const std::vector<annotate::Shape>& labels_;
  const SharedNames shared_;
  std::vector<datasets::Box> boxes_;  // parallel; empty where no name is shared
};
// The prediction of the current frame under such an id; null for the id of a label.
const annotate::Shape* FindPrediction(const FrameView* view, datasets::Id edit_id);

// What a gesture about a prediction of the frame that shows starts from.
annotate::SeenPrediction SeenNow(const Session& session, const annotate::Shape& prediction);

// A finished drawing gesture becomes a label of the current frame; a new shape is `animal`, 0: a
// new one, `animal_N`.
void RequestShapeChange(Session& session, const annotate::ShapeChange& change,
                        datasets::Id animal = 0);
// A prediction is rejected, in this frame.
void RequestDelete(Session& session, datasets::Id annotation_id);
// Gives the label another animal's name; when the name is taken in this frame, the two swap. Of an
// animal that had no name, or was given one by a person, all that is followed of it gets the name.
void RequestAssign(Session& session, datasets::Id annotation_id, datasets::Id category_id);
// Over the span, on labels and predictions: swaps two animals, or names `category_a` `category_b`.
void RequestNames(Session& session, annotate::NameChange change, datasets::Id category_a,
                  datasets::Id category_b, FrameSpan span);
// The frame is looked at and done; or done and without any animal.
void RequestFrameState(Session& session, datasets::ImageState state);
// Predictions of the current frame (or of one animal when category_id != 0) become labels.
void RequestAcceptPredictions(Session& session, datasets::Id category_id);
// Moves the selected label by whole image pixels.
void RequestNudge(Session& session, datasets::Id annotation_id, double dx, double dy);
// Labels of the nearest labeled frame before are carried to this frame.
void RequestCopyFromNeighbor(Session& session);
// The file of a video that has been moved; other missing videos are looked for beside it by name.
void RequestRelink(Session& session, datasets::Id video_id, const std::string& file);
void RequestNewAnimal(Session& session, const std::string& name);
void RequestChangeAnimal(Session& session, const datasets::CategoryRow& animal);
// With all its labels; says what went and what Ctrl+Z does not bring back.
void RequestDeleteAnimal(Session& session, const datasets::CategoryRow& animal);
// For good, with everything about it, after a copy of the project was made; the file stays.
void RequestRemoveVideo(Session& session, const datasets::VideoRow& video);
void RequestRemoveVideos(Session& session, const std::vector<datasets::VideoRow>& videos);

}  // namespace app
