#include "infer/review/review_examples.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "datasets/shape/mask.h"
#include "datasets/shape/same_place.h"
#include "datasets/store/review/review_reasons.h"
#include "infer/review/outline_overlap.h"
#include "infer/review/reasons.h"
#include "infer/review/sign.h"

namespace infer {
namespace {

constexpr double kLearnedWeight =
    0.15;  // least, of a labeled frame that may have been learned from

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

// What people decided about outlines of this video; of several decisions about one span and reason
// the newest, which is what they think now.
std::vector<datasets::ReviewDecisionRow> NewestDecisions(const datasets::Project& project,
                                                         datasets::Id job_id,
                                                         datasets::Id video_id) {
  std::vector<datasets::ReviewDecisionRow> decisions = project.ReviewDecisions(job_id);
  std::set<std::tuple<int, int, std::string>> known;
  std::vector<datasets::ReviewDecisionRow> newest;
  std::reverse(decisions.begin(), decisions.end());  // they come in the order of their ids
  for (datasets::ReviewDecisionRow& decision : decisions) {
    if (decision.verdict == "skipped" || decision.video_id != video_id) continue;
    if (!ConcernsOutlines(decision)) continue;
    if (known.emplace(decision.start_frame, decision.end_frame, decision.reason_code).second) {
      newest.push_back(std::move(decision));
    }
  }
  std::reverse(newest.begin(), newest.end());
  return newest;
}

// Of a frame with labels that nobody has said to be done: whether all animals of this name have
// one, so that what was predicted of them can be right or wrong.
bool HasAllOf(const ReviewData& data, const std::vector<datasets::AnnotationRow>& labels,
              int class_index) {
  const auto k = static_cast<size_t>(class_index);
  const auto found = std::count_if(labels.begin(), labels.end(), [&](const auto& label) {
    return label.category_id == data.categories[k] && !label.iscrowd;
  });
  return found >= std::max(1, data.max_instances[k]);
}

struct CheckedAnimal {     // a predicted animal in a labeled frame
  size_t row = 0;          // of ReviewData::animals
  double overlap = 0;      // IoU with the label of its name
  double any_overlap = 0;  // with the label that it overlaps most
  bool held_back = false;
};

// How much frames that were learned from count, 0..1: fully, when their outlines follow the picture
// no better than others do, so that there is no sign of a model that knows its labels by heart.
double WeightOfLearned(const ReviewData& data, const std::vector<CheckedAnimal>& checked) {
  constexpr size_t kEnough = 8;
  std::vector<std::vector<float>> of_class(data.classes.size());
  for (const ReviewAnimal& animal : data.animals) {
    if (animal.agreement < 0) continue;
    of_class[static_cast<size_t>(animal.class_index)].push_back(animal.agreement);
  }
  for (auto& values : of_class) std::sort(values.begin(), values.end());
  double rank = 0, count = 0;
  for (const CheckedAnimal& animal : checked) {
    const ReviewAnimal& row = data.animals[animal.row];
    if (animal.held_back || row.agreement < 0) continue;
    const auto& values = of_class[static_cast<size_t>(row.class_index)];
    const auto range = std::equal_range(values.begin(), values.end(), row.agreement);
    const auto place = (range.first - values.begin()) + (range.second - values.begin());
    rank += 0.5 * static_cast<double>(place) / static_cast<double>(values.size());
    count += 1;
  }
  if (count < kEnough) return kLearnedWeight;
  const double by_chance = 0.29 / std::sqrt(count);  // deviation of the mean of ranks
  const double better = std::max(0.0, rank / count - 0.5 - by_chance);
  return std::max(kLearnedWeight, 1 - 4 * better);
}

}  // namespace

ReviewExamples CollectExamples(const datasets::Project& project, datasets::Id job_id,
                               ReviewData& data) {
  ReviewExamples examples;
  const auto learned = LearnedFrames(project, job_id, data.video_id);
  std::set<int> labeled;
  std::vector<CheckedAnimal> checked;
  std::set<int> audited;  // random frames that were answered
  const auto decisions = NewestDecisions(project, job_id, data.video_id);
  for (const datasets::ReviewDecisionRow& decision : decisions) {
    if (decision.reason_code != datasets::kAuditReason.code) continue;
    for (int frame = decision.start_frame; frame < decision.end_frame; ++frame) {
      audited.insert(frame);
    }
  }
  double short_held = 0, short_learned = 0, missing_held = 0, missing_learned = 0;
  const int animals = std::accumulate(data.max_instances.begin(), data.max_instances.end(), 0);
  project.ForEachAnnotation(data.video_id, [&](const datasets::ImageRow& image,
                                               const std::vector<datasets::AnnotationRow>& labels) {
    if (!image.frame_index || *image.frame_index < data.start_frame ||
        *image.frame_index >= data.end_frame || AnyFilledIn(labels) ||
        (labels.empty() && image.state != datasets::ImageState::kEmpty)) {
      return;
    }
    const int frame = *image.frame_index;
    // What was accepted at random cannot have been learned from: it is of this very job.
    const bool accepted = audited.count(frame) > 0 && !labels.empty() &&
                          std::all_of(labels.begin(), labels.end(),
                                      [&](const auto& label) { return label.job_id == job_id; });
    const bool held_back = accepted || (learned ? !learned->count(frame) : image.IsHeldOut());
    const auto predictions =
        project.PredictionsAt(job_id, data.video_id, frame, datasets::PredictionView::kAsWritten);
    const Span rows = RowsAt(data, frame);
    // Whoever mends one outline of a frame has not said that there is no other animal.
    const bool complete = image.IsDecided() || HasEveryAnimal(data, labels);
    bool any = complete;
    for (size_t r = rows.begin; r < rows.end; ++r) {
      const bool unknown = data.UnknownOf(data.animals[r]) >= 0;
      if (!complete && !unknown && !HasAllOf(data, labels, data.animals[r].class_index)) continue;
      any = any || !unknown;
      const auto prediction = std::find_if(
          predictions.begin(), predictions.end(),
          [&](const auto& candidate) { return candidate.id == data.animals[r].prediction; });
      if (prediction == predictions.end()) continue;
      CheckedAnimal animal{r, 0, 0, held_back};
      bool crowd = false;
      for (const datasets::AnnotationRow& label : labels) {
        // Of an animal whose points alone are labeled, nobody said where its outline runs.
        const bool untold = label.iscrowd || !label.HasShape();
        crowd = crowd || untold;
        if (untold) continue;
        const double overlap = datasets::RleIou(prediction->Mask({image.width, image.height}),
                                                label.Mask({image.width, image.height}));
        animal.any_overlap = std::max(animal.any_overlap, overlap);
        if (label.category_id == prediction->category_id) {
          animal.overlap = std::max(animal.overlap, overlap);
        }
      }
      // It claims no name: whatever the label is called that is there, its outline is judged.
      if (unknown) animal.overlap = animal.any_overlap;
      if (!complete && unknown && animal.any_overlap < datasets::kSamePlace) continue;
      any = true;
      if (!crowd) checked.push_back(animal);
    }
    const int here = static_cast<int>(rows.end - rows.begin);
    if (complete && here < animals) {
      (held_back ? short_held : short_learned) += 1;
      const bool missing = here < static_cast<int>(labels.size());
      (held_back ? missing_held : missing_learned) += missing;
    }
    if (complete) labeled.insert(frame);
    if (!any) return;
    examples.frames += held_back;
    examples.audit_frames += audited.count(frame) > 0;
  });
  const double learned_weight = WeightOfLearned(data, checked);
  examples.short_frames = short_held + learned_weight * short_learned;
  examples.truly_missing = missing_held + learned_weight * missing_learned;
  if (data.picture_overlap > 0) {
    std::vector<OverlapExample> overlaps;
    for (const CheckedAnimal& animal : checked) {
      const ReviewAnimal& row = data.animals[animal.row];
      if (row.agreement < 0) continue;
      overlaps.push_back({row, animal.any_overlap, animal.held_back ? 1 : learned_weight});
    }
    JudgeByOverlap(OverlapModel(overlaps, data.classes.size(), data.picture_overlap), data);
  }
  for (const CheckedAnimal& animal : checked) {
    const ReviewAnimal& row = data.animals[animal.row];
    examples.animals.push_back({row.signs, animal.overlap < datasets::kSameOutline,
                                animal.held_back ? 1 : learned_weight, row.frame});
    examples.from_audit.push_back(audited.count(row.frame) > 0);
  }
  const ConfidenceModel prior = PriorModel(data.picture_overlap > 0);
  for (const datasets::ReviewDecisionRow& decision : decisions) {
    ++examples.decisions;
    const bool wrong = decision.verdict != "accepted";
    // That another animal is (or is not) there says nothing about the outlines of those found.
    const bool of_missing = decision.reason_code == InfoOf(Sign::kMissing).reason.code;
    const bool audit = decision.reason_code == datasets::kAuditReason.code;
    const int frames = decision.end_frame - decision.start_frame;
    const double weight = std::min(1.0, 10.0 / std::max(1, frames));
    for (int frame = decision.start_frame; frame < decision.end_frame; ++frame) {
      if (labeled.count(frame)) continue;  // the label says it better
      const Span rows = RowsAt(data, frame);
      if (of_missing) {
        if (static_cast<int>(rows.end - rows.begin) >= animals) continue;
        examples.short_frames += weight;
        examples.truly_missing += wrong ? weight : 0;
        continue;
      }
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
