// Which pixels around an animal belong to animals, by color and by difference to the empty scene
// alone. Learned from the labels in about a second; owes nothing to any network, so it can judge
// what a network drew. No torch type here.
#pragma once

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <vector>

#include "datasets/base/job.h"
#include "train/train_job.h"

namespace train {

// The surroundings of one animal, reduced so that their longer side has at most 64 pixels.
struct Surroundings {
  cv::Size size;
  // CV_32FC1 [pixels, 12]: blue, green, red, and their distances to the empty scene, sharp and
  // blurred; 1 stands for 64 grey levels.
  cv::Mat features;
};

// `view` lies inside the picture. `background` has the picture's size, or is empty: no distances.
Surroundings LookAround(const cv::Mat& bgr, const cv::Mat& background, const cv::Rect& view);
// What is looked at around something of that box and area (pixels).
cv::Rect ViewAround(const cv::Rect& box, double area, const cv::Size& frame);
// Averages a mask (CV_8UC1, 0 or 255) that covers `region` of the picture over the reduced pixels
// of `view`: CV_8UC1 [size], shares 0..255.
cv::Mat ReducedMask(const cv::Mat& mask, const cv::Rect& region, const cv::Rect& view,
                    const cv::Size& size);

struct PictureModel {  // logistic regression on the features and their products
  cv::Mat squares;     // CV_32FC1 [12, 12]; empty: nothing was learned
  cv::Mat slopes;      // CV_32FC1 [12, 1]
  float bias = 0;
  double overlap = 0;            // IoU with labels of frames that took no part in learning it, 0..1
  bool uses_background = false;  // there was an empty scene to take distances to

  bool empty() const { return squares.empty(); }
  // CV_8UC1 [size]: 255 where an animal is more likely than not.
  cv::Mat AnimalPixels(const Surroundings& around) const;
};

// From up to 30 labelled frames, evenly spread, of the videos with an empty scene (of all, where
// none has one); empty when fewer than 4 have animals. By Newton's method on the penalized
// likelihood (ridge), on a random but reproducible sample of pixels.
PictureModel LearnPictureModel(const TrainingData& data, datasets::Job& job);

nlohmann::json ToJson(const PictureModel& model);
// Empty for null and for anything that does not fit: a queue without it is better than none.
PictureModel PictureModelFrom(const nlohmann::json& json);

}  // namespace train
