#include "infer/live/movement.h"

#include <algorithm>
#include <numeric>

namespace infer {
namespace {

constexpr size_t kDisplacements = 10;

double Mean(const std::deque<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

const char* MovementName(Movement movement) {
  switch (movement) {
    case Movement::kStill:
      return "still";
    case Movement::kInPlace:
      return "moving in place";
    case Movement::kLocomotion:
      break;
  }
  return "locomotion";
}

std::optional<Movement> MovementClass::Add(const Blob& blob) {
  if (last_.area > 0) {
    const int frames = std::max(1, blob.frame - last_.frame);
    displacements_.push_back(cv::norm(blob.centroid - last_.centroid) / frames);
    changes_.push_back((1 - Iou(last_, {}, blob)) / frames);
    if (displacements_.size() > kDisplacements) {
      displacements_.pop_front();
      changes_.pop_front();
    }
  }
  last_ = blob;
  if (displacements_.size() < kDisplacements) return std::nullopt;
  if (Mean(displacements_) > thresholds_.locomotion) return Movement::kLocomotion;
  return Mean(changes_) > thresholds_.in_place ? Movement::kInPlace : Movement::kStill;
}

void MovementClass::Lose() {
  last_ = Blob();
  displacements_.clear();
  changes_.clear();
}

}  // namespace infer
