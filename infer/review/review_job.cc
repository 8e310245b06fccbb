#include "infer/review/review_job.h"

#include <algorithm>
#include <string>
#include <vector>

#include "datasets/store/review/review_reasons.h"
#include "datasets/store/writer.h"
#include "infer/behavior/predicted_bouts.h"
#include "infer/points/points_in_time.h"
#include "infer/review/review_data.h"
#include "infer/review/review_examples.h"
#include "infer/review/review_queue.h"

namespace infer {
namespace {

constexpr int kRowsAWrite = 5000;

struct Judgment {
  ConfidenceModel model;
  double missing = 0;
};

Judgment JudgmentOf(const ReviewData& data, const ReviewExamples& examples) {
  Judgment judgment;
  judgment.model = FitModel(examples.animals, PriorModel(data.picture_overlap > 0));
  constexpr double kPriorFrames = 4;
  const double prior = std::clamp(ShareOfFullFrames(data), 0.05, 0.9);
  judgment.missing =
      (examples.truly_missing + prior * kPriorFrames) / (examples.short_frames + kPriorFrames);
  return judgment;
}

void WriteConfidences(datasets::Project& project, const ReviewData& data,
                      const ConfidenceModel& model, datasets::Job& job) {
  for (size_t begin = 0; begin < data.animals.size(); begin += kRowsAWrite) {
    const size_t end = std::min(data.animals.size(), begin + kRowsAWrite);
    job.Advance(static_cast<double>(begin), static_cast<double>(data.animals.size()),
                "scoring confidence");
    project.Write([&](datasets::Writer& writer) {
      for (size_t a = begin; a < end; ++a) {
        writer.SetConfidence(data.animals[a].prediction, 1 - model.Wrong(data.animals[a].signs));
      }
    });
  }
}

int WriteQueue(datasets::Project& project, datasets::Id job_id, const ReviewData& data,
               const Judgment& judgment, int audit_frames) {
  QueueOptions options;
  options.audit_frames = audit_frames;
  options.seed = static_cast<uint64_t>(job_id);
  std::vector<datasets::ReviewItemRow> items =
      MakeEpisodes(data, judgment.model, judgment.missing, options);
  // What was decided stays as it was and is not asked again.
  std::vector<datasets::ReviewItemRow> decided = project.ReviewItems(job_id);
  std::vector<datasets::ReviewItemRow> of_points = decided;  // which come from elsewhere
  of_points.erase(std::remove_if(of_points.begin(), of_points.end(),
                                 [](const auto& item) {
                                   return !ConcernsPoints(item) || !item.verdict.empty();
                                 }),
                  of_points.end());
  decided.erase(
      std::remove_if(decided.begin(), decided.end(),
                     [](const auto& item) { return item.verdict.empty() || item.behavior_id; }),
      decided.end());
  const auto is_decided = [&](const datasets::ReviewItemRow& item) {
    return std::any_of(decided.begin(), decided.end(), [&](const auto& done) {
      if (ConcernsPoints(done)) return false;
      // A random frame is asked for unless the decision makes it known; what was skipped or is
      // said to be mended stays in what the random frames speak for.
      const bool random = item.reason_code == datasets::kAuditReason.code;
      const bool known = done.reason_code == datasets::kAuditReason.code ||
                         done.verdict == "accepted" || done.verdict == "rejected";
      if (random && !known) return false;
      const int common =
          std::min(item.end_frame, done.end_frame) - std::max(item.start_frame, done.start_frame);
      return 2 * common > item.end_frame - item.start_frame;
    });
  };
  items.erase(std::remove_if(items.begin(), items.end(), is_decided), items.end());
  items.insert(items.end(), decided.begin(), decided.end());
  items.insert(items.end(), of_points.begin(), of_points.end());
  for (datasets::ReviewItemRow& item : items) item.video_id = data.video_id;
  project.Write([&](datasets::Writer& writer) { writer.ReplaceReviewItems(job_id, items); });
  return static_cast<int>(items.size());
}

}  // namespace

int RebuildReviewQueue(datasets::Project& project, datasets::Id job_id, datasets::Job& job,
                       int audit_frames) {
  if (HasBehaviorScores(project, job_id)) {
    return FinishBehaviors(project, job_id, BoutOptionsOf(project, job_id), job).episodes;
  }
  auto data = LoadReviewData(project, job_id);
  if (!data) return 0;
  job.Advance(0, 0, "reading what was checked");
  const ReviewExamples examples = CollectExamples(project, job_id, *data);
  const Judgment judgment = JudgmentOf(*data, examples);
  WriteConfidences(project, *data, judgment.model, job);
  return WriteQueue(project, job_id, *data, judgment, audit_frames);
}

Calibration CalibrationOf(const datasets::Project& project, datasets::Id job_id) {
  Calibration calibration;
  calibration.basis = "prior";
  if (HasBehaviorScores(project, job_id)) {
    const BehaviorSummary summary = BehaviorSummaryOf(project, job_id);
    calibration.expected_calibration_error = summary.expected_calibration_error;
    calibration.frames = summary.checked_bouts;
    calibration.counts_bouts = true;
    if (summary.checked_bouts > 0) calibration.basis = "held-out labels and reviews of bouts";
    return calibration;
  }
  auto data = LoadReviewData(project, job_id);
  if (!data) return calibration;
  const ReviewExamples examples = CollectExamples(project, job_id, *data);
  std::vector<Example> used = examples.animals;
  calibration.frames = examples.frames;
  calibration.basis = examples.decisions == 0 ? "labels" : "labels and reviews";
  std::vector<double> probabilities = CrossValidated(used, PriorModel(data->picture_overlap > 0));
  constexpr int kEnoughAudit = 30;
  if (examples.audit_frames >= kEnoughAudit) {  // drawn at random: the only unbiased ones
    std::vector<Example> audited;
    std::vector<double> said;
    for (size_t i = 0; i < used.size(); ++i) {
      if (!examples.from_audit[i]) continue;
      audited.push_back(used[i]);
      said.push_back(probabilities[i]);
    }
    used = audited;
    probabilities = said;
    calibration.frames = examples.audit_frames;
    calibration.basis = "audit";
  }
  constexpr int kEnoughFrames = 10;
  if (calibration.frames < kEnoughFrames) {
    calibration.basis = "prior";
    return calibration;
  }
  calibration.expected_calibration_error = ExpectedCalibrationError(probabilities, used);
  return calibration;
}

}  // namespace infer
