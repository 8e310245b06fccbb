#include "train/nn/prepared_conv.h"

namespace train {
namespace {

ConvWeights Weights(const torch::Tensor& weight) {
  const bool matrix = weight.dim() == 2;
  return {weight.data_ptr<float>(), weight.stride(0), weight.stride(1),
          matrix ? 0 : weight.stride(2), matrix ? 0 : weight.stride(3)};
}

bool OnProcessor(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32;
}

}  // namespace

PreparedConv::PreparedConv(const CpuKernels& kernels, const ConvShape& shape,
                           const torch::Tensor& weight, const torch::Tensor& bias)
    : weight_(weight),
      packed_(kernels, shape, Weights(weight), bias.defined() ? bias.data_ptr<float>() : nullptr) {
  if (packed_.PackForGood()) weight_ = torch::Tensor();
}

std::shared_ptr<const PreparedConv> PreparedConv::Make(const torch::Tensor& weight,
                                                       const torch::Tensor& bias, int64_t stride,
                                                       int64_t padding) {
  const CpuKernels* kernels = FindCpuKernels();
  if (!kernels || !OnProcessor(weight) || (weight.dim() != 2 && weight.dim() != 4)) return nullptr;
  if (bias.defined() && !OnProcessor(bias)) return nullptr;
  ConvShape shape{weight.size(1), weight.size(0), 1, 1, stride, padding};
  if (weight.dim() == 4) {
    shape.kernel_height = weight.size(2);
    shape.kernel_width = weight.size(3);
  }
  const torch::Tensor own_bias = bias.defined() ? bias.detach().contiguous() : torch::Tensor();
  return std::shared_ptr<const PreparedConv>(
      new PreparedConv(*kernels, shape, weight.detach(), own_bias));
}

bool PreparedConv::Fits(const torch::Tensor& x) const {
  const ConvShape& shape = packed_.shape();
  return OnProcessor(x) && x.dim() == 4 && x.size(1) == shape.in &&
         x.size(2) + 2 * shape.padding >= shape.kernel_height &&
         x.size(3) + 2 * shape.padding >= shape.kernel_width;
}

torch::Tensor PreparedConv::Run(const torch::Tensor& x, double slope,
                                const torch::Tensor& add) const {
  TORCH_CHECK(Fits(x), "a prepared convolution got another kind of map");
  const torch::Tensor own = x.detach().contiguous(torch::MemoryFormat::ChannelsLast);
  torch::Tensor y = pool_->Empty(x.size(0), packed_.shape().out, packed_.OutHeight(x.size(2)),
                                 packed_.OutWidth(x.size(3)));
  ConvFinish finish;
  finish.slope = static_cast<float>(slope);
  torch::Tensor own_add;
  if (add.defined()) {
    TORCH_CHECK(OnProcessor(add) && add.dim() == 4 && add.size(0) == y.size(0) &&
                    add.size(1) == y.size(1) && add.numel() > 0,
                "a prepared convolution got another kind of map to add");
    own_add = add.detach().contiguous(torch::MemoryFormat::ChannelsLast);
    finish.add = own_add.data_ptr<float>();
    if (add.size(2) != y.size(2) || add.size(3) != y.size(3)) {
      finish.add_height = add.size(2);
      finish.add_width = add.size(3);
    }
  }
  packed_.Run(own.data_ptr<float>(), x.size(0), x.size(2), x.size(3), y.data_ptr<float>(), finish);
  return y;
}

torch::Tensor PreparedConv::RunRows(const torch::Tensor& rows, double slope) const {
  return Run(rows.unsqueeze(2).unsqueeze(3), slope).flatten(1);
}

torch::nn::Conv2d MakePreparableConv2d(const torch::nn::Conv2dOptions& options) {
  return torch::nn::Conv2d(std::static_pointer_cast<torch::nn::Conv2dImpl>(
      std::make_shared<PreparableConv2dImpl>(options)));
}

void PrepareConv(torch::nn::Conv2dImpl& conv, torch::ScalarType type) {
  torch::NoGradGuard no_grad;
  conv.weight = conv.weight.detach().to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  if (conv.bias.defined()) conv.bias = conv.bias.detach().to(type);
  auto* preparable = dynamic_cast<PreparableConv2dImpl*>(&conv);
  const int64_t stride = conv.options.stride()->at(0), padding = conv.weight.size(2) / 2;
  if (preparable)
    preparable->prepared = PreparedConv::Make(conv.weight, conv.bias, stride, padding);
}

torch::Tensor RunConv(torch::nn::Conv2d& conv, const torch::Tensor& x, bool relu,
                      const torch::Tensor& add) {
  const auto* preparable = dynamic_cast<PreparableConv2dImpl*>(conv.get());
  if (preparable && preparable->prepared && preparable->prepared->Fits(x)) {
    return preparable->prepared->Run(x, relu ? 0 : 1, add);
  }
  torch::Tensor y = conv->forward(x);
  if (add.defined()) {
    const bool same = add.size(2) == y.size(2) && add.size(3) == y.size(3);
    y.add_(same ? add : torch::upsample_nearest2d(add, {y.size(2), y.size(3)}));
  }
  return relu ? y.relu_() : y;
}

}  // namespace train
