// The second stage of Mask R-CNN (He et al. 2017): from proposals to classes, boxes and masks,
// equal to torchvision 0.14's. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nets/detect_data.h"
#include "train/nets/rcnn/boxes.h"
#include "train/nets/rcnn/rpn.h"
#include "train/nn/prepared_conv.h"

namespace train {

struct RoiOptions {
  int64_t sampled = 512;  // proposals that a picture's loss looks at
  double positive_share = 0.25;
  double positive_iou = 0.5;
  double least_score = 0.05, most_iou = 0.5;
  int64_t detections = 100;  // of a picture
  Peers* peers = nullptr;    // divisors of the losses count the samples of all processes
};

// The labels of a picture at network scale.
struct RoiTarget {
  torch::Tensor boxes;   // [G, 4]
  torch::Tensor labels;  // [G] int64
  torch::Tensor masks;   // [G, H, W] uint8
  uint64_t seed = 0;     // see DetectSample
};

struct RoiDetections {
  torch::Tensor boxes;         // [D, 4] at network scale
  torch::Tensor scores;        // [D]
  torch::Tensor labels;        // [D] int64, 1..
  torch::Tensor class_scores;  // [D, classes] of the proposal behind it, without the background
  torch::Tensor masks;         // [D, 28, 28] probability of the label's mask
};

class RoiHeadsImpl : public torch::nn::Module {
 public:
  // `classes` with the background.
  // `width`: all channels as a share of the published network's.
  explicit RoiHeadsImpl(int classes, double width = 1);
  // loss_classifier, loss_box_reg, loss_mask. `maps` are P2..P5.
  NamedLosses Losses(const std::vector<torch::Tensor>& maps,
                     const std::vector<torch::Tensor>& proposals,
                     const std::vector<RoiTarget>& targets, const RoiOptions& options);
  std::vector<RoiDetections> Detect(const std::vector<torch::Tensor>& maps,
                                    const std::vector<torch::Tensor>& proposals,
                                    const std::vector<PictureSize>& sizes,
                                    const RoiOptions& options);
  // For inference only.
  void Fold(torch::ScalarType type);

 private:
  struct BoxAnswer {
    torch::Tensor logits, deltas;
  };
  BoxAnswer Boxes(const std::vector<torch::Tensor>& maps, const torch::Tensor& boxes,
                  const torch::Tensor& pictures);
  // Logits [R, 28, 28] of the mask of each region's label.
  torch::Tensor Masks(const std::vector<torch::Tensor>& maps, const torch::Tensor& boxes,
                      const torch::Tensor& pictures, const torch::Tensor& labels);

  // The deconvolution's weight as a matrix [(i, j, channel), channel].
  torch::Tensor SpreadWeight() const;

  int classes_;
  torch::ScalarType type_ = torch::kFloat32;
  bool prepared_ = false;
  torch::Tensor fc6_by_place_;  // fc6's weight for regions in channels-last order
  // Where this processor has kernels for them: fc6 as a 7x7 convolution, cls_score and bbox_pred as
  // one layer, the deconvolution as a pixel-wise one.
  std::shared_ptr<const PreparedConv> fast_fc6_, fast_fc7_, fast_predictor_, fast_spread_;
  torch::nn::Linear fc6_{nullptr}, fc7_{nullptr}, cls_score_{nullptr}, bbox_pred_{nullptr};
  std::vector<torch::nn::Conv2d> mask_convs_;
  torch::nn::ConvTranspose2d conv5_mask_{nullptr};
  torch::nn::Conv2d mask_fcn_logits_{nullptr};
};
TORCH_MODULE(RoiHeads);

}  // namespace train
