// Key points of one animal at a time: learned from nothing on labeled points, found in the window
// around an animal's outline, or, where a picture shows one animal and nobody outlined it, around
// the place that a look at the whole picture says. No torch type here.
#pragma once

#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/shape/mask.h"
#include "train/base/predictor.h"
#include "train/base/training_request.h"

namespace train {

inline constexpr char kPoints[] = "points";
// SIPEC's (Marks et al. 2022) with its EfficientNet-B5, and with the least of that family.
inline constexpr char kPosenet[] = "posenet";
inline constexpr char kPosenetSmall[] = "posenet-b0";
bool FindsKeyPoints(const std::string& architecture);

// Image pixels; the center of the pixel at the top left is (0.5, 0.5).
struct LabeledPoint {
  enum class State { kMissing, kHidden, kVisible };  // missing: nobody said anything about it
  cv::Point2d at;
  State state = State::kMissing;
};

struct PointedAnimal {
  int frame = 0;                     // into PointData::frames
  datasets::Rle mask;                // of the whole picture; empty: nobody outlined it
  std::vector<LabeledPoint> points;  // [K]
};

struct PointedFrame {
  int video = 0;
  int frame_index = 0;
  bool filled_in = false;  // as in LabeledFrame
};

struct PointData {
  std::vector<std::string> names;  // [K]
  std::vector<int> mirror;         // [K] the point that a mirror image takes for it
  std::vector<PointedFrame> frames;
  std::vector<PointedAnimal> animals;
  std::function<cv::Mat(int frame)> picture;  // BGR CV_8UC3; called from one thread
};

// Of the network `request.options.model`. Throws Error when there is nothing to learn from.
TrainResult TrainPoints(const PointData& data, const TrainingRequest& request);

struct FoundPoint {
  cv::Point2d at;
  double confidence = 0;  // 0..1: probability that it lies where a person would set it
  double visible = 1;     // 0..1: probability that it is seen, not hidden
};

// Belongs to one thread at a time.
class PointFinder {
 public:
  // Throws Error for a missing, truncated or foreign file.
  explicit PointFinder(const std::string& model_file, const PredictorOptions& options = {});
  ~PointFinder();
  const ModelInfo& info() const;  // its classes are the points' names
  bool FindsWithoutOutline() const;

  // The points of every outlined animal, [masks][K]; masks as in Detection.
  std::vector<std::vector<FoundPoint>> Find(const cv::Mat& bgr,
                                            const std::vector<Detection>& masks);
  // Of the only animal in the picture. Throws Error unless FindsWithoutOutline().
  std::vector<FoundPoint> FindOne(const cv::Mat& bgr);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace train
