#include "train/learn/evaluate.h"

#include <algorithm>
#include <tuple>

namespace train {

double MaskIou(const Detection& detection, const datasets::Rle& label) {
  if (detection.mask.empty()) {
    const datasets::Box box = datasets::RleBox(label);
    const cv::Rect2d own(detection.region), truth(box.x, box.y, box.width, box.height);
    const double shared = (own & truth).area();
    const double total = own.area() + truth.area() - shared;
    return total > 0 ? shared / total : 0;
  }
  cv::Mat own = datasets::DecodeMask(label, detection.region);
  cv::bitwise_and(own, detection.mask, own);
  const double shared = cv::countNonZero(own);
  const double total = cv::countNonZero(detection.mask) + datasets::RleArea(label) - shared;
  return total > 0 ? shared / total : 0;
}

void Evaluation::Add(const std::vector<Detection>& detections, const LabeledFrame& labels) {
  std::vector<std::tuple<double, int, int>> candidates;
  std::vector<bool> excused(detections.size(), false);
  for (size_t d = 0; d < detections.size(); ++d) {
    for (size_t o = 0; o < labels.objects.size(); ++o) {
      const double iou = MaskIou(detections[d], labels.objects[o].mask);
      if (labels.objects[o].ignore) {
        excused[d] = excused[d] || iou > 0;
      } else if (iou > 0.1) {
        candidates.emplace_back(-iou, static_cast<int>(d), static_cast<int>(o));
      }
    }
  }
  std::sort(candidates.begin(), candidates.end());
  std::vector<int> label_of(detections.size(), -1), detection_of(labels.objects.size(), -1);
  std::vector<std::pair<int, int>> matched;
  for (const auto& [negative, d, o] : candidates) {
    if (label_of[d] >= 0 || detection_of[o] >= 0) continue;
    label_of[d] = o;
    detection_of[o] = d;
    matched.emplace_back(d, o);
    iou_sum_ += -negative;
    found50_ += -negative >= 0.5;
    const std::vector<float>& opinion = detections[d].pixel_log_prob;
    const int truth = labels.objects[o].class_index;
    named_right_ += std::max_element(opinion.begin(), opinion.end()) - opinion.begin() == truth;
    evidence_.push_back(opinion);
    true_classes_.push_back(truth);
  }
  ++frames_;
  for (const LabeledObject& object : labels.objects) animals_ += !object.ignore;
  for (size_t d = 0; d < detections.size(); ++d) {
    detections_ += label_of[d] >= 0 || !excused[d];
  }
  if (matched.size() == 2) {
    const int a = labels.objects[matched[0].second].class_index;
    const int b = labels.objects[matched[1].second].class_index;
    const std::vector<float>& first = detections[matched[0].first].pixel_log_prob;
    const std::vector<float>& second = detections[matched[1].first].pixel_log_prob;
    if (a != b) {
      ++pairs_;
      pairs_right_ += first[a] + second[b] > first[b] + second[a];
    }
  }
}

double Evaluation::MeanIou() const { return animals_ ? iou_sum_ / animals_ : 0; }

double Evaluation::Quality() const {
  const int missed_or_false = std::max(0, detections_ - static_cast<int>(evidence_.size()));
  const int total = animals_ + missed_or_false;
  return total ? iou_sum_ / total : 1;
}

double Evaluation::PixelIdentityAccuracy() const {
  return evidence_.empty() ? 0 : static_cast<double>(named_right_) / evidence_.size();
}

nlohmann::json Evaluation::Figures() const {
  nlohmann::json figures = {
      {"frames", frames_},
      {"animals", animals_},
      {"mean_iou", MeanIou()},
      {"recall50", animals_ ? static_cast<double>(found50_) / animals_ : 0},
      {"precision50", detections_ ? static_cast<double>(found50_) / detections_ : 0}};
  if (classes_ > 1) figures["pixel_identity_accuracy"] = PixelIdentityAccuracy();
  if (pairs_ > 0) figures["pixel_pair_accuracy"] = static_cast<double>(pairs_right_) / pairs_;
  return figures;
}

}  // namespace train
