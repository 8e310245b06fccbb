// How well detections fit labels, for validation while training. No torch type here.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "train/base/predictor.h"
#include "train/base/training_data.h"

namespace train {

// Collects frames; detections and labels are matched one to one by mask IoU, best first, from 0.1.
class Evaluation {
 public:
  explicit Evaluation(int classes) : classes_(classes) {}
  void Add(const std::vector<Detection>& detections, const LabeledFrame& labels);

  double MeanIou() const;  // over labeled animals, 0 for the missed ones
  // Sum of IoU over labeled animals and false alarms.
  double Quality() const;
  double PixelIdentityAccuracy() const;  // of matched animals, by the pixels' own opinion
  // {frames, animals, mean_iou, recall50, precision50, pixel_identity_accuracy,
  //  pixel_pair_accuracy (frames with two named animals, when they must differ)}
  nlohmann::json Figures() const;
  // Pixel evidence of matched animals and their true classes.
  const std::vector<std::vector<float>>& evidence() const { return evidence_; }
  const std::vector<int>& true_classes() const { return true_classes_; }

 private:
  int classes_;
  int frames_ = 0, animals_ = 0, detections_ = 0, found50_ = 0, named_right_ = 0;
  int pairs_ = 0, pairs_right_ = 0;
  double iou_sum_ = 0;
  std::vector<std::vector<float>> evidence_;
  std::vector<int> true_classes_;
};

// Intersection over union of a detection's mask and a label; of their boxes where the detection has
// no mask.
double MaskIou(const Detection& detection, const datasets::Rle& label);

}  // namespace train
