// Region proposals of Faster R-CNN (Ren et al. 2015) over a feature pyramid, equal to torchvision
// 0.14's. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nets/detect_data.h"
#include "train/nets/rcnn/boxes.h"
#include "train/nets/rcnn/fpn.h"
#include "train/nn/prepared_conv.h"

namespace train {

struct RpnOptions {
  int64_t per_level = 1000;              // best anchors of each level that are looked at
  int64_t proposals = 1000;              // that are left after suppression
  double most_iou = 0.7;                 // of two proposals of one level
  double high_iou = 0.7, low_iou = 0.3;  // for anchors that are animals, that are background
  int64_t sampled = 256;                 // anchors that a picture's loss looks at
  double positive_share = 0.5;
  Peers* peers = nullptr;  // divisors of the losses count the samples of all processes
};

struct PictureSize {
  int64_t height = 0, width = 0;
};

// The anchors [A, 4] of maps of the given sizes, level by level, row by row, three shapes a place.
torch::Tensor PyramidAnchors(const std::vector<torch::Tensor>& maps, PictureSize padded);

class RpnImpl : public torch::nn::Module {
 public:
  explicit RpnImpl(int channels = kPyramidChannels);  // of the maps
  struct Answer {
    torch::Tensor anchors;     // [A, 4]
    torch::Tensor objectness;  // [N, A] logits
    torch::Tensor deltas;      // [N, A, 4]
    std::vector<int64_t> per_level;
  };
  // `padded` is the size of the network's input.
  Answer forward(const std::vector<torch::Tensor>& maps, PictureSize padded);
  // Proposals [P, 4] of each picture, best first, without gradients.
  std::vector<torch::Tensor> Proposals(const Answer& answer, const std::vector<PictureSize>& sizes,
                                       const RpnOptions& options) const;
  // loss_objectness, loss_rpn_box_reg. `boxes` [G, 4] are each picture's labels at network scale;
  // `seeds` are the pictures' (see DetectSample), or none.
  NamedLosses Losses(const Answer& answer, const std::vector<torch::Tensor>& boxes,
                     const RpnOptions& options, const std::vector<uint64_t>& seeds = {}) const;
  // For inference only.
  void Fold(torch::ScalarType type);

 private:
  torch::nn::Conv2d conv_{nullptr}, cls_logits_{nullptr}, bbox_pred_{nullptr};
  std::shared_ptr<const PreparedConv> both_;  // cls_logits, then bbox_pred, as one convolution
};
TORCH_MODULE(Rpn);

}  // namespace train
