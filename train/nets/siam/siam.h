// SiamMask (Wang et al. 2019, arXiv:1812.05050): looks for what a template shows in a larger
// picture. Per-channel correlation of the two, and on it three heads: is it here, its box, its
// outline; with ResNet-50 a refining module sharpens the outline. Names and shapes are those of the
// public code ("sharp"), so that SiamMask_DAVIS.pth and SiamMask_VOT.pth load strictly. Beside it
// the template's update (Zhang et al. 2019, arXiv:1908.00855). Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <utility>
#include <vector>

#include "train/nets/siam/siam_backbone.h"

namespace train {

constexpr int kSiamTemplateSide = 127, kSiamSearchSide = 255;  // pixels
constexpr int kSiamAnchors = 5;
constexpr int kSiamCoarseSide = 63, kSiamFineSide = 127;  // of outlines, both for 127 pixels

enum class SiamForm { kResNet50, kAlexNet };

// Both branches through a 3x3 convolution, then correlated channel by channel, then a 1x1 head.
class DepthCorrImpl : public torch::nn::Module {
 public:
  explicit DepthCorrImpl(int outputs);
  // kernel: [N, 256, a, a], search: [N or 1, 256, b, b] -> [N, 256, b - a + 1, b - a + 1]. One
  // search is shared by all kernels.
  torch::Tensor Correlate(const torch::Tensor& kernel, const torch::Tensor& search);
  torch::Tensor Head(const torch::Tensor& correlation) { return head_->forward(correlation); }

 private:
  torch::nn::Sequential conv_kernel_{nullptr}, conv_search_{nullptr}, head_{nullptr};
};
TORCH_MODULE(DepthCorr);

// Outlines of 127 pixels out of one place of the correlation and the finer maps around it.
class SiamRefineImpl : public torch::nn::Module {
 public:
  SiamRefineImpl();
  // correlation: [M, 256]; around: of each place the skips' windows, [M, 64, 61, 61], [M, 256, 31,
  // 31], [M, 512, 15, 15]. Returns logits [M, 127, 127].
  torch::Tensor forward(const torch::Tensor& correlation, const std::vector<torch::Tensor>& around);

 private:
  torch::nn::Sequential v_[3] = {nullptr, nullptr, nullptr}, h_[3] = {nullptr, nullptr, nullptr};
  torch::nn::ConvTranspose2d deconv_{nullptr};
  torch::nn::Conv2d post_[3] = {nullptr, nullptr, nullptr};
};
TORCH_MODULE(SiamRefine);

struct SiamPlace {
  int64_t sample = 0;        // of the batch
  int64_t row = 0, col = 0;  // of the answers
};

class SiamNetImpl : public torch::nn::Module {
 public:
  explicit SiamNetImpl(SiamForm form);

  struct Answer {
    torch::Tensor cls;          // [N, 10, s, s]: logits, five anchors' absence, then presence
    torch::Tensor box;          // [N, 20, s, s]: dx of five anchors, dy, log width, log height
    torch::Tensor correlation;  // [N, 256, s, s]: what outlines are made of
  };

  SiamBackboneImpl& backbone() { return *backbone_; }
  // [N, 3, 127, 127] -> [N, 256, 7, 7] with ResNet-50, [N, 256, 6, 6] with AlexNet.
  torch::Tensor Template(const torch::Tensor& x) { return backbone_->Template(x); }
  SiamMaps Search(const torch::Tensor& x) { return backbone_->forward(x); }
  // `search`: [N or 1, 256, b, b]. 255 pixels give s = 25 with ResNet-50 and 17 with AlexNet.
  Answer Match(const torch::Tensor& kernel, const torch::Tensor& search);
  // Logits of presence alone, [N, 5, s, s]: of presence less those of absence.
  torch::Tensor Presence(const torch::Tensor& kernel, const torch::Tensor& search);
  // Logits of outlines, 63 x 63 each: [N, 3969, s, s].
  torch::Tensor Outlines(const torch::Tensor& correlation);
  // Logits at some places alone: [M, 63, 63], or refined [M, 127, 127].
  torch::Tensor CoarseAt(const torch::Tensor& correlation, const std::vector<SiamPlace>& places);
  torch::Tensor FineAt(const std::vector<torch::Tensor>& skips, const torch::Tensor& correlation,
                       const std::vector<SiamPlace>& places);
  bool refines() const { return form == SiamForm::kResNet50; }
  torch::nn::Module& refine_module() { return *refine_; }
  // Cells of the answers along one side of a search of 255 pixels, and how many of them lie to the
  // left of the template that begins at its edge.
  int answer_side() const { return refines() ? 25 : 17; }
  int edge_cells() const { return refines() ? 4 : 0; }

  const SiamForm form;

 private:
  std::shared_ptr<SiamBackboneImpl> backbone_;
  DepthCorr cls_{nullptr}, loc_{nullptr}, mask_{nullptr};
  SiamRefine refine_{nullptr};
};
TORCH_MODULE(SiamNet);

// The template to look for next, out of the first one, the one in use and the one just seen, each
// [N, 256, a, a]: 1x1 768 -> 96, ReLU, -> 256, plus the first. Names: update.0.*, update.2.*
class SiamUpdateImpl : public torch::nn::Module {
 public:
  SiamUpdateImpl();
  torch::Tensor forward(const torch::Tensor& first, const torch::Tensor& used,
                        const torch::Tensor& seen);

 private:
  torch::nn::Sequential update_{nullptr};
};
TORCH_MODULE(SiamUpdate);

}  // namespace train
