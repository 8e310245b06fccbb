#include "train/nets/yolo.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "train/peers/peers.h"

namespace train {
namespace {

// Shared length of two spans given by center and extent.
float Shared(float a, float a_extent, float b, float b_extent) {
  const float low = std::max(a - a_extent / 2, b - b_extent / 2);
  const float high = std::min(a + a_extent / 2, b + b_extent / 2);
  return high - low;
}

float Intersection(float ax, float ay, float aw, float ah, float bx, float by, float bw, float bh) {
  const float w = Shared(ax, aw, bx, bw), h = Shared(ay, ah, by, bh);
  return w < 0 || h < 0 ? 0 : w * h;
}

// The heads' anchors in the order of the yolo layers.
std::vector<const DarknetLayer*> YoloLayers(const YoloGraph& graph) {
  std::vector<const DarknetLayer*> layers;
  for (const DarknetLayer& layer : graph.layers) {
    if (layer.kind == DarknetLayer::Kind::kYolo) layers.push_back(&layer);
  }
  return layers;
}

// One picture's output of one head, sigmoids applied: values[channel][cell].
class HeadView {
 public:
  HeadView(const torch::Tensor& activated, int64_t picture, const YoloGraph& graph,
           const std::vector<int>& anchors, int height, int width)
      : rows(static_cast<int>(activated.size(2))),
        columns(static_cast<int>(activated.size(3))),
        entries_(5 + graph.classes),
        graph_(graph),
        anchors_(anchors),
        height_(height),
        width_(width),
        values_(activated.data_ptr<float>() +
                picture * activated.size(1) * activated.size(2) * activated.size(3)) {}

  int64_t Place(int anchor, int entry, int row, int column) const {
    return (static_cast<int64_t>(anchor * entries_ + entry) * rows + row) * columns + column;
  }
  float At(int anchor, int entry, int row, int column) const {
    return values_[Place(anchor, entry, row, column)];
  }
  YoloBox Box(int anchor, int row, int column) const {
    YoloBox box;
    box.x = (static_cast<float>(column) + At(anchor, 0, row, column)) / static_cast<float>(columns);
    box.y = (static_cast<float>(row) + At(anchor, 1, row, column)) / static_cast<float>(rows);
    box.w = std::exp(At(anchor, 2, row, column)) * AnchorWidth(anchor);
    box.h = std::exp(At(anchor, 3, row, column)) * AnchorHeight(anchor);
    box.objectness = At(anchor, 4, row, column);
    return box;
  }
  float AnchorWidth(int anchor) const {
    return graph_.anchors[static_cast<size_t>(anchors_[static_cast<size_t>(anchor)])][0] /
           static_cast<float>(width_);
  }
  float AnchorHeight(int anchor) const {
    return graph_.anchors[static_cast<size_t>(anchors_[static_cast<size_t>(anchor)])][1] /
           static_cast<float>(height_);
  }
  int anchors() const { return static_cast<int>(anchors_.size()); }

  const int rows, columns;

 private:
  int entries_;
  const YoloGraph& graph_;
  const std::vector<int>& anchors_;
  int height_, width_;
  const float* values_;
};

// Sigmoids on x, y, objectness and classes; w and h stay. [N, A * (5 + C), H, W], float32, CPU.
torch::Tensor Activated(const torch::Tensor& head, int anchors) {
  const torch::NoGradGuard no_grad;
  torch::Tensor y = head.detach().to(torch::kCPU, torch::kFloat32).contiguous().clone();
  const torch::Tensor each = y.view({y.size(0), anchors, -1, y.size(2), y.size(3)});
  each.slice(2, 0, 2).sigmoid_();
  each.slice(2, 4).sigmoid_();
  return y;
}

// The anchor whose shape overlaps the truth's shape most, of all anchors.
int BestAnchor(const YoloTruth& truth, const YoloGraph& graph, int height, int width) {
  int best = 0;
  float best_iou = 0;
  for (size_t i = 0; i < graph.anchors.size(); ++i) {
    const float iou =
        YoloIou(0, 0, truth.w, truth.h, 0, 0, graph.anchors[i][0] / static_cast<float>(width),
                graph.anchors[i][1] / static_cast<float>(height));
    if (iou > best_iou) best_iou = iou, best = static_cast<int>(i);
  }
  return best;
}

// Differences (what should be minus what is) of one picture at one head.
class Teacher {
 public:
  Teacher(const HeadView& view, const std::vector<int>& anchors, const YoloGraph& graph,
          const YoloLossOptions& options, int height, int width, float* delta)
      : view_(view),
        anchors_(anchors),
        graph_(graph),
        options_(options),
        height_(height),
        width_(width),
        delta_(delta) {}

  void Background(const std::vector<YoloTruth>& truths) {
    for (int row = 0; row < view_.rows; ++row) {
      for (int column = 0; column < view_.columns; ++column) {
        for (int anchor = 0; anchor < view_.anchors(); ++anchor) {
          TeachObjectness(truths, anchor, row, column);
        }
      }
    }
  }

  void Animal(const YoloTruth& truth) {
    const int best = BestAnchor(truth, graph_, height_, width_);
    const auto own = std::find(anchors_.begin(), anchors_.end(), best);
    if (own == anchors_.end()) return;
    const int anchor = static_cast<int>(own - anchors_.begin());
    const int column = static_cast<int>(truth.x * static_cast<float>(view_.columns));
    const int row = static_cast<int>(truth.y * static_cast<float>(view_.rows));
    if (column < 0 || row < 0 || column >= view_.columns || row >= view_.rows) return;
    TeachBox(truth, anchor, row, column);
    Set(anchor, 4, row, column, 1 - view_.At(anchor, 4, row, column));
    TeachClass(truth.class_index, anchor, row, column);
  }

 private:
  void Set(int anchor, int entry, int row, int column, float value) {
    delta_[view_.Place(anchor, entry, row, column)] = value;
  }

  void TeachObjectness(const std::vector<YoloTruth>& truths, int anchor, int row, int column) {
    const YoloBox box = view_.Box(anchor, row, column);
    const YoloTruth* best = nullptr;
    float best_iou = 0;
    bool ignored = false;
    for (const YoloTruth& truth : truths) {
      if (truth.ignore) {
        const float shared =
            Intersection(box.x, box.y, box.w, box.h, truth.x, truth.y, truth.w, truth.h);
        ignored = ignored || shared > 0.5f * box.w * box.h;
        continue;
      }
      const float iou = YoloIou(box.x, box.y, box.w, box.h, truth.x, truth.y, truth.w, truth.h);
      if (iou > best_iou) best_iou = iou, best = &truth;
    }
    ignored = ignored || best_iou > options_.ignore_above;
    Set(anchor, 4, row, column, ignored ? 0 : -box.objectness);
    if (best_iou > options_.truth_above) {
      Set(anchor, 4, row, column, 1 - box.objectness);
      TeachClass(best->class_index, anchor, row, column);
      TeachBox(*best, anchor, row, column);
    }
  }

  void TeachBox(const YoloTruth& truth, int anchor, int row, int column) {
    const float scale = 2 - truth.w * truth.h;
    const float wanted[4] = {
        truth.x * static_cast<float>(view_.columns) - static_cast<float>(column),
        truth.y * static_cast<float>(view_.rows) - static_cast<float>(row),
        std::log(truth.w / view_.AnchorWidth(anchor)),
        std::log(truth.h / view_.AnchorHeight(anchor))};
    for (int entry = 0; entry < 4; ++entry) {
      Set(anchor, entry, row, column,
          scale * (wanted[entry] - view_.At(anchor, entry, row, column)));
    }
  }

  // Where a truth was taught already, another one at the same place only adds its own class.
  void TeachClass(int class_index, int anchor, int row, int column) {
    const bool taught = delta_[view_.Place(anchor, 5, row, column)] != 0;
    for (int k = 0; k < graph_.classes; ++k) {
      const float is = view_.At(anchor, 5 + k, row, column);
      if (k == class_index) Set(anchor, 5 + k, row, column, 1 - is);
      if (k != class_index && !taught) Set(anchor, 5 + k, row, column, -is);
    }
  }

  const HeadView& view_;
  const std::vector<int>& anchors_;
  const YoloGraph& graph_;
  const YoloLossOptions& options_;
  int height_, width_;
  float* delta_;
};

}  // namespace

float YoloIou(float ax, float ay, float aw, float ah, float bx, float by, float bw, float bh) {
  const float shared = Intersection(ax, ay, aw, ah, bx, by, bw, bh);
  const float all = aw * ah + bw * bh - shared;
  return all > 0 ? shared / all : 0;
}

std::vector<torch::Tensor> YoloLosses(const std::vector<torch::Tensor>& heads,
                                      const YoloGraph& graph,
                                      const std::vector<std::vector<YoloTruth>>& truths, int height,
                                      int width, const YoloLossOptions& options) {
  const std::vector<const DarknetLayer*> layers = YoloLayers(graph);
  VOLE_CHECK(heads.size() == layers.size());
  const double pictures = CountOverPeers(options.peers, static_cast<double>(truths.size()));
  std::vector<torch::Tensor> losses;
  for (size_t h = 0; h < heads.size(); ++h) {
    const torch::Tensor& head = heads[h];
    const std::vector<int>& anchors = layers[h]->anchors;
    VOLE_CHECK(head.size(0) == static_cast<int64_t>(truths.size()));
    const torch::Tensor activated = Activated(head, static_cast<int>(anchors.size()));
    const torch::Tensor delta = torch::zeros_like(activated);
    for (size_t i = 0; i < truths.size(); ++i) {
      const HeadView view(activated, static_cast<int64_t>(i), graph, anchors, height, width);
      Teacher teacher(view, anchors, graph, options, height, width,
                      delta[static_cast<int64_t>(i)].data_ptr<float>());
      const size_t count = std::min(truths[i].size(), options.most_boxes);
      const std::vector<YoloTruth> shown(truths[i].begin(),
                                         truths[i].begin() + static_cast<std::ptrdiff_t>(count));
      teacher.Background(shown);
      for (const YoloTruth& truth : shown) {
        if (!truth.ignore) teacher.Animal(truth);
      }
    }
    const torch::Tensor pull = (head * delta.to(head.device())).sum() / -pictures;
    const torch::Tensor cost = delta.square().sum().to(head.device()) / pictures;
    losses.push_back(pull - pull.detach() + cost);
  }
  return losses;
}

std::vector<YoloBox> DecodeYolo(const std::vector<torch::Tensor>& heads, int64_t index,
                                const YoloGraph& graph, int height, int width, float threshold) {
  const std::vector<const DarknetLayer*> layers = YoloLayers(graph);
  VOLE_CHECK(heads.size() == layers.size());
  std::vector<YoloBox> boxes;
  for (size_t h = 0; h < heads.size(); ++h) {
    const std::vector<int>& anchors = layers[h]->anchors;
    const torch::Tensor activated =
        Activated(heads[h].slice(0, index, index + 1), static_cast<int>(anchors.size()));
    const HeadView view(activated, 0, graph, anchors, height, width);
    for (int row = 0; row < view.rows; ++row) {
      for (int column = 0; column < view.columns; ++column) {
        for (int anchor = 0; anchor < view.anchors(); ++anchor) {
          if (!(view.At(anchor, 4, row, column) > threshold)) continue;
          YoloBox box = view.Box(anchor, row, column);
          for (int k = 0; k < graph.classes; ++k) {
            const float score = box.objectness * view.At(anchor, 5 + k, row, column);
            box.scores.push_back(score > threshold ? score : 0);
          }
          boxes.push_back(std::move(box));
        }
      }
    }
  }
  return boxes;
}

void SuppressYolo(std::vector<YoloBox>& boxes, float most_iou) {
  if (boxes.empty()) return;
  std::vector<YoloBox*> order;
  for (size_t k = 0; k < boxes[0].scores.size(); ++k) {
    order.clear();
    for (YoloBox& box : boxes) {
      if (box.scores[k] > 0) order.push_back(&box);
    }
    std::stable_sort(order.begin(), order.end(), [k](const YoloBox* a, const YoloBox* b) {
      return a->scores[k] > b->scores[k];
    });
    for (size_t i = 0; i < order.size(); ++i) {
      const YoloBox& a = *order[i];
      if (a.scores[k] == 0) continue;
      for (size_t j = i + 1; j < order.size(); ++j) {
        YoloBox& b = *order[j];
        if (YoloIou(a.x, a.y, a.w, a.h, b.x, b.y, b.w, b.h) > most_iou) b.scores[k] = 0;
      }
    }
  }
}

}  // namespace train
