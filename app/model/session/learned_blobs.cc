#include "app/model/session/learned_blobs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "infer/learning/project_labels.h"

namespace app {
namespace {

constexpr int kFewestFrames = 4, kMostFrames = 30;
constexpr double kMoreFrames = 1.5;  // times as many: worth learning again
constexpr double kGoodOverlap = 0.7;

double MedianArea(const train::TrainingData& data) {
  std::vector<double> areas;
  for (const train::LabeledFrame& frame : data.frames) {
    for (const train::LabeledObject& object : frame.objects) {
      if (!object.ignore) areas.push_back(datasets::RleArea(object.mask));
    }
  }
  if (areas.empty()) return 0;
  const auto middle = areas.begin() + static_cast<std::ptrdiff_t>(areas.size() / 2);
  std::nth_element(areas.begin(), middle, areas.end());
  return *middle;
}

std::map<std::string, annotate::AnimalColor> ColorsOf(const train::TrainingData& data,
                                                      datasets::Job& job) {
  std::map<std::string, std::vector<cv::Vec3d>> seen;
  for (size_t i = 0; i < data.frames.size(); ++i) {
    job.ThrowIfCancelled();
    const cv::Mat picture = data.picture(static_cast<int>(i));
    for (const train::LabeledObject& object : data.frames[i].objects) {
      if (object.ignore) continue;
      const auto color =
          annotate::ColorUnder(datasets::TraceMask(datasets::DecodeMask(object.mask)), picture);
      if (color) seen[data.classes[static_cast<size_t>(object.class_index)]].push_back(*color);
    }
  }
  std::map<std::string, annotate::AnimalColor> colors;
  for (const auto& [name, all] : seen) colors[name] = annotate::ColorOf(all);
  return colors;
}

}  // namespace

annotate::AnimalModel BlobModelFrom(train::PictureModel model) {
  if (model.empty() || model.overlap < kGoodOverlap) return {};
  return [model = std::move(model)](const cv::Mat& frame, const cv::Mat& background,
                                    const cv::Rect& box, double area) {
    annotate::AnimalEvidence evidence;
    const bool has_background = background.size() == frame.size();
    if (model.uses_background && !has_background) return evidence;
    evidence.view = train::ViewAround(box, area, frame.size());
    if (evidence.view.empty()) return evidence;
    evidence.log_odds = model.LogOdds(train::LookAround(
        frame, model.uses_background ? background : cv::Mat(), evidence.view, model.scale));
    return evidence;
  };
}

LearnedBlobs::LearnedBlobs(std::filesystem::path project_file, std::function<void()> wake,
                           std::function<void(const std::string&)> say)
    : project_file_(std::move(project_file)),
      worker_(
          [this](const Lesson& lesson) {
            Learn(lesson);
            return LatestWorker<Lesson>::Answered();
          },
          std::move(wake), std::move(say), LatestWorker<Lesson>::OnFailure::kForget) {}

LearnedBlobs::~LearnedBlobs() {
  std::scoped_lock lock(mutex_);
  if (newest_) newest_->job->Cancel();
}

LearnedBlobs::Lesson LearnedBlobs::LessonFor(const ProjectView& project, datasets::Id video_id) {
  Lesson lesson;
  lesson.video_id = video_id;
  int own = 0, all = 0;
  for (const auto& [video, images] : project.images) {
    for (const datasets::ImageRow& image : images) {
      const bool labeled = (image.state == datasets::ImageState::kStarted ||
                            image.state == datasets::ImageState::kDone) &&
                           !image.IsHeldOut();
      all += labeled;
      own += labeled && video == video_id;
    }
  }
  lesson.own_labels = own >= kFewestFrames;
  lesson.frames = lesson.own_labels ? own : all;
  return lesson;
}

std::shared_ptr<const LearnedBlobs::Animals> LearnedBlobs::Of(const ProjectView& project,
                                                              datasets::Id video_id) {
  std::scoped_lock lock(mutex_);
  if (project.revision != seen_revision_ || video_id != seen_video_) {
    seen_revision_ = project.revision;
    seen_video_ = video_id;
    const Lesson lesson = LessonFor(project, video_id);
    const bool known = newest_ && newest_->video_id == video_id &&
                       newest_->own_labels == lesson.own_labels &&
                       lesson.frames < kMoreFrames * newest_->frames;
    if (!known && lesson.frames >= kFewestFrames) {
      if (newest_) newest_->job->Cancel();
      newest_ = lesson;
      newest_->job = std::make_shared<datasets::Job>();
      worker_.Ask(*newest_);
    }
  }
  return learned_video_ == video_id ? learned_ : nullptr;
}

void LearnedBlobs::Learn(const Lesson& lesson) {
  datasets::Job& job = *lesson.job;
  std::shared_ptr<Animals> animals;
  try {
    const auto project =
        datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
    const datasets::VideoRow video = project->VideoById(lesson.video_id);
    infer::LabelSelection selection;
    selection.max_labels = kMostFrames;
    if (lesson.own_labels) selection.videos = {video.name};
    const infer::GatheredLabels labels = infer::GatherLabels(*project, selection, job);
    train::PictureModel model = train::LearnPictureModel(labels.data, job);
    if (model.uses_background != !project->BackgroundOf(video).bgr.empty()) model = {};
    animals = std::make_shared<Animals>();
    animals->model = BlobModelFrom(std::move(model));
    animals->typical_area = MedianArea(labels.data);
    animals->colors = ColorsOf(labels.data, job);
  } catch (const datasets::Cancelled&) {
    return;  // a newer lesson, or the end
  }
  std::scoped_lock lock(mutex_);
  if (job.cancelled()) return;
  learned_video_ = lesson.video_id;
  learned_ = std::move(animals);
}

}  // namespace app
