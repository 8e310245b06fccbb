// From YOLACT's answer to detections, as the reference does it (its Detect, fast NMS and
// postprocess). Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <opencv2/core.hpp>
#include <utility>

#include "train/nets/yolact/yolact.h"

namespace train {

struct YolactDetectOptions {
  double least_score = 0.05;  // priors whose best class is not above it are left out
  double most_iou = 0.5;
  int64_t most_a_class = 200;
  int64_t most = 100;
};

// K detections of one picture, best first.
struct YolactFound {
  torch::Tensor boxes;         // [K, 4] corners as shares of the picture
  torch::Tensor labels;        // [K] int64, from 0
  torch::Tensor scores;        // [K]
  torch::Tensor coef;          // [K, prototypes]
  torch::Tensor class_scores;  // [K, classes - 1]: of the same prior
};

// `index`: the picture. A box goes when any better one of its class overlaps it by more than
// most_iou, even one that went itself; that is what makes it fast.
YolactFound DetectYolact(const YolactOutput& output, int64_t index,
                         const YolactDetectOptions& options = {});

// The mask of one detection at the picture's size, cut to where it can be: [region], 0 or 255, and
// the mean |2p - 1| along its border. proto: [h, w, prototypes], coef: [prototypes], box: [4]. An
// empty region when nothing of it is left.
struct YolactMask {
  cv::Rect region;
  cv::Mat mask;
  float certainty = 0;
};
YolactMask MaskOfYolact(const torch::Tensor& proto, const torch::Tensor& coef,
                        const torch::Tensor& box, const cv::Size& picture);

}  // namespace train
