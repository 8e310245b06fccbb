#include "annotate/carry_labels.h"

#include <algorithm>
#include <memory>

#include "annotate/edits.h"
#include "datasets/base/error.h"
#include "datasets/video/video.h"

namespace annotate {
namespace {

using datasets::AnnotationRow;
using datasets::Id;

constexpr size_t kCacheBytes = size_t{256} << 20;  // of pictures: a group of them, backward too

std::string AnimalName(const datasets::Project& project, Id animal) {
  for (const auto& row : project.Categories()) {
    if (row.id == animal) return row.name;
  }
  return "animal " + std::to_string(animal);
}

std::vector<OutlinedAnimal> SeedsOf(const datasets::Project& project, const CarryRequest& request) {
  std::vector<OutlinedAnimal> seeds;
  for (const AnnotationRow& label : project.AnnotationsAt(request.video_id, request.frame)) {
    const auto& chosen = request.animals;
    if (!chosen.empty() &&
        std::find(chosen.begin(), chosen.end(), label.category_id) == chosen.end()) {
      continue;
    }
    if (label.HasShape() && !label.iscrowd) seeds.push_back({label.category_id, label.Rings()});
  }
  const std::string frame = "frame " + std::to_string(request.frame);
  if (seeds.empty() && request.animals.empty()) {
    throw datasets::Error(frame, "it has no outline to carry", "outline the animals there first");
  }
  for (const Id animal : request.animals) {
    if (std::none_of(seeds.begin(), seeds.end(),
                     [&](const OutlinedAnimal& seed) { return seed.animal == animal; })) {
      throw datasets::Error(frame, "'" + AnimalName(project, animal) + "' has no outline there",
                            "outline it there first, or carry the others");
    }
  }
  for (size_t i = 0; i < seeds.size(); ++i) {
    for (size_t k = i + 1; k < seeds.size(); ++k) {
      if (seeds[i].animal != seeds[k].animal) continue;
      throw datasets::Error(frame,
                            "'" + AnimalName(project, seeds[i].animal) + "' has two outlines there",
                            "give each animal its own name: two of one name are not told apart");
    }
  }
  return seeds;
}

CarryAdvice AdviceOf(const datasets::Project& project, const CarryRequest& request) {
  CarryAdvice advice;
  advice.has_label = [&project, video = request.video_id](int frame, int64_t animal) {
    for (const AnnotationRow& label : project.AnnotationsAt(video, frame)) {
      const bool gives_way = !label.keyframe && label.key_points.empty();
      if (label.category_id == animal && !gives_way) return true;
    }
    return false;
  };
  const auto job = project.LatestPredictJob(request.video_id);
  if (!request.use_predictions || !job) return advice;
  advice.predicted = [&project, video = request.video_id, job = *job](int frame) {
    std::vector<OutlinedAnimal> animals;
    for (const auto& row : project.PredictionsAt(job, video, frame)) {
      if (row.HasShape()) animals.push_back({row.category_id, row.Rings()});
    }
    return animals;
  };
  return advice;
}

}  // namespace

CarriedLabels CarryLabels(const datasets::Project& project, const CarryRequest& request,
                          datasets::Job& job) {
  const datasets::VideoRow video = project.VideoById(request.video_id);
  const std::vector<OutlinedAnimal> seeds = SeedsOf(project, request);
  const CarryAdvice advice = AdviceOf(project, request);
  const cv::Mat background = project.BackgroundOf(video).bgr;
  datasets::FrameCache pictures(project.VideoPath(video), project.IndexOf(video), kCacheBytes);
  CarriedLabels carried;
  std::map<int, std::vector<OutlinedAnimal>> labels;
  for (const int direction : {1, -1}) {
    if (!(direction > 0 ? request.forward : request.backward)) continue;
    CarryOptions options = request.options;
    options.direction = direction;
    Carried way = CarryOn([&](int frame) { return pictures.Get(frame); }, video.frame_count,
                          request.frame, seeds, background, options, advice, job);
    for (auto& [frame, outlines] : way.labels) labels[frame] = std::move(outlines);
    carried.ends.insert(carried.ends.end(), way.ends.begin(), way.ends.end());
  }
  std::vector<Id> give_way;
  for (const auto& [frame, outlines] : labels) {
    carried.labels += static_cast<int>(outlines.size());
    for (const AnnotationRow& row : project.AnnotationsAt(request.video_id, frame)) {
      const auto same = [&](const OutlinedAnimal& one) { return one.animal == row.category_id; };
      if (std::any_of(outlines.begin(), outlines.end(), same)) {
        give_way.push_back(row.id);
      }
    }
  }
  carried.frames = static_cast<int>(labels.size());
  carried.replaced = static_cast<int>(give_way.size());
  carried.edit = {"Carry outlines on", Place{request.video_id, request.frame},
                  [labels = std::move(labels), give_way = std::move(give_way),
                   video_id = request.video_id](Recorder& recorder) {
                    for (const Id id : give_way) DeleteAnnotation(id).change(recorder);
                    for (const auto& [frame, outlines] : labels) {
                      for (const OutlinedAnimal& one : outlines) {
                        AnnotationRow row;
                        row.category_id = one.animal;
                        row.polygons = one.outline;
                        row.source = datasets::LabelSource::kInterpolated;
                        row.keyframe = false;
                        AddAnnotation(video_id, frame, row).change(recorder);
                      }
                    }
                  }};
  return carried;
}

std::string Describe(const datasets::Project& project, const CarryRequest& request,
                     const CarriedLabels& carried) {
  std::string text;
  for (size_t i = 0; i < carried.ends.size(); ++i) {
    const CarryEnd& end = carried.ends[i];
    const bool back = end.frame < request.frame;
    const int frames = std::abs(end.frame - request.frame) - 1;
    text += (text.empty() ? "" : ", ") + AnimalName(project, end.animal) + " " +
            std::to_string(frames) + (frames == 1 ? " frame " : " frames ") +
            (back ? "back" : "on");
    if (!end.reason.empty()) {
      text += " (frame " + std::to_string(end.frame) + ": " + end.reason + ")";
    }
  }
  return text;
}

}  // namespace annotate
