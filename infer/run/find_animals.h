// The first half of a prediction: what network and picture say of single frames, before time is
// looked at. Runs of frames do not depend on each other, so that here the work may be divided.
#pragma once

#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "infer/names/identity_vote.h"
#include "infer/parts/found_frames.h"
#include "train/base/predictor.h"
#include "train/picture/picture_model.h"

namespace infer {

// The judge of outlines that the model was trained with, and whether it can judge this video.
train::PictureModel PictureModelOf(const train::ModelInfo& info);

struct FinderInput {
  train::Predictor* predictor = nullptr;
  const IdentityVote* identity = nullptr;  // a second opinion on names, or none
  // BGR, CV_8UC3 of `size`; called from one thread, with frames in increasing order. The picture
  // belongs to the finder from then on.
  std::function<cv::Mat(int frame)> picture;
  cv::Mat background;                  // as Predictor::Predict takes it
  int start_frame = 0, end_frame = 0;  // [start, end)
  cv::Size size;
  int threads = 0;  // for networks; 0: all cores
};

// Threads of its own decode and predict. Where the predictor has twins, up to four predict, each a
// run of frames, with the same result as one alone. Queues are bounded. The first exception of any
// thread ends all of them and is thrown by Next.
class AnimalFinder {
 public:
  explicit AnimalFinder(const FinderInput& input);  // starts; keeps a copy of `input`
  ~AnimalFinder();                                  // stops, however far it is
  // The next run, in order; nothing after the last one, and after Stop.
  std::optional<FoundFrames> Next();
  void Stop();  // from any thread; wakes up who waits for Next

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace infer
