// What YOLOv3 learns from and what its heads mean, as darknet does it (src/yolo_layer.c,
// src/box.c). Boxes here are centers and extents as shares of the picture. Internal to train/
// (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nets/darknet.h"

namespace train {

struct YoloTruth {
  float x = 0, y = 0, w = 0, h = 0;
  int class_index = 0;  // from 0
  // Neither animal nor background (darknet knows no such thing): boxes that lie in it by more than
  // half are not taught to be background.
  bool ignore = false;
};

struct YoloLossOptions {
  float ignore_above = 0.7f;  // boxes that overlap a truth by more are not taught to be background
  float truth_above = 1;      // ... and by more than this, are taught to be it (1: never)
  size_t most_boxes = 90;     // of one picture; later ones are left out
  Peers* peers = nullptr;     // the pictures of all processes are counted
};

// One loss a head. Its value is darknet's cost, the sum of squared differences over the batch,
// divided by the number of pictures. Its gradient is what darknet propagates, which is not the
// cost's: the differences themselves, also for the entries behind a sigmoid (as for cross-entropy).
// The anchor that fits a truth's shape best, of all anchors, answers for it; x, y, w, h count
// 2 - w * h times. `truths`: one list a picture. `height`, `width`: of the input.
std::vector<torch::Tensor> YoloLosses(const std::vector<torch::Tensor>& heads,
                                      const YoloGraph& graph,
                                      const std::vector<std::vector<YoloTruth>>& truths, int height,
                                      int width, const YoloLossOptions& options = {});

struct YoloBox {
  float x = 0, y = 0, w = 0, h = 0;
  float objectness = 0;
  std::vector<float> scores;  // [classes]: objectness times class; 0 when not above the threshold
};

// Boxes of picture `index` whose objectness is above `threshold`: x = (column + sigmoid) / columns,
// w = exp * anchor / width. Heads on the CPU.
std::vector<YoloBox> DecodeYolo(const std::vector<torch::Tensor>& heads, int64_t index,
                                const YoloGraph& graph, int height, int width, float threshold);

// Within each class, best first: sets the score of a box to 0 when it overlaps a better one by more
// than `most_iou`.
void SuppressYolo(std::vector<YoloBox>& boxes, float most_iou);

// Intersection over union of two boxes of this kind.
float YoloIou(float ax, float ay, float aw, float ah, float bx, float by, float bw, float bh);

}  // namespace train
