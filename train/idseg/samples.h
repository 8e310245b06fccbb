// Random crops of labeled frames for the segmentation network. No torch type here.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/base/random.h"
#include "train/idseg/learning_set.h"

namespace train {

struct SegSampling {
  int side = 160;               // network pixels of a square crop
  double no_background = 0.25;  // share of crops that must do without the background
  double ghosts = 0.4;          // share of the others whose background holds animals
  double pasted = 0.5;          // share that gets another animal pasted into contact
  double pasted_twice = 0.4;    // share of those that get a third one
  double pasted_deep = 0.5;     // share of the pasted that cover more of each other, to pasted_most
  double pasted_most = 0.45;    // of the smaller animal
  double anywhere = 0.2;        // share around a random place instead of around an animal
};

// One crop: what the network sees and what it must answer, side x side.
struct SegSample {
  cv::Mat bgr;         // CV_8UC3
  cv::Mat background;  // CV_8UC3, empty when it must do without
  double gain = 1, background_gain = 1;
  cv::Mat animal;  // CV_8UC1: share of the pixel covered by animals, 0..255
  cv::Mat core;    // CV_8UC1: 0..255
  cv::Mat label;   // CV_8UC1: class + 1 of the animal that covers most, 0 for none
  // CV_32FC2, network pixels: from each pixel to the center of gravity of what is seen of the
  // animal that covers it most; 0 elsewhere.
  cv::Mat to_center;
  cv::Mat counted;  // CV_8UC1: 255 where an answer is asked for
  double weight = 1;
};

class SegSampler {
 public:
  // `frames`: indices into set.frames that may be learned from; at least one.
  SegSampler(const LearningSet& set, std::vector<int> frames, const SegInput& input,
             const SegSampling& sampling);
  // The crop depends on `random` alone. `slot` is its place in the batch: slot 0 shows touching
  // animals where the labels hold any, the others go round the classes.
  SegSample Draw(datasets::Random& random, int slot) const;

 private:
  struct Canvas;
  Canvas Compose(const ScaledFrame& frame) const;
  void Paste(Canvas& canvas, const ScaledObject& host, datasets::Random& random) const;
  cv::Mat Behind(const Canvas& canvas, const ScaledFrame& frame, datasets::Random& random) const;

  const LearningSet& set_;
  std::vector<int> frames_, touching_;
  std::vector<std::vector<std::pair<int, int>>> of_class_;  // per class: frame, object
  SegInput input_;
  SegSampling sampling_;
};

}  // namespace train
