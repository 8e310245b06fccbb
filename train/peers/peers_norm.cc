#include "train/peers/peers_norm.h"

namespace train {

torch::Tensor NormOverPeers(const torch::Tensor& x, const PeersNorm& norm, Peers& peers) {
  const std::vector<int64_t> places = {0, 2, 3}, channels = {1, x.size(1), 1, 1};
  const double count = static_cast<double>(x.numel() / x.size(1)) * peers.count();
  const torch::Tensor mean = peers.SumWithGradient(x.sum(places)) / count;
  const torch::Tensor centered = x - mean.view(channels);
  const torch::Tensor variance = peers.SumWithGradient(centered.square().sum(places)) / count;
  {
    torch::NoGradGuard no_grad;
    norm.running_mean.lerp_(mean.detach(), norm.momentum);
    norm.running_var.lerp_(variance.detach() * (count / (count - 1)), norm.momentum);
  }
  const torch::Tensor scale = norm.weight * (variance + norm.eps).rsqrt();
  return centered * scale.view(channels) + norm.bias.view(channels);
}

}  // namespace train
