// What a network answers while it learns, as pictures to look at. No torch type here.
#pragma once

#include <functional>
#include <opencv2/core.hpp>
#include <vector>

#include "train/base/predictor.h"
#include "train/base/training_data.h"
#include "train/base/training_news.h"
#include "train/learn/split.h"

namespace train {

// Which frames are shown, and when: with the validations and every so often, as long as showing
// them stays within kSampleCostShare of the time. Held-back frames; where none are, learned ones.
class SampleTurns {
 public:
  SampleTurns(const TrainingData& data, const Split& split);
  // `seconds`: since the training began. The first validation and the end of a phase are always
  // shown.
  bool Due(double seconds, bool validated, bool finished) const;
  // Indices into TrainingData::frames, one or two: the one with the most animals stays, so that its
  // pictures can be compared; beside it the others take turns.
  std::vector<int> Next();
  // Showing took `cost_seconds` and ended at `seconds`; `validated` as in Due.
  void Shown(double seconds, double cost_seconds, bool validated);
  bool held_back() const { return held_back_; }

 private:
  std::vector<int> frames_;  // the first one stays
  bool held_back_ = false;
  size_t turn_ = 0;
  bool validation_shown_ = false;
  double shown_at_ = -1, cost_ = 0;
};

// `picture` shows the whole frame, `image` pixels large, at any scale; detections are in pixels of
// the frame. `names`: classes of the detections; where there are none their pixels' opinion counts.
TrainSample MakeSample(const TrainingData& data, int frame, const cv::Mat& picture,
                       const cv::Size& image, const std::vector<Detection>& found,
                       const std::vector<int>& names = {});

}  // namespace train
