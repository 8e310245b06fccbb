// Learning a behavior network from labeled frames, and scoring frames with it. No torch type here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "train/base/training_request.h"
#include "train/behavior/data.h"

namespace train {

// As train::TrainBehavior, which calls it: options.model is behavior-frame, behavior-seq or c3d.
// `minutes` bounds both halves of behavior-seq together. Throws Error when the labels cannot be
// learned from (CheckLearnable), or an option does not fit.
TrainResult LearnBehavior(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                          const BehaviorOptions& behavior, const TrainingRequest& request);

// Scores frames with a trained model. One object belongs to one thread at a time.
class BehaviorScorer {
 public:
  // Throws Error for a missing, truncated or foreign file.
  BehaviorScorer(const std::string& model_file, int threads = 0,
                 const std::string& device = "auto");
  ~BehaviorScorer();
  const BehaviorDescription& description() const;
  // Frames that the answer for a frame depends on, before and after it.
  int context_frames() const;

  // The next frame of a subject in order: its stored picture (CutPicture), or an empty one where
  // the subject is not seen. May be kept until Finish.
  void Add(const cv::Mat& stored);
  // Probabilities [frames added][BehaviorNames]; NaN where the subject was not seen. `motion`:
  // [frames added][kMotionFeatures] (ignored by models without motion), `points`: [frames added]
  // [2 * description().points.count()]. Ready for the next subject afterwards.
  std::vector<std::vector<float>> Finish(const std::vector<float>& motion,
                                         const std::vector<float>& points = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a model file says of itself; nothing when it is of another architecture. Throws Error for a
// missing or damaged file.
std::optional<BehaviorDescription> ReadBehaviorDescription(const std::string& model_file);

}  // namespace train
