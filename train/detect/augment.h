// Labeled pictures for detectors: read once, kept at the size that is learned from, changed at
// random for each step. No torch type here.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/base/random.h"
#include "train/base/training_data.h"

namespace train {

// How much a sample may differ from its picture. No change of hue by default: it erases who is who.
struct DetectAugment {
  bool flip_horizontal = true, flip_vertical = true;
  bool quarter_turns = true;  // seen from above there is no up; only where the picture is square
  double zoom_low = 0.85, zoom_high = 1.2;  // of the content; the picture keeps its size
  double brightness = 0.1;                  // factor 1 +- this
  double hue = 0;                           // of the color circle, +- this (darknet: 0.1)
  double saturation = 1;        // factor up to this, or down to its inverse (darknet: 1.5)
  double exposure = 1;          // the same for the value (darknet: 1.5)
  double jitter = 0;            // each edge moves by up to this share of the side (darknet: 0.3)
  double least_visible = 0.25;  // share of an animal that must remain inside
};

struct LabeledRegion {
  int class_index = 0;
  bool ignore = false;
  cv::Rect region;
  cv::Mat mask;  // CV_8UC1 [region], 0 or 255
};

struct LabeledPicture {
  int source = 0;  // into TrainingData::frames
  cv::Mat bgr;     // CV_8UC3; empty when packed
  std::vector<uchar> packed;
  std::vector<LabeledRegion> objects;
  double weight = 1;
  cv::Mat Picture() const;
};

// Reads the pictures of `frames` once; those whose short side is longer than `most_short_side` are
// shrunk to it (0: never). Throws Error for a picture that cannot be read or labels of another
// size.
std::vector<LabeledPicture> LoadPictures(const TrainingData& data, const std::vector<int>& frames,
                                         int most_short_side, datasets::Job& job);

// A changed copy; objects of which too little is left are gone.
LabeledPicture Augmented(const LabeledPicture& picture, const DetectAugment& augment,
                         datasets::Random& random);

}  // namespace train
