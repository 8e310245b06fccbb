// What YOLACT learns from, as the reference computes it (its MultiBoxLoss and match with the
// settings of yolact_resnet50). Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <utility>
#include <vector>

#include "train/nets/yolact/yolact.h"

namespace train {

// Labels of one picture. n may be 0.
struct YolactTruth {
  torch::Tensor boxes;        // [n, 4] corners as shares of the picture
  torch::Tensor labels;       // [n] int64, from 0 (background is not counted)
  torch::Tensor masks;        // [n, H, W] float, 0 or 1, of the picture stretched to a square
  torch::Tensor crowd_boxes;  // [m, 4]
  uint64_t seed = 0;          // see DetectSample
};

struct YolactLossOptions {
  double positive_iou = 0.5, negative_iou = 0.4, crowd_iou = 0.7;
  int negatives_a_positive = 3;
  double box_weight = 1.5, conf_weight = 1, mask_weight = 6.125, segm_weight = 1;
  int64_t most_masks = 100;  // of one picture; more are drawn from, by torch's generator
  Peers* peers = nullptr;    // the positives and pictures of all processes are counted
};

// For each prior: label + 1 where it is positive, 0 background, -1 neither; the truth it belongs
// to; that truth's box as offsets from the prior. Each truth has at least one prior: the best pair
// of all first, then the best of what is left. All zero and 0 without truths.
struct YolactTargets {
  torch::Tensor conf;   // [P] int64
  torch::Tensor index;  // [P] int64
  torch::Tensor box;    // [P, 4]
};
YolactTargets MatchPriors(const torch::Tensor& priors, const YolactTruth& truth,
                          const YolactLossOptions& options = {});

// "B" box (smooth L1), "M" mask (cross-entropy inside the truth's box over its area), "C" class
// (hard negatives), each over the number of positive priors; "S" semantic, over the pictures.
// Pictures without animals, which the reference never meets, give three negatives to "C".
std::vector<std::pair<std::string, torch::Tensor>> YolactLosses(
    const YolactOutput& output, const std::vector<YolactTruth>& truths,
    const YolactLossOptions& options = {});

// Offsets <-> boxes (variances 0.1 and 0.2); boxes are corners, priors center and extent.
torch::Tensor EncodeYolact(const torch::Tensor& boxes, const torch::Tensor& priors);
torch::Tensor DecodeYolact(const torch::Tensor& offsets, const torch::Tensor& priors);

// Sets what lies outside the boxes to 0. masks: [h, w, n]; boxes: [n, 4] corners as shares, grown
// by one cell on each side.
torch::Tensor CropYolact(const torch::Tensor& masks, const torch::Tensor& boxes);

}  // namespace train
