// Darknet's layers and its two YOLOv3 graphs (Redmon & Farhadi 2018, arXiv:1804.02767; layers and
// sizes as in the published yolov3.cfg and yolov3-tiny.cfg). No torch type here.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace train {

// One section of a darknet cfg. Layers are numbered from 0 in the order of the cfg.
struct DarknetLayer {
  enum class Kind { kConv, kMaxPool, kRoute, kShortcut, kUpsample, kYolo };
  Kind kind = Kind::kConv;
  int filters = 0;           // kConv
  int size = 1, stride = 1;  // kConv, kMaxPool; kUpsample always doubles
  bool normalized = true;    // kConv: batch normalization and leaky ReLU; else bias, linear
  std::vector<int> from;     // kRoute: layers to concatenate; kShortcut: the layer to add
  std::vector<int> anchors;  // kYolo: which of the graph's anchors it answers for
};

struct YoloGraph {
  std::vector<DarknetLayer> layers;
  std::vector<std::array<float, 2>> anchors;  // width, height in pixels of the network's input
  int classes = 1;
  int stride = 32;  // extents of the input must be multiples of this
};

// `divisor` divides every width but the heads', for tests at a reduced size.
YoloGraph Yolov3Graph(int classes, int divisor = 1);
YoloGraph Yolov3TinyGraph(int classes, int divisor = 1);

// Channels that each layer gives.
std::vector<int> DarknetChannels(const YoloGraph& graph);
// The linear convolution before a yolo layer, the only kind whose size depends on the classes.
bool IsYoloHead(const YoloGraph& graph, size_t layer);

struct DarknetTensor {
  std::string name;            // "layers.0.weight"
  std::vector<int64_t> shape;  // of a kernel [out, in, h, w], else [out]
};
// Every number of the network in the order of a `.weights` file: for each convolution bias, then
// scale, mean and variance where it normalizes, then weight.
std::vector<DarknetTensor> DarknetTensors(const YoloGraph& graph);

}  // namespace train
