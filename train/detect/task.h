// What a detector learns from, for the trainer. Internal to train/ (torch types).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datasets/metrics/eval_object.h"
#include "train/detect/augment.h"
#include "train/detect/description.h"
#include "train/detect/detector.h"
#include "train/learn/evaluate.h"
#include "train/learn/together.h"
#include "train/learn/trainer.h"

namespace train {

DetectSample SampleOf(const LabeledPicture& picture);

// With other processes each has its share of every batch, and the loss, the choices within it and
// the norms are those of one process with the whole batch.
class DetectTask : public LearningTask {
 public:
  // `held` are indices into data.frames; at most kMostHeld of them, spread evenly, are judged.
  DetectTask(Detector& detector, const TrainingData& data, std::vector<LabeledPicture> pictures,
             std::vector<int> held, const DetectDescription& description,
             const DetectAugment& augment, const BatchShare& share, uint64_t seed);
  torch::nn::Module& module() override { return detector_.module(); }
  torch::Tensor Loss(int64_t step) override;
  void AtShare(double done_share) override { detector_.AtShare(done_share); }
  std::optional<Validation> Validate() override;
  // The animals of a picture (BGR CV_8UC3), with the module as it is now.
  std::vector<Detection> Detect(const cv::Mat& picture);
  // For the class evidence on held-back frames, with the module as it is now.
  double FitClassTemperature();
  // Of the last step, by name.
  const std::map<std::string, double>& last_losses() const { return last_losses_; }

 private:
  // Also collects the raw detections and labels as boxes, where asked for.
  struct Boxes {
    std::vector<datasets::EvalObject> truth, predicted;
  };
  Evaluation Evaluate(Boxes* boxes = nullptr);
  const LabeledPicture& Draw(uint64_t index) const;

  Detector& detector_;
  const TrainingData& data_;
  std::vector<LabeledPicture> pictures_;
  std::vector<size_t> order_;  // pictures, those that weigh more several times
  std::vector<int> held_;
  DetectDescription description_;
  DetectAugment augment_;
  BatchShare share_;
  uint64_t seed_;
  std::map<std::string, double> last_losses_;
};

}  // namespace train
