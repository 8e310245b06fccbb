// Builders of edits: one for each thing that a person can do to labels, names, predictions and
// behaviors. They read nothing before History::Apply carries them out, inside one transaction; what
// is wrong with them is thrown from there as Error, and changes nothing. Frames are 0-based, spans
// half-open [start_frame, end_frame).
#pragma once

#include <optional>
#include <string>

#include "annotate/edit.h"

namespace annotate {

// --- labels of a frame
// Polygons, RLE or key points (with ids of a skeleton's points) must be set; without a category, a
// new animal is made for it (named animal_N), in the same step. image_id, box and area are filled
// in, author too when empty. Makes the image row where there is none; an image marked empty becomes
// started.
Edit AddAnnotation(datasets::Id video_id, int frame_index,
                   const datasets::AnnotationRow& annotation,
                   const std::string& label = "Draw outline");
// Moving, adding and deleting vertices, brush strokes, ...: the whole new shape. Key points that
// went along are `key_points`, all of them; empty: they stay as they are.
Edit ReplaceShape(datasets::Id annotation_id, const datasets::Polygons& polygons,
                  const std::optional<datasets::Rle>& rle = {},
                  const std::string& label = "Change outline",
                  const std::vector<datasets::KeyPoint>& key_points = {});
// By so many pixels from where it is then; an animal with key points no further than the border.
Edit NudgeAnnotation(datasets::Id annotation_id, const cv::Point2d& by);
Edit DeleteAnnotation(datasets::Id annotation_id);
// The animals of the nearest labeled frame before that have no label here, as they are there.
// Refused where there is no such frame.
Edit CopyFromBefore(datasets::Id video_id, int frame_index);
Edit SetOccluded(datasets::Id annotation_id, bool occluded);
// A person has looked at the image: its carried and interpolated labels are theirs now. How many.
int AcceptLabels(Recorder& recorder, datasets::Id image_id);
// done (which accepts the frame's labels), empty, started; empty is refused while the frame has
// labels.
Edit SetImageState(datasets::Id video_id, int frame_index, datasets::ImageState state);

// --- names
// An animal is not called like another one, nor like a region of any video.
Edit AddCategory(const std::string& name);
// Name, color, order. The animal's bouts get its new name.
Edit ChangeCategory(datasets::CategoryRow category);
// Names one label; when another label of the frame has that name, the two swap, unless several
// animals of the video share it.
Edit AssignName(datasets::Id annotation_id, datasets::Id category_id);
// The same for a prediction: within the span, `from` is `to`, and where `to` is there, it is
// `from`. `number`: of the one of several that share the name (PredictionRow::tracklet); it alone.
Edit AssignPredictionName(datasets::Id job_id, datasets::Id video_id, int start_frame,
                          int end_frame, datasets::Id from_category, datasets::Id to_category,
                          std::optional<int> number = {});
// The same for the prediction of this id in one frame, whatever it is called by then. `numbered`:
// its name is shared by others, and it alone is meant.
Edit NamePrediction(datasets::Id job_id, datasets::Id video_id, int frame_index,
                    datasets::Id prediction_id, datasets::Id to_category, bool numbered);
// Of an animal whose name is unknown (datasets/unknown_name.h; `tracklet` as its predictions have
// it): gives it a name as far as it is followed, but where another animal has that name, and makes
// its outline in this frame a label, which the next prediction obeys.
Edit NameUnknown(datasets::Id job_id, datasets::Id video_id, int frame_index, int tracklet,
                 datasets::Id category_id);
// Swaps two animals in the labels and (job_id != 0) in the predictions of the job. One frame: [f,
// f + 1); from here on: [f, frame_count).
Edit SwapAnimals(datasets::Id video_id, datasets::Id job_id, int start_frame, int end_frame,
                 datasets::Id category_id, datasets::Id other_category_id);
// Within the span `category_id` is `new_category_id`. Where a frame has both, the two swap; a frame
// that has only the new name keeps it. Refused when nothing in the span has the old name.
Edit ReassignAnimal(datasets::Id video_id, datasets::Id job_id, int start_frame, int end_frame,
                    datasets::Id category_id, datasets::Id new_category_id);
enum class NameChange { kSwap, kReassign };
struct NameCounts {  // frames in which names change, and those of them that have both animals
  int labeled = 0, labeled_with_both = 0;
  int predicted = 0, predicted_with_both = 0;  // names as people's corrections leave them
};
// What one of the two edits would change; job_id 0: labels alone.
NameCounts CountNames(const datasets::Project& project, NameChange change, datasets::Id video_id,
                      datasets::Id job_id, int start_frame, int end_frame, datasets::Id category_id,
                      datasets::Id other_category_id);

// --- predictions and the review queue
// Predictions (as corrected) become labels: source accepted, job kept. Without a category, whole
// frames: labels that exist win by name (carried and interpolated ones give way), frames already
// done or empty stay as they are, the others become done. With a category, only that animal, where
// no label has its name.
Edit AcceptPredictions(datasets::Id job_id, datasets::Id video_id, int start_frame, int end_frame,
                       std::optional<datasets::Id> category_id = {});
// What a person does to a prediction makes it a label, and what they do next, before they can see
// that, goes on from there: `row` is the prediction as a label, `known` the labels that were seen.
// One of its animal beside them is what it became (with `numbered`, of several, where it lies).
struct SeenPrediction {
  datasets::Id video_id = 0;
  int frame_index = 0;
  datasets::AnnotationRow row;
  std::vector<datasets::Id> known;
  bool numbered = false;
};
Edit CorrectPrediction(const SeenPrediction& seen, const datasets::Outline& outline,
                       const std::vector<datasets::KeyPoint>& key_points);
Edit NudgePrediction(const SeenPrediction& seen, const cv::Point2d& by);
Edit SwapSidesOfPrediction(const SeenPrediction& seen);
// The predictions stay, marked as rejected: left out of everything that is final. `number`: as
// above, with a category.
Edit RejectPredictions(datasets::Id job_id, datasets::Id video_id, int start_frame, int end_frame,
                       std::optional<datasets::Id> category_id = {},
                       std::optional<int> number = {});
enum class Verdict { kAccepted, kCorrected, kRejected, kSkipped };
const char* NameOf(Verdict verdict);
// Decides an episode: accepted turns its predictions into labels, rejected rejects those of its
// animals (all when it names none); corrected and skipped only note the decision.
// Nothing is done a second time when the episode has been decided so since it was read (`item`
// holds the verdict that it had); decided otherwise since, it is refused.
Edit DecideEpisode(const datasets::ReviewItemRow& item, Verdict verdict, double seconds);
bool IsDecidedSo(const Recorder& recorder, const datasets::ReviewItemRow& item, Verdict verdict);
// The same for a predicted bout (behavior_id is set). Accepted: the bout becomes a label; rejected:
// a label that says "not this behavior"; of a missed one (datasets::kMissedBehavior) the other
// way round. The prediction itself stays as it is.
Edit DecideBout(const datasets::ReviewItemRow& item, Verdict verdict, double seconds);
// What happened instead: the labels say that, and "not the episode's behavior" in the rest of it.
Edit CorrectBout(const datasets::ReviewItemRow& item, datasets::Id behavior_id, int start_frame,
                 int end_frame, double seconds);
// A bout as an episode, for one that the queue does not ask about.
datasets::ReviewItemRow EpisodeOf(const datasets::BehaviorPredictionRow& bout);

// --- behaviors
Edit AddBehavior(datasets::BehaviorRow behavior);
Edit ChangeBehavior(datasets::BehaviorRow behavior);
// The newer wins on its row (see rules.h). A point behavior becomes one frame long.
Edit AddBehaviorInterval(datasets::BehaviorIntervalRow interval);
// Its span, row or statement; author, note and flag stay what they are when it is applied. Where
// nothing differs, nothing changes.
Edit ChangeBehaviorInterval(const datasets::BehaviorIntervalRow& interval);
// Only what differs between the two, which is what the person did to the bout as it was seen:
// what else has changed since stays.
Edit ChangeBehaviorInterval(const datasets::BehaviorIntervalRow& seen,
                            const datasets::BehaviorIntervalRow& wanted);
Edit SplitBehaviorInterval(datasets::Id interval_id, int frame_index);
Edit DeleteBehaviorInterval(datasets::Id interval_id);

}  // namespace annotate
