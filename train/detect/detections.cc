#include "train/detect/detections.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace train {
namespace {

constexpr double kSameMask = 0.5, kInside = 0.8, kSameBox = 0.7;
constexpr double kLeastProbability = 1e-4;

bool SameAnimal(const Detection& a, const Detection& b) {
  const cv::Rect shared = a.region & b.region;
  if (shared.empty()) return false;
  if (a.mask.empty() || b.mask.empty()) {
    const double common = shared.area();
    return common > kSameBox * (a.region.area() + b.region.area() - common);
  }
  cv::Mat both;
  cv::bitwise_and(a.mask(shared - a.region.tl()), b.mask(shared - b.region.tl()), both);
  const double common = cv::countNonZero(both);
  const double first = cv::countNonZero(a.mask), second = cv::countNonZero(b.mask);
  return common > kSameMask * (first + second - common) ||
         common > kInside * std::min(first, second);
}

cv::Rect Rounded(const float (&box)[4]) {
  const int x = cvRound(box[0]), y = cvRound(box[1]);
  return {x, y, std::max(1, cvRound(box[2]) - x), std::max(1, cvRound(box[3]) - y)};
}

}  // namespace

torch::Tensor ImageTensor(const cv::Mat& bgr) {
  const cv::Mat whole = bgr.isContinuous() ? bgr : bgr.clone();
  const torch::Tensor bytes =
      torch::from_blob(whole.data, {whole.rows, whole.cols, 3}, torch::kUInt8);
  return bytes.permute({2, 0, 1}).flip(0).to(torch::kFloat32).div_(255);
}

std::vector<Detection> AnimalsOf(const std::vector<Found>& found,
                                 const DetectDescription& description) {
  const size_t classes = description.info.classes.size();
  std::vector<size_t> order(found.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return found[a].score > found[b].score; });
  std::vector<Detection> animals;
  for (size_t i : order) {
    const Found& one = found[i];
    Detection animal;
    animal.region = one.mask.empty() ? Rounded(one.box) : one.region;
    animal.mask = one.mask;
    if (!one.mask.empty() && cv::countNonZero(one.mask) == 0) continue;
    const double sum = std::accumulate(one.class_scores.begin(), one.class_scores.end(), 0.0);
    animal.score = static_cast<float>(std::clamp(std::max<double>(sum, one.score), 0.0, 1.0));
    if (!(animal.score >= description.least_score)) continue;
    if (std::any_of(animals.begin(), animals.end(),
                    [&](const Detection& better) { return SameAnimal(better, animal); })) {
      continue;
    }
    std::vector<double> evidence(classes, 0);
    double total = 0;
    for (size_t k = 0; k < classes; ++k) {
      const double probability = k < one.class_scores.size() && sum > 0
                                     ? one.class_scores[k] / sum
                                     : (static_cast<int>(k) + 1 == one.label ? 1.0 : 0.0);
      evidence[k] = std::log(std::max(probability, kLeastProbability)) / description.temperature;
      total += std::exp(evidence[k]);
    }
    for (double value : evidence) {
      animal.pixel_log_prob.push_back(static_cast<float>(value - std::log(total)));
    }
    animal.mask_certainty = one.mask.empty() ? animal.score : one.certainty;
    animals.push_back(std::move(animal));
  }
  return animals;
}

}  // namespace train
