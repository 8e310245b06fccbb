// What a training learns from, independent of the store.
#pragma once

#include <functional>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/shape/mask.h"

namespace train {

struct LabeledObject {
  int class_index = 0;  // into TrainingData::classes
  datasets::Rle mask;   // full image
  bool ignore = false;  // crowd: neither animal nor background
};

struct LabeledFrame {
  int video = 0;        // into TrainingData::backgrounds; frames of one video share a background
  int frame_index = 0;  // for splitting by time
  std::vector<LabeledObject> objects;  // empty: a frame explicitly without animals
  double weight = 1;                   // corrections of a reviewer weigh more
  bool filled_in = false;  // no person has drawn or seen it: it teaches, and judges nothing
};

// What a training needs, independent of the store. Pictures are fetched when needed and may be
// cached by the trainer within its memory bound.
struct TrainingData {
  std::vector<std::string> classes;  // animal names
  std::vector<LabeledFrame> frames;  // only frames that may be learned from
  std::vector<cv::Mat> backgrounds;  // per video, CV_8UC3, or empty (moving camera)
  std::function<cv::Mat(int frame)>
      picture;  // BGR CV_8UC3 of frames[frame]; called from one thread
};

}  // namespace train
