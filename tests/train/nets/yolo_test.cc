#include "train/nets/yolo.h"

#include <cmath>
#include <set>

#include "tests/support/torch_doctest.h"

namespace yolo_test {

namespace {

using namespace train;

// Two heads of 1 x 1 and 2 x 2 cells, two anchors each of four, two classes.
YoloGraph SmallGraph() {
  YoloGraph graph;
  graph.classes = 2;
  graph.anchors = {{8, 8}, {16, 8}, {32, 32}, {64, 48}};
  for (const std::vector<int>& anchors : {std::vector<int>{2, 3}, std::vector<int>{0, 1}}) {
    DarknetLayer yolo;
    yolo.kind = DarknetLayer::Kind::kYolo;
    yolo.anchors = anchors;
    graph.layers.push_back(yolo);
  }
  return graph;
}

std::vector<torch::Tensor> Heads(int64_t pictures) {
  return {torch::zeros({pictures, 14, 1, 1}), torch::zeros({pictures, 14, 2, 2})};
}

// IoU of [N, 4] boxes (center, extent) with one box.
torch::Tensor PlainIou(const torch::Tensor& boxes, const torch::Tensor& box) {
  const auto Corner = [](const torch::Tensor& b, int64_t axis, double sign) {
    return b.select(-1, axis) + sign * b.select(-1, axis + 2) / 2;
  };
  const auto Side = [&](int64_t axis) {
    return (torch::min(Corner(boxes, axis, 1), Corner(box, axis, 1)) -
            torch::max(Corner(boxes, axis, -1), Corner(box, axis, -1)))
        .clamp_min(0);
  };
  const torch::Tensor shared = Side(0) * Side(1);
  return shared / (boxes.select(-1, 2) * boxes.select(-1, 3) +
                   box.select(-1, 2) * box.select(-1, 3) - shared);
}

// Darknet's differences for one picture at one head, written over whole tensors.
torch::Tensor PlainDelta(const torch::Tensor& head, const YoloGraph& graph,
                         const std::vector<int>& own, const std::vector<YoloTruth>& truths,
                         double height, double width) {
  const int64_t anchors = static_cast<int64_t>(own.size()), entries = 5 + graph.classes;
  const int64_t rows = head.size(1), columns = head.size(2);
  torch::Tensor y = head.detach().clone().view({anchors, entries, rows, columns});
  const torch::Tensor linear = y.slice(1, 2, 4).clone();
  y = torch::sigmoid(y);
  y.slice(1, 2, 4).copy_(linear);
  const torch::Tensor across = torch::arange(columns).view({1, 1, columns}).to(torch::kFloat32);
  const torch::Tensor down = torch::arange(rows).view({1, rows, 1}).to(torch::kFloat32);
  std::vector<float> widths, heights;
  for (const int index : own) {
    widths.push_back(static_cast<float>(graph.anchors[index][0] / width));
    heights.push_back(static_cast<float>(graph.anchors[index][1] / height));
  }
  const torch::Tensor boxes =
      torch::stack({(y.select(1, 0) + across) / static_cast<double>(columns),
                    (y.select(1, 1) + down) / static_cast<double>(rows),
                    y.select(1, 2).exp() * torch::tensor(widths).view({-1, 1, 1}),
                    y.select(1, 3).exp() * torch::tensor(heights).view({-1, 1, 1})},
                   -1);
  torch::Tensor delta = torch::zeros_like(y);
  torch::Tensor best = torch::zeros({anchors, rows, columns});
  for (const YoloTruth& t : truths) {
    best = torch::max(best, PlainIou(boxes, torch::tensor({t.x, t.y, t.w, t.h})));
  }
  delta.select(1, 4).copy_(torch::where(best > 0.7, torch::zeros_like(best), -y.select(1, 4)));
  for (const YoloTruth& t : truths) {
    double best_shape = 0;
    int responsible = 0;
    for (int k = 0; k < static_cast<int>(graph.anchors.size()); ++k) {
      const double w = graph.anchors[k][0] / width, h = graph.anchors[k][1] / height;
      const double shared = std::min<double>(w, t.w) * std::min<double>(h, t.h);
      const double iou = shared / (w * h + t.w * t.h - shared);
      if (iou > best_shape) best_shape = iou, responsible = k;
    }
    for (int64_t a = 0; a < anchors; ++a) {
      if (own[a] != responsible) continue;
      const int64_t i = static_cast<int64_t>(std::floor(t.x * columns));
      const int64_t j = static_cast<int64_t>(std::floor(t.y * rows));
      const torch::Tensor at = delta[a].select(2, i).select(1, j);
      const torch::Tensor is = y[a].select(2, i).select(1, j);
      const float scale = 2 - t.w * t.h;
      at[0] = scale * (t.x * columns - i - is[0]);
      at[1] = scale * (t.y * rows - j - is[1]);
      at[2] = scale * (std::log(t.w / widths[a]) - is[2]);
      at[3] = scale * (std::log(t.h / heights[a]) - is[3]);
      at[4] = 1 - is[4];
      for (int k = 0; k < graph.classes; ++k) at[5 + k] = (k == t.class_index ? 1 : 0) - is[5 + k];
    }
  }
  return delta.view(head.sizes());
}

}  // namespace

TEST_CASE("YOLO's cost and what it propagates agree with numbers worked by hand") {
  const YoloGraph graph = SmallGraph();
  std::vector<torch::Tensor> heads = Heads(1);
  for (auto& head : heads) head.requires_grad_(true);
  // Input 64 x 64. The truth has the shape of anchor 1 (16 x 8) and lies in the right upper cell.
  YoloTruth truth;
  truth.x = 0.75f, truth.y = 0.125f, truth.w = 0.25f, truth.h = 0.125f;
  truth.class_index = 1;
  const auto losses = YoloLosses(heads, graph, {{truth}}, 64, 64);
  REQUIRE(losses.size() == 2);
  // First head: two anchors whose objectness is 0.5 and should be 0.
  CHECK(losses[0].item<double>() == doctest::Approx(2 * 0.25));
  // Second: seven of eight objectnesses likewise; the eighth, of the responsible anchor, should be
  // 1; classes should be 0 and 1; x is 0.5 in its cell as it should be, y should be 0.25; w and h
  // are right. Coordinates count 2 - 1/32 times.
  const double scale = 2 - 0.25 * 0.125;
  CHECK(losses[1].item<double>() == doctest::Approx(8 * 0.25 + 2 * 0.25 + scale * scale * 0.0625));
  (losses[0] + losses[1]).backward();
  const torch::Tensor gradient = heads[1].grad().view({2, 7, 2, 2});
  CHECK(gradient[1][0][0][1].item<double>() == doctest::Approx(0));
  CHECK(gradient[1][1][0][1].item<double>() == doctest::Approx(scale * 0.25));
  CHECK(gradient[1][2][0][1].item<double>() == doctest::Approx(0));
  CHECK(gradient[1][4][0][1].item<double>() == doctest::Approx(-0.5));
  CHECK(gradient[1][4][1][1].item<double>() == doctest::Approx(0.5));
  CHECK(gradient[0][4][0][1].item<double>() == doctest::Approx(0.5));
  CHECK(gradient[1][5][0][1].item<double>() == doctest::Approx(0.5));
  CHECK(gradient[1][6][0][1].item<double>() == doctest::Approx(-0.5));
}

TEST_CASE("YOLO's differences equal a second writing of them over whole tensors") {
  torch::manual_seed(11);
  const YoloGraph graph = SmallGraph();
  std::vector<torch::Tensor> heads = {torch::randn({3, 14, 3, 4}), torch::randn({3, 14, 6, 8})};
  for (auto& head : heads) head.requires_grad_(true);
  std::vector<std::vector<YoloTruth>> truths(3);  // the third picture is empty
  for (int picture = 0; picture < 2; ++picture) {
    std::set<int> cells;
    for (int i = 0; i < 6; ++i) {
      const torch::Tensor r = torch::rand({5});
      YoloTruth truth;
      truth.x = r[0].item<float>(), truth.y = r[1].item<float>();
      truth.w = 0.02f + 0.6f * r[2].item<float>(), truth.h = 0.02f + 0.6f * r[3].item<float>();
      truth.class_index = r[4].item<float>() > 0.5f;
      const int cell = static_cast<int>(truth.x * 8) * 100 + static_cast<int>(truth.y * 6);
      if (cells.insert(cell).second) truths[picture].push_back(truth);
    }
  }
  const auto losses = YoloLosses(heads, graph, truths, 96, 128);
  (losses[0] + losses[1]).backward();
  for (size_t h = 0; h < 2; ++h) {
    double cost = 0;
    const std::vector<int> own = graph.layers[h].anchors;
    for (int64_t picture = 0; picture < 3; ++picture) {
      const torch::Tensor delta =
          PlainDelta(heads[h].detach()[picture], graph, own, truths[picture], 96, 128);
      cost += delta.square().sum().item<double>();
      const torch::Tensor gradient = heads[h].grad()[picture];
      CHECK((gradient + delta / 3).abs().max().item<double>() < 1e-5);
    }
    CHECK(losses[h].item<double>() == doctest::Approx(cost / 3).epsilon(1e-4));
  }
}

TEST_CASE("regions to be ignored teach nothing") {
  const YoloGraph graph = SmallGraph();
  std::vector<torch::Tensor> heads = Heads(1);
  YoloTruth crowd;
  crowd.x = crowd.y = 0.5f, crowd.w = crowd.h = 2, crowd.ignore = true;
  const auto losses = YoloLosses(heads, graph, {{crowd}}, 64, 64);
  CHECK(losses[0].item<double>() == 0);
  CHECK(losses[1].item<double>() == 0);
}

TEST_CASE("a head's numbers become the box they mean") {
  const YoloGraph graph = SmallGraph();
  std::vector<torch::Tensor> heads = {torch::full({2, 14, 1, 1}, -20.f),
                                      torch::full({2, 14, 2, 2}, -20.f)};
  const torch::Tensor cell = heads[1].view({2, 2, 7, 2, 2})[1][1].select(2, 0).select(1, 1);
  cell[0] = 0;                // x: half a cell
  cell[1] = std::log(3.);     // y: 0.75 of a cell
  cell[2] = std::log(2.);     // twice the anchor's width of 16
  cell[3] = 0;                // the anchor's height of 8
  cell[4] = std::log(9.);     // objectness 0.9
  cell[5] = std::log(4.);     // 0.8
  cell[6] = -std::log(999.);  // 0.001
  CHECK(DecodeYolo(heads, 0, graph, 64, 32, 0.005f).empty());
  const auto boxes = DecodeYolo(heads, 1, graph, 64, 32, 0.005f);
  REQUIRE(boxes.size() == 1);
  CHECK(boxes[0].x == doctest::Approx(0.25));
  CHECK(boxes[0].y == doctest::Approx((1 + 0.75) / 2));
  CHECK(boxes[0].w == doctest::Approx(1.0));
  CHECK(boxes[0].h == doctest::Approx(0.125));
  CHECK(boxes[0].objectness == doctest::Approx(0.9));
  CHECK(boxes[0].scores[0] == doctest::Approx(0.72));
  CHECK(boxes[0].scores[1] == 0);  // 0.0009 is not above the threshold
}

TEST_CASE("of boxes that overlap, each class keeps its best") {
  std::vector<YoloBox> boxes(4);
  for (size_t i = 0; i < 4; ++i) {
    boxes[i].w = boxes[i].h = 0.2f;
    boxes[i].y = 0.5f;
    boxes[i].scores = {0, 0};
  }
  boxes[0].x = 0.50f, boxes[0].scores = {0.6f, 0.7f};
  boxes[1].x = 0.54f, boxes[1].scores = {0.9f, 0.1f};  // IoU with the first: 2/3
  boxes[2].x = 0.58f, boxes[2].scores = {0.5f, 0.2f};  // 3/7 with the first, 2/3 with the second
  boxes[3].x = 0.90f, boxes[3].scores = {0.3f, 0.0f};
  CHECK(YoloIou(0.5f, 0.5f, 0.2f, 0.2f, 0.54f, 0.5f, 0.2f, 0.2f) == doctest::Approx(2. / 3));
  SuppressYolo(boxes, 0.45f);
  CHECK(boxes[0].scores == std::vector<float>{0, 0.7f});
  CHECK(boxes[1].scores == std::vector<float>{0.9f, 0});
  CHECK(boxes[2].scores == std::vector<float>{0, 0.2f});  // its neighbor there is gone already
  CHECK(boxes[3].scores == std::vector<float>{0.3f, 0});
}

}  // namespace yolo_test
