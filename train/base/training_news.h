// What a training tells while it runs and at its end.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/shape/polygon.h"

namespace train {

struct TrainProgress {  // for live curves
  int step = 0, steps = 0;
  double loss = 0;       // moving average
  double step_loss = 0;  // of this step alone
  double seconds = 0;
  nlohmann::json validation;  // null, or figures of the best validation so far
  nlohmann::json judged;      // null, or figures of the validation that this step ended with
  std::string warning;        // about the training as a whole; it goes on
};

// What the network answers for one labeled frame while it learns, small enough for a panel.
struct TrainSample {
  struct Outline {
    std::string name;          // of TrainingData::classes; "" when not named
    double score = 0;          // 0..1; 1 for labels
    datasets::Polygons rings;  // pixels of the frame
  };
  int step = 0;
  int frame = 0;           // into TrainingData::frames
  bool held_back = false;  // never learned from
  cv::Mat picture;         // the whole frame, BGR CV_8UC3, at most 480 pixels long
  cv::Size image;          // the frame's own size
  std::vector<Outline> predicted, labeled;
  double mean_iou = -1;  // over labeled animals, 0 for a missed one; -1: there are none
};

struct TrainResult {
  int steps = 0;
  double seconds = 0;
  int best_step = 0;
  nlohmann::json validation;  // figures on held-back labels at the best step
};

using OnProgress = std::function<void(const TrainProgress&)>;
using OnSample = std::function<void(const TrainSample&)>;

}  // namespace train
