// Networks that recognize behavior from pictures. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "train/nets/idseg.h"

namespace train {

// Pictures to features: what behavior-frame and behavior-seq share.
struct FrameNetwork : torch::nn::Module {
  virtual torch::Tensor Features(const torch::Tensor& x) = 0;  // [N, C, S, S] -> [N, features]
  virtual void Fold() {}  // for inference: normalizations into convolutions, where that pays
  // The part that published weights of image classification fit; nullptr: there are none.
  virtual torch::nn::Module* Published() { return nullptr; }
  virtual std::vector<std::string> ClassLayers() const { return {}; }  // of it, unused here
  int features = 0;
};

// small: residual blocks at 1/4, 1/8 and 1/16 of the picture, trained from nothing in minutes.
// xception: separable convolutions with shortcuts after Xception (Chollet 2017), shortened as SIPEC
// (Marks et al. 2022) does. Throws Error for another name.
std::shared_ptr<FrameNetwork> MakeFrameNetwork(const std::string& name, int channels);
const std::vector<std::string>& FrameNetworkNames();

// Features, dropout, and logits of every head's classes.
struct BehaviorFrameNetImpl : torch::nn::Module {
  BehaviorFrameNetImpl(const std::string& frame_network, int channels, int outputs);
  torch::Tensor forward(const torch::Tensor& x);        // [N, C, S, S] -> [N, outputs]
  torch::Tensor Logits(const torch::Tensor& features);  // [N, features] -> [N, outputs]
  std::shared_ptr<FrameNetwork> frame;
  torch::nn::Dropout dropout{nullptr};
  torch::nn::Linear head{nullptr};
};
TORCH_MODULE(BehaviorFrameNet);

// 64-P-128-P-256-256-P-512-512-P-512-512-P-4096-4096 with 3 x 3 x 3 kernels (Tran et al. 2015, as
// in Ren et al. 2017), all widths divided by 64 / width. Time is pooled only while it lasts.
struct C3dNetImpl : torch::nn::Module {
  C3dNetImpl(int channels, int side, int frames, int width, int outputs);
  torch::Tensor forward(const torch::Tensor& x);  // [N, C, T, S, S] -> [N, outputs]
  std::vector<torch::nn::Conv3d> convs;
  std::vector<torch::nn::BatchNorm3d> norms;
  std::vector<int> pool_after;   // 1 where a pool follows the convolution
  std::vector<int> pool_frames;  // its extent in time
  torch::nn::Linear fc6{nullptr}, fc7{nullptr}, fc8{nullptr};
  torch::nn::Dropout dropout{nullptr};
};
TORCH_MODULE(C3dNet);

// Dilated convolutions over time (Bai et al. 2018) with spatial dropout. Each output sees exactly
// `window` frames before and after it, or, causal, 2 * window frames before it and none after.
struct TemporalNetImpl : torch::nn::Module {
  TemporalNetImpl(int inputs, int outputs, int window, bool causal);
  torch::Tensor forward(const torch::Tensor& x);  // [N, inputs, T] -> [N, outputs, T]
  bool causal;
  torch::nn::Conv1d squeeze{nullptr};
  torch::nn::BatchNorm1d squeeze_norm{nullptr};
  std::vector<torch::nn::Conv1d> convs;
  std::vector<torch::nn::BatchNorm1d> norms;
  std::vector<int> dilations;
  torch::nn::Conv1d hidden{nullptr}, head{nullptr};
};
TORCH_MODULE(TemporalNet);

// Dilations of convolutions with kernel 3 whose reach adds up to `window`.
std::vector<int> DilationsFor(int window);

}  // namespace train
