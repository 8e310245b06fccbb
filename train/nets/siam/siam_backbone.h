// What SiamMask (Wang et al. 2019, arXiv:1812.05050) sees of a picture: ResNet-50 whose third layer
// keeps the resolution (output stride 8), or, faster, the AlexNet of SiamRPN. Module names are
// those of the public code, so that its weights load by name. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

namespace train {

// BGR pictures 0..255 come in as [N, 3, H, W]. Cell (0, 0) of `map` looks at the pixels from the
// upper left corner on, and each further one 8 pixels further.
struct SiamMaps {
  torch::Tensor map;  // [N, 256, h, w]
  // Finer maps for outlines, of 64, 256 and 512 channels at strides 2, 4 and 8; empty for AlexNet.
  std::vector<torch::Tensor> skips;
};

constexpr int kSiamStride = 8, kSiamChannels = 256;

class SiamBackboneImpl : public torch::nn::Module {
 public:
  // The layers of a picture of any size.
  virtual SiamMaps forward(const torch::Tensor& x) = 0;
  // As the public code: maps of templates, narrower than 20 cells, lose four cells on each side
  // with ResNet-50; AlexNet pads nothing and loses none.
  virtual torch::Tensor Template(const torch::Tensor& x) = 0;
  // For a start from public weights: layers that learn, counted from the end of the backbone, the
  // adapting layer behind it always; the others keep their weights and statistics.
  virtual void LearnLast(int layers) = 0;
};

// 127 pixels give 15 cells, 255 give 31. Names: features.{conv1,bn1,layer1,layer2,layer3}.*,
// downsample.downsample.{0,1}.*
class SiamResNetImpl : public SiamBackboneImpl {
 public:
  SiamResNetImpl();
  SiamMaps forward(const torch::Tensor& x) override;
  torch::Tensor Template(const torch::Tensor& x) override;
  void LearnLast(int layers) override;

 private:
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr};
  torch::nn::Sequential layers_[3] = {nullptr, nullptr, nullptr}, adapt_{nullptr};
};

// 127 pixels give 6 cells, 255 give 22. Names as AlexNetLegacy: features.features.{0..15}.*
class SiamAlexNetImpl : public SiamBackboneImpl {
 public:
  SiamAlexNetImpl();
  SiamMaps forward(const torch::Tensor& x) override;
  torch::Tensor Template(const torch::Tensor& x) override;
  void LearnLast(int layers) override;

 private:
  torch::nn::Sequential features_{nullptr};
};

}  // namespace train
