// The labeled frames as the trainers use them: shrunk once, kept in memory within a bound.
// No torch type here.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/base/job.h"
#include "train/base/training_data.h"
#include "train/idseg/description.h"
#include "train/idseg/input.h"

namespace train {

// One animal of a labeled frame at network scale.
struct ScaledObject {
  int class_index = 0;
  bool ignore = false;
  cv::Rect region;   // network pixels, inside the frame, one pixel wider than the animal
  cv::Mat coverage;  // CV_8UC1: share of the pixel that the animal covers, 0..255
  cv::Mat core;      // CV_8UC1: 255 deep inside (beyond 0.45 of the greatest depth), else 0
};

struct ScaledFrame {
  int source = 0;  // into TrainingData::frames
  int video = 0;
  int frame_index = 0;
  double weight = 1;
  double median_grey = 0;
  bool touching = false;  // two animals within two network pixels of each other
  cv::Size image_size;
  std::vector<ScaledObject> objects;
  // CV_8UC3 at network scale; decoded from memory when the set is large.
  cv::Mat Picture() const;
  cv::Mat picture;
  std::vector<uchar> packed;
};

// One animal for the crop classifier.
struct NamedPatch {
  int class_index = 0;
  int source = 0;  // into TrainingData::frames
  AnimalPatch patch;
};

struct LearningSet {
  int classes = 0;
  std::vector<ScaledFrame> frames;       // one for each of TrainingData::frames, in order
  std::vector<cv::Mat> backgrounds;      // per video at network scale, or empty
  std::vector<double> background_greys;  // median grey of each
  std::vector<NamedPatch> patches;       // empty when there is only one class
};

// The figures that fix the networks' inputs: scale, crop size, levels, areas. Reads every label and
// up to 40 pictures. Throws Error when the labels cannot be learned from.
IdsegDescription DescribeLabels(const TrainingData& data, datasets::Job& job);

// Fetches every picture once, in order of video and frame.
LearningSet LoadLearningSet(const TrainingData& data, const IdsegDescription& description,
                            datasets::Job& job);

}  // namespace train
