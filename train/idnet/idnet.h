// Who a masked crop shows, from one frame and from a window of frames (IdNet of SIPEC): a second
// opinion beside the network that outlines animals. No torch type here.
#pragma once

#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "train/base/predictor.h"
#include "train/base/training_data.h"
#include "train/base/training_request.h"

namespace train {

inline constexpr char kIdnet[] = "idnet", kIdnetDense[] = "idnet-densenet121";

// A window is this many frames of one animal, so many frames apart (SIPEC: 7, every third).
inline constexpr int kIdentityWindow = 7, kIdentitySpacing = 3;

// Learns from the same labels as train::Train, which calls it for these architectures: first the
// single frame, then, with that network fixed, the window. Labels are sparse, so a learned window
// is an animal's labeled frames nearest in time, or one of them seen anew seven times.
TrainResult TrainIdnet(const TrainingData& data, const TrainingRequest& request);

// Safe to use from several threads at once.
class IdentityNamer {
 public:
  // Throws Error for a missing, truncated or foreign file.
  explicit IdentityNamer(const std::string& model_file, const PredictorOptions& options = {});
  ~IdentityNamer();
  const ModelInfo& info() const;

  using Features = std::vector<float>;
  // What the network sees in each masked crop of a frame (BGR CV_8UC3); masks as in Detection.
  std::vector<Features> FeaturesOf(const cv::Mat& frame, const std::vector<Detection>& masks);
  // Log-probabilities [n][K] (natural log, calibrated on held-back labels) from single frames,
  std::vector<std::vector<float>> NameFrames(const std::vector<Features>& frames);
  // and from windows of kIdentityWindow frames in order of time; null where one is missing (the
  // nearest one takes its place). A window of nothing but missing frames throws Error.
  using Window = std::vector<const Features*>;
  std::vector<std::vector<float>> NameWindows(const std::vector<Window>& windows);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace train
