#include "infer/review_examples.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "datasets/shape/mask.h"

namespace infer {
namespace {

constexpr double kLearnedWeight = 0.15;  // of a labelled frame that may have been learned from

// Frames of this video that the job's model has learned from; nothing when its record does not say.
std::optional<std::set<int>> LearnedFrames(const datasets::Project& project, datasets::Id job_id,
                                           datasets::Id video_id) {
  std::optional<datasets::Id> model_id;
  for (const auto& job : project.Jobs()) {
    if (job.id == job_id) model_id = job.model_id;
  }
  for (const auto& model : project.Models()) {
    if (!model_id || model.id != *model_id) continue;
    const auto config = nlohmann::json::parse(model.config_json, nullptr, false);
    if (!config.is_object() || !config.contains("videos")) return std::nullopt;
    const auto labels = config.value("/record/labels"_json_pointer, nlohmann::json::object());
    if (!labels.contains("learned_frames")) return std::nullopt;
    std::set<int> learned;
    for (size_t v = 0; v < config["videos"].size(); ++v) {
      if (config["videos"][v] != video_id) continue;
      for (const auto& frame : labels["learned_frames"].at(v)) learned.insert(frame.get<int>());
    }
    return learned;
  }
  return std::nullopt;
}

datasets::Rle MaskOf(const datasets::AnnotationRow& label, const datasets::ImageRow& image) {
  if (label.rle) return *label.rle;
  return datasets::RlePolygons(label.polygons, image.height, image.width);
}

struct Span {
  size_t begin = 0, end = 0;
};

Span RowsAt(const ReviewData& data, int frame) {
  const auto less = [](const ReviewAnimal& animal, int f) { return animal.frame < f; };
  const auto begin = std::lower_bound(data.animals.begin(), data.animals.end(), frame, less);
  const auto end = std::lower_bound(begin, data.animals.end(), frame + 1, less);
  return {static_cast<size_t>(begin - data.animals.begin()),
          static_cast<size_t>(end - data.animals.begin())};
}

}  // namespace

ReviewExamples CollectExamples(const datasets::Project& project, datasets::Id job_id,
                               const ReviewData& data) {
  ReviewExamples examples;
  const auto learned = LearnedFrames(project, job_id, data.video_id);
  std::set<int> labelled;
  const int animals = std::accumulate(data.max_instances.begin(), data.max_instances.end(), 0);
  project.ForEachAnnotation(data.video_id, [&](const datasets::ImageRow& image,
                                               const std::vector<datasets::AnnotationRow>& labels) {
    if (!image.frame_index || *image.frame_index < data.start_frame ||
        *image.frame_index >= data.end_frame || labels.empty()) {
      return;
    }
    const int frame = *image.frame_index;
    const bool held_back =
        learned ? !learned->count(frame) : image.split == "val" || image.split == "test";
    const double weight = held_back ? 1 : kLearnedWeight;
    const auto predictions =
        project.PredictionsAt(job_id, data.video_id, frame, datasets::PredictionView::kAsWritten);
    const Span rows = RowsAt(data, frame);
    for (size_t r = rows.begin; r < rows.end; ++r) {
      const auto prediction = std::find_if(
          predictions.begin(), predictions.end(),
          [&](const auto& candidate) { return candidate.id == data.animals[r].prediction; });
      if (prediction == predictions.end()) continue;
      double best = 0;
      bool crowd = false;
      for (const datasets::AnnotationRow& label : labels) {
        crowd = crowd || label.iscrowd;
        if (label.iscrowd || label.category_id != prediction->category_id) continue;
        best = std::max(best, datasets::RleIou(prediction->rle, MaskOf(label, image)));
      }
      if (crowd) continue;
      examples.animals.push_back({data.animals[r].signs, best < 0.5, weight, frame});
      examples.from_audit.push_back(false);
    }
    const int here = static_cast<int>(rows.end - rows.begin);
    if (here < animals) {
      examples.short_frames += weight;
      if (here < static_cast<int>(labels.size())) examples.truly_missing += weight;
    }
    labelled.insert(frame);
    examples.frames += held_back;
  });
  const ConfidenceModel prior = PriorModel();
  for (const datasets::ReviewDecisionRow& decision : project.ReviewDecisions(job_id)) {
    if (decision.verdict == "skipped" || decision.video_id != data.video_id) continue;
    ++examples.decisions;
    const bool wrong = decision.verdict != "accepted";
    const bool audit = decision.reason_code == "audit";
    const int frames = decision.end_frame - decision.start_frame;
    const double weight = std::min(1.0, 10.0 / std::max(1, frames));
    for (int frame = decision.start_frame; frame < decision.end_frame; ++frame) {
      if (labelled.count(frame)) continue;  // the label says it better
      const Span rows = RowsAt(data, frame);
      size_t worst = rows.begin;
      for (size_t r = rows.begin; r < rows.end; ++r) {
        if (prior.Wrong(data.animals[r].signs) > prior.Wrong(data.animals[worst].signs)) worst = r;
      }
      for (size_t r = rows.begin; r < rows.end; ++r) {
        if (wrong && r != worst) continue;
        examples.animals.push_back({data.animals[r].signs, wrong, weight, frame});
        examples.from_audit.push_back(audit);
      }
      ++examples.frames;
      examples.audit_frames += audit;
    }
  }
  return examples;
}

}  // namespace infer
