#include "train/nets/siam/siam.h"

#include <string>

#include "datasets/base/error.h"

namespace train {
namespace {

torch::nn::Conv2d HeadConv(int in, int out, int kernel, int padding, bool bias) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).padding(padding).bias(bias));
}

torch::nn::Sequential NormedConv(int kernel) {
  return torch::nn::Sequential(HeadConv(kSiamChannels, kSiamChannels, kernel, 0, /*bias=*/false),
                               torch::nn::BatchNorm2d(kSiamChannels), torch::nn::ReLU());
}

torch::nn::Sequential TwoConvs(int in, int middle, int out) {
  return torch::nn::Sequential(HeadConv(in, middle, 3, 1, true), torch::nn::ReLU(),
                               HeadConv(middle, out, 3, 1, true), torch::nn::ReLU());
}

// [M, C] of the correlation at the places.
torch::Tensor At(const torch::Tensor& correlation, const std::vector<SiamPlace>& places) {
  std::vector<torch::Tensor> columns;
  for (const SiamPlace& place : places) {
    columns.push_back(correlation[place.sample].select(1, place.row).select(1, place.col));
  }
  return torch::stack(columns);
}

torch::Tensor Enlarged(const torch::Tensor& x, int64_t side) {
  return torch::upsample_nearest2d(x, {side, side});
}

struct HolderImpl : torch::nn::Module {};

}  // namespace

DepthCorrImpl::DepthCorrImpl(int outputs) {
  conv_kernel_ = register_module("conv_kernel", NormedConv(3));
  conv_search_ = register_module("conv_search", NormedConv(3));
  head_ = NormedConv(1);
  head_->push_back(HeadConv(kSiamChannels, outputs, 1, 0, /*bias=*/true));
  register_module("head", head_);
}

torch::Tensor DepthCorrImpl::Correlate(const torch::Tensor& kernel, const torch::Tensor& search) {
  const torch::Tensor k = conv_kernel_->forward(kernel);
  torch::Tensor x = conv_search_->forward(search);
  const int64_t count = k.size(0), channels = k.size(1);
  VOLE_CHECK(x.size(0) == count || x.size(0) == 1);
  if (x.size(0) != count) x = x.expand({count, -1, -1, -1});
  x = x.reshape({1, count * channels, x.size(2), x.size(3)});
  namespace F = torch::nn::functional;
  const torch::Tensor y = F::conv2d(x, k.reshape({count * channels, 1, k.size(2), k.size(3)}),
                                    F::Conv2dFuncOptions().groups(count * channels));
  return y.view({count, channels, y.size(2), y.size(3)});
}

SiamRefineImpl::SiamRefineImpl() {
  const int in[] = {64, 256, 512}, out[] = {4, 16, 32};
  for (int i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i);
    v_[i] = register_module("v" + number, TwoConvs(in[i], 4 * out[i], out[i]));
    h_[i] = register_module("h" + number, TwoConvs(out[i], out[i], out[i]));
  }
  deconv_ = register_module(
      "deconv", torch::nn::ConvTranspose2d(
                    torch::nn::ConvTranspose2dOptions(kSiamChannels, 32, 15).stride(15)));
  const int post[] = {32, 16, 4, 1};
  for (int i = 0; i < 3; ++i) {
    post_[i] = register_module("post" + std::to_string(i),
                               HeadConv(post[i], post[i + 1], 3, 1, /*bias=*/true));
  }
  for (const auto& part : modules(false)) {
    if (auto* conv = part->as<torch::nn::Conv2d>()) {
      torch::nn::init::kaiming_uniform_(conv->weight, 1);
    }
  }
}

torch::Tensor SiamRefineImpl::forward(const torch::Tensor& correlation,
                                      const std::vector<torch::Tensor>& around) {
  const int64_t sides[] = {31, 61, kSiamFineSide};
  torch::Tensor y = deconv_->forward(correlation.view({-1, kSiamChannels, 1, 1}));
  for (int i = 0; i < 3; ++i) {
    const size_t level = static_cast<size_t>(2 - i);  // the coarsest first
    y = h_[level]->forward(y) + v_[level]->forward(around[level]);
    y = post_[i]->forward(Enlarged(y, sides[i]));
  }
  return y.squeeze(1);
}

SiamNetImpl::SiamNetImpl(SiamForm chosen) : form(chosen) {
  if (refines()) {
    backbone_ = std::make_shared<SiamResNetImpl>();
  } else {
    backbone_ = std::make_shared<SiamAlexNetImpl>();
  }
  register_module("features", backbone_);
  const auto rpn = register_module("rpn_model", std::make_shared<HolderImpl>());
  cls_ = rpn->register_module("cls", DepthCorr(2 * kSiamAnchors));
  loc_ = rpn->register_module("loc", DepthCorr(4 * kSiamAnchors));
  const auto mask = register_module("mask_model", std::make_shared<HolderImpl>());
  mask_ = mask->register_module("mask", DepthCorr(kSiamCoarseSide * kSiamCoarseSide));
  if (refines()) refine_ = register_module("refine_model", SiamRefine());
}

SiamNetImpl::Answer SiamNetImpl::Match(const torch::Tensor& kernel, const torch::Tensor& search) {
  return {cls_->Head(cls_->Correlate(kernel, search)), loc_->Head(loc_->Correlate(kernel, search)),
          mask_->Correlate(kernel, search)};
}

torch::Tensor SiamNetImpl::Presence(const torch::Tensor& kernel, const torch::Tensor& search) {
  const torch::Tensor cls = cls_->Head(cls_->Correlate(kernel, search));
  return cls.slice(1, kSiamAnchors) - cls.slice(1, 0, kSiamAnchors);
}

torch::Tensor SiamNetImpl::Outlines(const torch::Tensor& correlation) {
  return mask_->Head(correlation);
}

torch::Tensor SiamNetImpl::CoarseAt(const torch::Tensor& correlation,
                                    const std::vector<SiamPlace>& places) {
  // In evaluation the head answers each place alone.
  return mask_->Head(At(correlation, places).view({-1, kSiamChannels, 1, 1}))
      .view({-1, kSiamCoarseSide, kSiamCoarseSide});
}

torch::Tensor SiamNetImpl::FineAt(const std::vector<torch::Tensor>& skips,
                                  const torch::Tensor& correlation,
                                  const std::vector<SiamPlace>& places) {
  VOLE_CHECK(refines() && skips.size() == 3);
  const int64_t steps[] = {4, 2, 1}, sides[] = {61, 31, 15}, edges[] = {16, 8, 4};
  std::vector<torch::Tensor> around;
  for (size_t level = 0; level < 3; ++level) {
    const torch::Tensor padded = torch::constant_pad_nd(
        skips[level], {edges[level], edges[level], edges[level], edges[level]});
    std::vector<torch::Tensor> windows;
    for (const SiamPlace& place : places) {
      // One picture may be shared by all samples.
      windows.push_back(padded[padded.size(0) == 1 ? 0 : place.sample]
                            .narrow(1, steps[level] * place.row, sides[level])
                            .narrow(2, steps[level] * place.col, sides[level]));
    }
    around.push_back(torch::stack(windows));
  }
  return refine_->forward(At(correlation, places), around);
}

SiamUpdateImpl::SiamUpdateImpl() {
  update_ = register_module(
      "update", torch::nn::Sequential(HeadConv(3 * kSiamChannels, 96, 1, 0, true),
                                      torch::nn::ReLU(), HeadConv(96, kSiamChannels, 1, 0, true)));
}

torch::Tensor SiamUpdateImpl::forward(const torch::Tensor& first, const torch::Tensor& used,
                                      const torch::Tensor& seen) {
  return update_->forward(torch::cat({first, used, seen}, 1)) + first;
}

}  // namespace train
