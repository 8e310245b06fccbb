// Which pixels around an animal belong to animals, by color and by difference to the empty scene
// alone. Learned from the labels in about a second; owes nothing to any network, so it can judge
// what a network drew. No torch type here.
#pragma once

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <vector>

#include "datasets/base/job.h"
#include "train/base/training_data.h"
#include "train/picture/surroundings.h"

namespace train {

// Logistic regression on the n features of LookAround, standardized and kept within four
// deviations, and on their products.
struct PictureModel {
  cv::Mat means, deviations;  // CV_32FC1 [n, 1]; empty: nothing was learned
  cv::Mat squares;            // CV_32FC1 [n, n], upper triangle
  cv::Mat slopes;             // CV_32FC1 [n, 1]
  float bias = 0;
  double scale = 1;              // at which the pictures were looked at, see LookAround
  double overlap = 0;            // IoU with labels of frames that took no part in learning it, 0..1
  bool uses_background = false;  // there was an empty scene to take distances to

  bool empty() const { return squares.empty(); }
  // CV_32FC1 [size]: the logarithm of the odds that an animal is there.
  cv::Mat LogOdds(const Surroundings& around) const;
  // CV_8UC1 [size]: 255 where an animal is more likely than not.
  cv::Mat AnimalPixels(const Surroundings& around) const;
};

// From up to 30 labeled frames, evenly spread, of the videos with an empty scene (of all, where
// none has one); empty when fewer than 4 have animals. By Newton's method on the penalized
// likelihood (ridge), on a random but reproducible sample of pixels.
PictureModel LearnPictureModel(const TrainingData& data, datasets::Job& job);

nlohmann::json ToJson(const PictureModel& model);
// Empty for null and for anything that does not fit: a queue without it is better than none.
PictureModel PictureModelFrom(const nlohmann::json& json);

}  // namespace train
