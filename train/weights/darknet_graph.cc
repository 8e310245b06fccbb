#include "train/weights/darknet_graph.h"

#include <algorithm>

namespace train {
namespace {

using LayerKind = DarknetLayer::Kind;

// Writes layers one after the other, with darknet's way of counting back.
class GraphWriter {
 public:
  GraphWriter(YoloGraph& graph, int divisor) : graph_(graph), divisor_(divisor) {}
  void Conv(int filters, int size, int stride = 1) {
    DarknetLayer layer;
    layer.filters = std::max(1, filters / divisor_);
    layer.size = size;
    layer.stride = stride;
    graph_.layers.push_back(layer);
  }
  void Residual(int inner, int outer) {
    Conv(inner, 1);
    Conv(outer, 3);
    DarknetLayer layer;
    layer.kind = LayerKind::kShortcut;
    layer.from = {Last() - 2};
    graph_.layers.push_back(layer);
  }
  void Stage(int outer, int residuals) {
    Conv(outer, 3, 2);
    for (int i = 0; i < residuals; ++i) Residual(outer / 2, outer);
  }
  void MaxPool(int stride) {
    DarknetLayer layer;
    layer.kind = LayerKind::kMaxPool;
    layer.size = 2;
    layer.stride = stride;
    graph_.layers.push_back(layer);
  }
  void Route(std::vector<int> from) {
    DarknetLayer layer;
    layer.kind = LayerKind::kRoute;
    layer.from = std::move(from);
    graph_.layers.push_back(layer);
  }
  void Upsample() {
    DarknetLayer layer;
    layer.kind = LayerKind::kUpsample;
    graph_.layers.push_back(layer);
  }
  void Head(std::vector<int> anchors) {
    DarknetLayer conv;
    conv.filters = static_cast<int>(anchors.size()) * (5 + graph_.classes);
    conv.normalized = false;
    graph_.layers.push_back(conv);
    DarknetLayer yolo;
    yolo.kind = LayerKind::kYolo;
    yolo.anchors = std::move(anchors);
    graph_.layers.push_back(yolo);
  }
  int Last() const { return static_cast<int>(graph_.layers.size()) - 1; }

 private:
  YoloGraph& graph_;
  int divisor_;
};

}  // namespace

std::vector<int> DarknetChannels(const YoloGraph& graph) {
  std::vector<int> channels;
  for (const DarknetLayer& layer : graph.layers) {
    int given = channels.empty() ? 3 : channels.back();
    if (layer.kind == LayerKind::kConv) given = layer.filters;
    if (layer.kind == LayerKind::kRoute) {
      given = 0;
      for (const int from : layer.from) given += channels[static_cast<size_t>(from)];
    }
    channels.push_back(given);
  }
  return channels;
}

bool IsYoloHead(const YoloGraph& graph, size_t layer) {
  return layer + 1 < graph.layers.size() && graph.layers[layer + 1].kind == LayerKind::kYolo;
}

YoloGraph Yolov3Graph(int classes, int divisor) {
  YoloGraph graph;
  graph.classes = classes;
  graph.anchors = {{10, 13},  {16, 30},  {33, 23},   {30, 61},  {62, 45},
                   {59, 119}, {116, 90}, {156, 198}, {373, 326}};
  GraphWriter write(graph, divisor);
  write.Conv(32, 3);
  write.Stage(64, 1);
  write.Stage(128, 2);
  write.Stage(256, 8);
  const int eighth = write.Last();
  write.Stage(512, 8);
  const int sixteenth = write.Last();
  write.Stage(1024, 4);
  const auto Neck = [&](int width) {
    for (int i = 0; i < 2; ++i) {
      write.Conv(width / 2, 1);
      write.Conv(width, 3);
    }
    write.Conv(width / 2, 1);
    const int branch = write.Last();
    write.Conv(width, 3);
    return branch;
  };
  const auto Finer = [&](int branch, int width, int skip) {
    write.Route({branch});
    write.Conv(width, 1);
    write.Upsample();
    write.Route({write.Last(), skip});
  };
  int branch = Neck(1024);
  write.Head({6, 7, 8});
  Finer(branch, 256, sixteenth);
  branch = Neck(512);
  write.Head({3, 4, 5});
  Finer(branch, 128, eighth);
  Neck(256);
  write.Head({0, 1, 2});
  return graph;
}

YoloGraph Yolov3TinyGraph(int classes, int divisor) {
  YoloGraph graph;
  graph.classes = classes;
  graph.anchors = {{10, 14}, {23, 27}, {37, 58}, {81, 82}, {135, 169}, {344, 319}};
  GraphWriter write(graph, divisor);
  int skip = 0;
  for (const int width : {16, 32, 64, 128, 256, 512}) {
    write.Conv(width, 3);
    if (width == 256) skip = write.Last();
    write.MaxPool(width == 512 ? 1 : 2);
  }
  write.Conv(1024, 3);
  write.Conv(256, 1);
  const int branch = write.Last();
  write.Conv(512, 3);
  write.Head({3, 4, 5});
  write.Route({branch});
  write.Conv(128, 1);
  write.Upsample();
  write.Route({write.Last(), skip});
  write.Conv(256, 3);
  write.Head({1, 2, 3});  // as published: anchor 0 is used by no layer
  return graph;
}

std::vector<DarknetTensor> DarknetTensors(const YoloGraph& graph) {
  const std::vector<int> channels = DarknetChannels(graph);
  std::vector<DarknetTensor> tensors;
  for (size_t i = 0; i < graph.layers.size(); ++i) {
    const DarknetLayer& layer = graph.layers[i];
    if (layer.kind != LayerKind::kConv) continue;
    const std::string prefix = "layers." + std::to_string(i) + ".";
    const int64_t in = i == 0 ? 3 : channels[i - 1];
    tensors.push_back({prefix + "bias", {layer.filters}});
    if (layer.normalized) {
      for (const char* name : {"scale", "mean", "variance"}) {
        tensors.push_back({prefix + name, {layer.filters}});
      }
    }
    tensors.push_back({prefix + "weight", {layer.filters, in, layer.size, layer.size}});
  }
  return tensors;
}

}  // namespace train
