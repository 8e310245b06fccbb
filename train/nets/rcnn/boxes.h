// Boxes as all detectors use them: float tensors [N, 4] of x1, y1, x2, y2 in pixels of the picture
// they belong to, right and bottom edges exclusive. The rules are torchvision 0.14's, so that equal
// weights give equal detections. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <array>

namespace train {

torch::Tensor BoxAreas(const torch::Tensor& boxes);  // [N]
// Intersection over union of each of a with each of b: [A, 4], [B, 4] -> [A, B].
torch::Tensor BoxIou(const torch::Tensor& a, const torch::Tensor& b);
// Moves corners into the picture; also for [..., 4].
torch::Tensor ClipBoxes(const torch::Tensor& boxes, int64_t height, int64_t width);
// Indices [M] of boxes whose sides are both at least `side`.
torch::Tensor LargeEnough(const torch::Tensor& boxes, double side);
// Boxes of a picture of one size in pixels of the same picture at another size.
torch::Tensor ScaleBoxes(const torch::Tensor& boxes, int64_t from_height, int64_t from_width,
                         int64_t to_height, int64_t to_width);
// cx, cy, width, height <-> corners.
torch::Tensor CornersOf(const torch::Tensor& centered);
torch::Tensor CenteredOf(const torch::Tensor& corners);

// Greedy non-maximum suppression: indices of what is kept, best first; a box goes when its overlap
// with a kept one is greater than `most_iou`. Equal scores keep their order. Runs on the CPU; the
// result lies on the device of `boxes`.
torch::Tensor Nms(const torch::Tensor& boxes, const torch::Tensor& scores, double most_iou);
// The same within each group (class or level) [N] int64. As torchvision, up to 4000 numbers on the
// CPU (20000 on a GPU) go through offsets that pull groups apart, more go group by group: the two
// round differently.
torch::Tensor GroupedNms(const torch::Tensor& boxes, const torch::Tensor& scores,
                         const torch::Tensor& groups, double most_iou);

// Offsets of a box from a reference box (Girshick 2015): dx, dy in sides of the reference, dw, dh
// as logarithms, each times its weight.
class BoxCoder {
 public:
  explicit BoxCoder(std::array<double, 4> weights = {1, 1, 1, 1}) : weights_(weights) {}
  // boxes, references [N, 4] -> [N, 4].
  torch::Tensor Encode(const torch::Tensor& boxes, const torch::Tensor& references) const;
  // deltas [N, 4 * C], references [N, 4] -> [N, C, 4]; dw and dh are cut at ln(1000 / 16).
  torch::Tensor Decode(const torch::Tensor& deltas, const torch::Tensor& references) const;

 private:
  std::array<double, 4> weights_;
};

// For each of N candidates the index of its label: at least `high` IoU with it; kBelow under `low`,
// kBetween otherwise. With `keep_best`, each label's best candidates (ties too) belong to their own
// best label, however low.
inline constexpr int64_t kBelow = -1, kBetween = -2;
// iou [labels, N] -> [N] int64. There must be a label.
torch::Tensor MatchByIou(const torch::Tensor& iou, double high, double low, bool keep_best);

// Chooses which candidates count: `states` [N] is >= 1 for positive, 0 for negative, less for
// neither. At most count * positive_share positives, filled up with negatives, at random, from
// torch's generator. Returns ascending indices of each kind.
struct Sampled {
  torch::Tensor positive, negative;  // int64
};
Sampled SampleBalanced(const torch::Tensor& states, int64_t count, double positive_share);

}  // namespace train
