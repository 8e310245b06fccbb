// Runs the two idseg networks on pictures. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/base/device.h"
#include "train/idseg/decode.h"
#include "train/idseg/input.h"
#include "train/nets/idseg.h"

namespace train {

// The maps of one picture at network scale. `background` at the same scale, or empty. Large
// pictures are looked at in tiles.
SegMaps SegmentScaled(IdsegNet& net, const torch::Device& device, const cv::Mat& scaled,
                      double median_grey, const cv::Mat& background, double background_grey,
                      const cv::Size& image, const SegInput& input);

// Scores [patches][K] of the crop classifier before any temperature, averaged over TestViews().
std::vector<std::vector<float>> ScorePatches(CropNet& net, const torch::Device& device,
                                             const std::vector<AnimalPatch>& patches,
                                             const CropInput& input);

}  // namespace train
