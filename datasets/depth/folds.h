// Cross-validation of places in space.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/depth/methods.h"

namespace datasets {

enum class FoldKind {
  kBlocks,  // contiguous in time: frames of a stretch that nobody labeled
  kRandom   // frames between labeled ones
};
// Indices of the samples held out in each fold; samples stand in the order of their frames.
std::vector<std::vector<size_t>> FoldsOf(size_t samples, int folds, FoldKind kind, uint64_t seed);

struct PlaceError {  // in the unit of the positions
  double mean = 0;   // of the distances from the true places
  double rms = 0;
  cv::Vec3d axis_rms;  // x, y, z
  int samples = 0;
};
// Held-out places of all samples; and their errors.
std::vector<cv::Vec3d> HeldOutPlaces(const PlaceFit& fit, const std::vector<SpaceSample>& samples,
                                     const std::vector<std::vector<size_t>>& folds);
PlaceError ErrorOf(const std::vector<cv::Vec3d>& places, const std::vector<SpaceSample>& samples);
// Everything is decided anew within each fold's training part.
PlaceError CrossValidate(const PlaceMethod& method, const std::vector<SpaceSample>& samples,
                         int folds, FoldKind kind, uint64_t seed);

}  // namespace datasets
