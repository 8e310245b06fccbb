#include "infer/learning/unlabeled.h"

#include <algorithm>
#include <memory>

#include "datasets/base/error.h"
#include "datasets/only_animal.h"
#include "infer/run/infer_job.h"

namespace infer {
namespace {

constexpr double kOneNumber = 0.9;  // of the frames on which animals are apart

// Frames that people have a say about, and whether some of them may teach.
std::set<int> FramesOfPeople(const datasets::Project& project, const datasets::VideoRow& video,
                             bool* teach) {
  std::set<int> frames;
  for (const datasets::ImageRow& image : project.ImagesOfVideo(video.id)) {
    // Kept for a test: whatever is labeled there, nothing may be learned from it.
    if (image.frame_index && image.IsHeldOut()) frames.insert(*image.frame_index);
  }
  project.ForEachAnnotation(video.id, [&](const datasets::ImageRow& image,
                                          const std::vector<datasets::AnnotationRow>& labels) {
    if (!image.frame_index) return;
    const bool empty = image.state == datasets::ImageState::kEmpty;
    if (!empty && (labels.empty() || datasets::AnyFilledIn(labels))) return;
    frames.insert(*image.frame_index);
    const bool outlined = std::all_of(labels.begin(), labels.end(), [](const auto& label) {
      return label.iscrowd || label.HasShape();
    });
    const bool animal =
        std::any_of(labels.begin(), labels.end(), [](const auto& label) { return !label.iscrowd; });
    *teach = *teach || (outlined && animal && image.state != datasets::ImageState::kNew &&
                        !image.IsHeldOut());
  });
  return frames;
}

void RequireEnough(const datasets::VideoRow& video, const ClearFrames& found) {
  if (found.why_not.empty()) return;
  throw OutlineNeeded("video '" + video.name + "'", found.why_not,
                      "outline one animal on frame " + std::to_string(found.ask_frame) +
                          " (vole open), then run: vole train",
                      found.ask_frame);
}

}  // namespace

ProposedLabels ProposeLabels(const datasets::Project& project, const datasets::VideoRow& video,
                             int animals, datasets::Job& job) {
  ProposedLabels proposed;
  bool teach = false;
  SceneToSearch scene;
  scene.known_frames = FramesOfPeople(project, video, &teach);
  scene.animals = animals;
  scene.frame_count = video.frame_count;
  scene.background = project.BackgroundOf(video).bgr;
  const auto reader = std::make_shared<datasets::VideoReader>(project.OpenVideo(video));
  scene.picture = [reader](int frame) { return reader->Read(frame); };
  proposed.found = FindClearFrames(scene, job);
  RequireEnough(video, proposed.found);

  GatheredLabels& gathered = proposed.labels;
  if (teach) {
    LabelSelection selection;
    selection.videos = {video.name};
    selection.filled_in = false;  // they would weigh as much as what people drew
    gathered = GatherLabels(project, selection, job);
  } else {
    gathered.videos = {video.id};
    gathered.data.backgrounds = {scene.background};
  }
  train::TrainingData& data = gathered.data;
  for (train::LabeledFrame& frame : data.frames) {
    frame.weight = std::max(frame.weight, kCorrectionWeight);
    for (train::LabeledObject& object : frame.objects) object.class_index = 0;
  }
  data.classes = {datasets::OnlyAnimal(project)};
  proposed.person_frames = static_cast<int>(data.frames.size());
  std::vector<int> own;
  for (const ClearFrame& clear : proposed.found.frames) {
    train::LabeledFrame frame;
    frame.frame_index = clear.frame;
    for (const datasets::Rle& outline : clear.outlines) {
      frame.objects.push_back({0, outline, false});
      ++gathered.animals;
    }
    own.push_back(clear.frame);
    data.frames.push_back(std::move(frame));
  }
  proposed.own_frames = static_cast<int>(own.size());
  const auto of_people = data.picture;
  const int people = proposed.person_frames;
  data.picture = [reader, of_people, own, people](int frame) {
    return frame < people ? of_people(frame)
                          : reader->Read(own[static_cast<size_t>(frame - people)]);
  };
  return proposed;
}

TrackedVideo TrackVideo(datasets::Project& project, const datasets::VideoRow& video,
                        const TrackOptions& options, datasets::Job& job,
                        const std::function<void(const ClearFrames&)>& on_found,
                        const std::function<void(const train::TrainProgress&)>& on_progress) {
  TrackedVideo tracked;
  LabelSelection selection;
  selection.videos = {video.name};
  tracked.trained = TrainOnLabels(
      project, selection, options.train, options.model_file, job,
      [&] {
        ProposedLabels proposed = ProposeLabels(project, video, options.animals, job);
        tracked.found = std::move(proposed.found);
        tracked.own_frames = proposed.own_frames;
        tracked.person_frames = proposed.person_frames;
        if (on_found) on_found(tracked.found);
        return std::move(proposed.labels);
      },
      on_progress);
  const ClearFrames& found = tracked.found;
  const bool fixed =
      options.animals > 0 || (!found.changing && found.clear >= kOneNumber * found.apart);
  tracked.animals = fixed ? std::to_string(found.animals) : "auto";
  if (tracked.trained.cancelled) return tracked;
  PredictOptions predict = options.predict;
  predict.animals = tracked.animals;
  tracked.predicted = Predict(project, video, tracked.trained.file.string(), predict, job);
  return tracked;
}

}  // namespace infer
