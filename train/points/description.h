// What a points model file says about itself beside its weights. No torch type.
#pragma once

#include <map>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "train/base/predictor.h"

namespace train {

struct PointsInput {
  int pixels = 128;        // of the view around an animal
  int whole_pixels = 256;  // of the view of a whole picture
  int stride = 2;          // of a view, pixels a cell of the network's maps
  cv::Scalar mean_bgr{128, 128, 128};
  double deviation = 64;
};

struct PointsDescription {
  ModelInfo info;           // classes: the points' names
  std::vector<int> mirror;  // [K]
  PointsInput input;
  double mask_length = 0;   // usual extent of outlines, image pixels; 0: none was outlined
  double point_length = 0;  // of labeled points
  bool whole = false;       // it also learned to look at whole pictures
  // P(near) = sigmoid(slope * logit + shift) of the heat's peak (Platt 1999).
  double slope = 1, shift = 0;
};

// Pixels of a view in a cell of the maps of this network of points.
int PointsStride(const std::string& architecture);

std::map<std::string, std::string> ToMetadata(const PointsDescription& description);
// Throws Error naming the file for anything that cannot be used.
PointsDescription PointsFromMetadata(const std::map<std::string, std::string>& metadata,
                                     const std::string& model_file);

}  // namespace train
