// Mask R-CNN with a ResNet-50 or -101 feature pyramid (He et al. 2017), equal to torchvision 0.14's
// maskrcnn_resnet50_fpn: same names, same losses, same detections. Internal to train/ (torch
// types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nets/detect_data.h"
#include "train/nets/rcnn/fpn.h"
#include "train/nets/rcnn/roi_heads.h"
#include "train/nets/rcnn/rpn.h"

namespace train {

struct MaskRcnnOptions {
  int depth = 50;
  double width = 1;  // all channels, as a share of the published network's
  NormOptions norm{NormKind::kFrozen, 1e-5, 32};
  int trainable_layers = 5;  // of the backbone, from its end; see ResNetImpl::FreezeAllBut
  int short_side = 800, most_long_side = 1333;  // pictures are brought to this size, see below
  RpnOptions rpn_training{2000, 2000};
  RpnOptions rpn;
  RoiOptions roi;
};

// Pictures as the network takes them: normalized, the short side brought to `short_side` unless the
// long one would exceed `most_long_side`, padded on the right and below to a multiple of 32.
struct NetworkInput {
  torch::Tensor pictures;          // [N, 3, H, W]
  std::vector<PictureSize> sizes;  // of each within it
};

class MaskRcnnImpl : public torch::nn::Module {
 public:
  // `classes` with the background.
  MaskRcnnImpl(int classes, const MaskRcnnOptions& options);
  NetworkInput Input(const std::vector<torch::Tensor>& images) const;
  // loss_objectness, loss_rpn_box_reg, loss_classifier, loss_box_reg, loss_mask.
  NamedLosses Losses(const std::vector<DetectSample>& batch);
  // Detections at network scale; with the input that they belong to.
  std::vector<RoiDetections> Detect(const NetworkInput& input);
  std::vector<std::vector<Found>> Infer(const std::vector<torch::Tensor>& images);
  // See Detector. Pictures of several sizes are padded to the largest of each process.
  void LearnWith(Peers* peers);
  // For inference only: see Detector::PrepareForInference.
  void Fold(torch::ScalarType type);

  MaskRcnnOptions options;
  ResNetPyramid backbone{nullptr};
  Rpn rpn{nullptr};
  RoiHeads roi_heads{nullptr};

 private:
  torch::Device device() const;
  torch::ScalarType type_ = torch::kFloat32;
};
TORCH_MODULE(MaskRcnn);

}  // namespace train
