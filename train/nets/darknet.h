// Darknet's layers and its two YOLOv3 graphs (Redmon & Farhadi 2018, arXiv:1804.02767; layers and
// sizes as in the published yolov3.cfg and yolov3-tiny.cfg). Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nn/prepared_conv.h"
#include "train/weights/darknet.h"
#include "train/weights/darknet_graph.h"
#include "train/weights/module_weights.h"

namespace train {

class Peers;

// Convolution without padding loss ("pad=1"), batch normalization, leaky ReLU of slope 0.1.
// Darknet's normalization differs from the usual one in two places: it divides by
// sqrt(variance) + 1e-6, and a batch's own variance is the unbiased one. Statistics move by 1 % a
// step, unless `momentum` says otherwise.
struct DarknetConvImpl : torch::nn::Module {
  DarknetConvImpl(int in, int out, int size, int stride, bool normalized);
  torch::Tensor forward(const torch::Tensor& x);  // [N, in, H, W] -> [N, out, H/stride, W/stride]
  // Multiplies the normalization into the weights for good; the module then answers in `type` and
  // cannot be trained.
  void Fold(torch::ScalarType type);

  int size, stride;
  bool normalized, folded = false;
  double momentum = 0.01;
  Peers* peers = nullptr;  // where set, the normalization is over the batch of all processes
  torch::Tensor weight, bias, scale, mean, variance;  // the last three only where normalized

 private:
  std::shared_ptr<const PreparedConv> prepared_;
  torch::Tensor FoldedWeight() const;
  torch::Tensor FoldedBias() const;
};
TORCH_MODULE(DarknetConv);

struct DarknetImpl : torch::nn::Module {
  explicit DarknetImpl(YoloGraph graph);
  // x: RGB, 0..1, [N, 3, H, W], H and W multiples of the stride. One tensor a yolo layer, in their
  // order, before any sigmoid: [N, anchors * (5 + classes), H/s, W/s], an anchor's channels being
  // x, y, w, h, objectness, classes.
  std::vector<torch::Tensor> forward(const torch::Tensor& x);
  void Fold(torch::ScalarType type);
  void SetMomentum(double momentum);
  void NormalizeOver(Peers* peers);

  // Every number of the network in the order of a `.weights` file: for each convolution biases,
  // then scales, means and variances where it normalizes, then kernels [out][in][h][w].
  NamedTensors InFileOrder() const;

  YoloGraph graph;
  torch::ScalarType type = torch::kFloat32;
  std::vector<DarknetConv> convolutions;  // by layer; empty holders elsewhere

 private:
  std::vector<bool> kept_;  // by layer: a later layer asks for its output
};
TORCH_MODULE(Darknet);

// What a `.weights` file gave.
struct DarknetLoad {
  int convolutions = 0;  // taken over, from the first on
  bool whole = false;    // the file holds the whole network, heads included
  int file_classes = 0;  // of the heads in the file; 0 when it ends before them
};

// Takes over what fits, in order. A file that ends after some convolution (darknet53.conv.74) fills
// the layers up to there. A whole file made for another number of classes fills all but the heads,
// unless `exact`. Throws Error, leaving the network as it was, for any other size, for values that
// are not finite, and with `exact` for whatever is not the whole network.
DarknetLoad LoadDarknet(const DarknetWeights& file, const std::string& file_name, bool exact,
                        DarknetImpl& net);
DarknetWeights StoreDarknet(const DarknetImpl& net, uint64_t seen);

}  // namespace train
