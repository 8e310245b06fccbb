#include "train/nets/yolact/yolact.h"

#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "tests/support/torch_doctest.h"
#include "tests/train/plain_operations.h"
#include "train/nets/yolact/yolact_detect.h"
#include "train/nets/yolact/yolact_loss.h"
#include "train/weights/module_weights.h"

namespace yolact_test {

namespace {

using namespace train;
using tests::PlainConv;
using tests::PlainResize;
using Weights = std::map<std::string, torch::Tensor>;

Weights WeightsOf(const Yolact& net) {
  Weights weights;
  for (const auto& [name, tensor] : NamedValues(*net)) weights[name] = tensor.detach();
  return weights;
}

YolactConfig Small(int classes = 3) {
  YolactConfig config;
  config.classes = classes;
  config.depth = 18;
  config.side = 96;
  config.features = 32;
  config.prototypes = 8;
  return config;
}

// Statistics as after a training, so that a mistake in their use shows.
void Disturb(Yolact& net) {
  torch::NoGradGuard no_grad;
  net->InitWeights();
  for (const auto& [name, tensor] : NamedValues(*net)) {
    if (name.find("running_mean") != std::string::npos) tensor.uniform_(-0.2, 0.2);
    if (name.find("running_var") != std::string::npos) tensor.uniform_(0.6, 1.4);
    if (tensor.dim() == 1 && name.find("bias") != std::string::npos) tensor.uniform_(-0.1, 0.1);
  }
}

// The reference network from its names alone, with plain tensor operations, in evaluation.
struct PlainYolact {
  Weights w;
  int classes, prototypes;

  torch::Tensor Norm(const torch::Tensor& x, const std::string& name) const {
    const auto Column = [&](const char* part) { return w.at(name + part).view({1, -1, 1, 1}); };
    return (x - Column(".running_mean")) / (Column(".running_var") + 1e-5).sqrt() *
               Column(".weight") +
           Column(".bias");
  }
  torch::Tensor Conv(const torch::Tensor& x, const std::string& name, int64_t stride = 1) const {
    const auto bias = w.find(name + ".bias");
    const torch::Tensor y = PlainConv(x, w.at(name + ".weight"), stride);
    return bias == w.end() ? y : y + bias->second.view({1, -1, 1, 1});
  }
  static torch::Tensor Relu(const torch::Tensor& x) {
    return torch::where(x > 0, x, torch::zeros_like(x));
  }
  torch::Tensor Block(const torch::Tensor& x, const std::string& name, int64_t stride) const {
    const bool bottleneck = w.count(name + ".conv3.weight") > 0;
    torch::Tensor y = Conv(x, name + ".conv1", bottleneck ? 1 : stride);
    y = Conv(Relu(Norm(y, name + ".bn1")), name + ".conv2", bottleneck ? stride : 1);
    y = Norm(y, name + ".bn2");
    if (bottleneck) y = Norm(Conv(Relu(y), name + ".conv3"), name + ".bn3");
    const bool projected = w.count(name + ".downsample.0.weight") > 0;
    const torch::Tensor side =
        projected ? Norm(Conv(x, name + ".downsample.0", stride), name + ".downsample.1") : x;
    return Relu(y + side);
  }
  std::vector<torch::Tensor> Levels(const torch::Tensor& input) const {
    torch::Tensor y = Relu(Norm(Conv(input, "backbone.conv1", 2), "backbone.bn1"));
    // Largest of nine neighbors; zeros beside do no harm after a ReLU.
    const torch::Tensor patches = torch::im2col(y, {3, 3}, {1, 1}, {1, 1}, {2, 2});
    y = std::get<0>(patches.view({y.size(0), y.size(1), 9, -1}).max(2))
            .view({y.size(0), y.size(1), (y.size(2) + 1) / 2, -1});
    std::vector<torch::Tensor> stages;
    for (int stage = 0; stage < 4; ++stage) {
      for (int block = 0;; ++block) {
        const std::string name =
            "backbone.layers." + std::to_string(stage) + "." + std::to_string(block);
        if (!w.count(name + ".conv1.weight")) break;
        y = Block(y, name, stage > 0 && block == 0 ? 2 : 1);
      }
      stages.push_back(y);
    }
    // Lateral and prediction layer 0 belong to the coarsest stage.
    const torch::Tensor c5 = Conv(stages[3], "fpn.lat_layers.0");
    const torch::Tensor c4 =
        PlainResize(c5, stages[2].size(2), stages[2].size(3)) + Conv(stages[2], "fpn.lat_layers.1");
    const torch::Tensor c3 =
        PlainResize(c4, stages[1].size(2), stages[1].size(3)) + Conv(stages[1], "fpn.lat_layers.2");
    std::vector<torch::Tensor> levels = {Relu(Conv(c3, "fpn.pred_layers.2")),
                                         Relu(Conv(c4, "fpn.pred_layers.1")),
                                         Relu(Conv(c5, "fpn.pred_layers.0"))};
    levels.push_back(Conv(levels[2], "fpn.downsample_layers.0", 2));
    levels.push_back(Conv(levels[3], "fpn.downsample_layers.1", 2));
    return levels;
  }
  YolactOutput Run(const torch::Tensor& input) const {
    const auto levels = Levels(input);
    YolactOutput out;
    torch::Tensor y = levels[0];
    for (const char* name : {"proto_net.0", "proto_net.2", "proto_net.4"}) y = Relu(Conv(y, name));
    y = PlainResize(y, 2 * y.size(2), 2 * y.size(3));
    y = Relu(Conv(Relu(Conv(y, "proto_net.8")), "proto_net.10"));
    out.proto = y.permute({0, 2, 3, 1});
    std::vector<torch::Tensor> boxes, confs, coefs;
    for (const torch::Tensor& level : levels) {
      const torch::Tensor up = Relu(Conv(level, "prediction_layers.0.upfeature.0"));
      const auto Rows = [&](const char* name, int64_t values) {
        return Conv(up, std::string("prediction_layers.0.") + name)
            .permute({0, 2, 3, 1})
            .reshape({level.size(0), -1, values});
      };
      boxes.push_back(Rows("bbox_layer", 4));
      confs.push_back(Rows("conf_layer", classes));
      coefs.push_back(Rows("mask_layer", prototypes).tanh());
    }
    out.box = torch::cat(boxes, 1);
    out.conf = torch::cat(confs, 1);
    out.coef = torch::cat(coefs, 1);
    out.segm = Conv(levels[0], "semantic_seg_conv");
    return out;
  }
};

double Difference(const torch::Tensor& a, const torch::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a - b).abs().max().item<double>() / (b.abs().mean().item<double>() + 1e-6);
}

YolactTruth TruthOf(std::vector<float> boxes, std::vector<int64_t> labels, int64_t side) {
  YolactTruth truth;
  const int64_t count = static_cast<int64_t>(labels.size());
  truth.boxes = torch::tensor(boxes).view({count, 4});
  truth.labels = torch::tensor(labels, torch::kInt64);
  truth.masks = torch::zeros({count, side, side});
  truth.crowd_boxes = torch::zeros({0, 4});
  for (int64_t i = 0; i < count; ++i) {  // an ellipse that fills the box
    for (int64_t y = 0; y < side; ++y) {
      for (int64_t x = 0; x < side; ++x) {
        const float* b = boxes.data() + 4 * i;
        const float u = (2 * (x + 0.5f) / side - b[0] - b[2]) / (b[2] - b[0]);
        const float v = (2 * (y + 0.5f) / side - b[1] - b[3]) / (b[3] - b[1]);
        if (u * u + v * v <= 1) truth.masks[i][y][x] = 1;
      }
    }
  }
  return truth;
}

float Iou(const float* a, const float* b) {
  const float w = std::max(0.f, std::min(a[2], b[2]) - std::max(a[0], b[0]));
  const float h = std::max(0.f, std::min(a[3], b[3]) - std::max(a[1], b[1]));
  const float all = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h;
  return w * h / all;
}

}  // namespace

TEST_CASE("YOLACT has the reference's names, shapes and number of parameters") {
  const Yolact net{YolactConfig()};
  const Weights weights = WeightsOf(net);
  CHECK(weights.size() == 354);
  int64_t parameters = 0;
  for (const torch::Tensor& tensor : net->parameters()) parameters += tensor.numel();
  CHECK(parameters == 31'164'943);
  const std::map<std::string, std::vector<int64_t>> some = {
      {"backbone.conv1.weight", {64, 3, 7, 7}},
      {"backbone.bn1.num_batches_tracked", {}},
      {"backbone.layers.0.0.downsample.0.weight", {256, 64, 1, 1}},
      {"backbone.layers.3.2.conv3.weight", {2048, 512, 1, 1}},
      {"fpn.lat_layers.0.weight", {256, 2048, 1, 1}},
      {"fpn.lat_layers.2.bias", {256}},
      {"fpn.pred_layers.2.weight", {256, 256, 3, 3}},
      {"fpn.downsample_layers.1.weight", {256, 256, 3, 3}},
      {"proto_net.8.weight", {256, 256, 3, 3}},
      {"proto_net.10.weight", {32, 256, 1, 1}},
      {"prediction_layers.0.upfeature.0.weight", {256, 256, 3, 3}},
      {"prediction_layers.0.bbox_layer.weight", {12, 256, 3, 3}},
      {"prediction_layers.0.conf_layer.weight", {243, 256, 3, 3}},
      {"prediction_layers.0.mask_layer.bias", {96}},
      {"semantic_seg_conv.weight", {80, 256, 1, 1}}};
  for (const auto& [name, shape] : some) {
    const auto& shown = name;
    CAPTURE(shown);
    REQUIRE(weights.count(name) == 1);
    CHECK(weights.at(name).sizes() == torch::IntArrayRef(shape));
  }
  const torch::Tensor priors = YolactPriors({69, 35, 18, 9, 5}, {69, 35, 18, 9, 5});
  CHECK(priors.size(0) == 19248);
  CHECK(priors[0][0].item<double>() == doctest::Approx(0.5 / 69));
  CHECK(priors[0][2].item<double>() == doctest::Approx(24. / 550));
  CHECK(priors[1][2].item<double>() == doctest::Approx(24. / 550 * std::sqrt(0.5)));
  CHECK(priors[2][3].item<double>() == doctest::Approx(24. / 550 * std::sqrt(2.)));
  CHECK(priors[19247][3].item<double>() == doctest::Approx(384. / 550 * std::sqrt(2.)));
  CHECK(priors[3][0].item<double>() == doctest::Approx(1.5 / 69));
}

TEST_CASE("YOLACT's forward pass equals the reference run with plain tensor operations") {
  torch::manual_seed(21);
  torch::NoGradGuard no_grad;
  for (const bool full : {true, false}) {
    CAPTURE(full);
    YolactConfig config = full ? YolactConfig() : Small();
    config.side = 138;
    Yolact net(config);
    Disturb(net);
    const torch::Tensor x = torch::randn({full ? 1 : 2, 3, 138, 138});
    const YolactOutput expected =
        PlainYolact{WeightsOf(net), config.classes, config.prototypes}.Run(x);
    net->train();
    net->FreezeNorms();
    const YolactOutput learning = net->forward(x);
    CHECK(Difference(learning.segm, expected.segm) < 1e-3);
    CHECK(Difference(learning.conf, expected.conf) < 1e-3);
    net->eval();
    const YolactOutput given = net->forward(x);
    CHECK_FALSE(given.segm.defined());
    CHECK(given.priors.size(0) == given.box.size(1));
    net->Fold(torch::kFloat32);
    const YolactOutput folded = net->forward(x.contiguous(torch::MemoryFormat::ChannelsLast));
    for (const YolactOutput* out : {&given, &folded}) {
      CHECK(Difference(out->box, expected.box) < 1e-3);
      CHECK(Difference(out->conf, expected.conf) < 1e-3);
      CHECK(Difference(out->coef, expected.coef) < 1e-3);
      CHECK(Difference(out->proto, expected.proto) < 1e-3);
    }
  }
}

TEST_CASE("the picture is stretched and put in units of the reference's deviations") {
  const torch::Tensor image = torch::rand({3, 40, 30});
  const torch::Tensor given = YolactInput(image, 50);
  const torch::Tensor stretched = PlainResize(image, 50, 50);
  const float mean[] = {123.68f, 116.78f, 103.94f}, deviation[] = {58.40f, 57.12f, 57.38f};
  for (int channel = 0; channel < 3; ++channel) {
    const torch::Tensor expected = (stretched[channel] * 255 - mean[channel]) / deviation[channel];
    CHECK((given[0][channel] - expected).abs().max().item<float>() < 1e-4);
  }
}

TEST_CASE("every animal gets its best prior, good ones more, and doubtful ones are left alone") {
  const torch::Tensor priors = torch::tensor({0.5f,  0.5f, 0.2f,  0.2f,   // equals the first animal
                                              0.54f, 0.5f, 0.2f,  0.2f,   // IoU 2/3
                                              0.58f, 0.5f, 0.2f,  0.2f,   // IoU 3/7: neither
                                              0.7f,  0.5f, 0.2f,  0.2f,   // 0
                                              0.9f,  0.9f, 0.05f, 0.05f,  // inside the second
                                              0.1f,  0.1f, 0.1f,  0.1f,   // half in the crowd
                                              0.3f,  0.9f, 0.1f,  0.1f})  // far from all
                                   .view({-1, 4});
  YolactTruth truth = TruthOf({0.4f, 0.4f, 0.6f, 0.6f, 0.8f, 0.8f, 1, 1}, {1, 0}, 20);
  truth.crowd_boxes = torch::tensor({0.f, 0.f, 0.12f, 0.12f}).view({1, 4});
  const YolactTargets targets = MatchPriors(priors, truth);
  CHECK(targets.conf.equal(torch::tensor({2, 2, -1, 0, 1, 0, 0}, torch::kInt64)));
  CHECK(targets.index[4].item<int64_t>() == 1);
  CHECK(targets.index[1].item<int64_t>() == 0);
  // The second prior lies 0.04 to the right: -0.04 / (0.1 * 0.2) in its own units.
  CHECK(targets.box[1][0].item<double>() == doctest::Approx(-2));
  CHECK(targets.box[1][2].item<double>() == doctest::Approx(0).epsilon(1e-4));
  CHECK(targets.box[4][2].item<double>() == doctest::Approx(std::log(4.) / 0.2));
  CHECK((DecodeYolact(targets.box, priors)[4] - truth.boxes[1]).abs().max().item<float>() < 1e-6);
  truth.crowd_boxes = torch::tensor({0.f, 0.f, 0.2f, 0.2f}).view({1, 4});
  CHECK(MatchPriors(priors, truth).conf[5].item<int64_t>() == -1);
}

TEST_CASE("YOLACT's losses equal the reference's written out in loops") {
  torch::manual_seed(22);
  const YolactConfig config = Small();
  Yolact net(config);
  net->InitWeights();
  net->train();
  YolactOutput out = net->forward(torch::randn({3, 3, 96, 96}));
  const std::vector<YolactTruth> truths = {
      TruthOf({0.1f, 0.2f, 0.5f, 0.5f, 0.45f, 0.4f, 0.9f, 0.95f}, {0, 1}, 96),
      TruthOf({0.3f, 0.3f, 0.6f, 0.75f}, {1}, 96), TruthOf({}, {}, 96)};
  std::map<std::string, double> given;
  for (const auto& [name, value] : YolactLosses(out, truths)) given[name] = value.item<double>();

  const int64_t priors = out.priors.size(0), h = out.proto.size(1), w = out.proto.size(2);
  double box = 0, mask = 0, conf = 0, segm = 0;
  int64_t positives = 0;
  for (int64_t n = 0; n < 3; ++n) {
    const YolactTargets targets = MatchPriors(out.priors, truths[n]);
    const torch::Tensor logits = out.conf[n].detach().to(torch::kFloat64).contiguous();
    std::vector<std::pair<double, double>> negatives;  // hardness, loss
    int64_t own = 0;
    for (int64_t p = 0; p < priors; ++p) {
      const double* row = logits.data_ptr<double>() + p * config.classes;
      double sum = 0;
      for (int c = 0; c < config.classes; ++c) sum += std::exp(row[c]);
      const int64_t wanted = targets.conf[p].item<int64_t>();
      if (wanted == 0) negatives.emplace_back(std::log(sum) - row[0], std::log(sum) - row[0]);
      if (wanted <= 0) continue;
      ++own;
      conf += std::log(sum) - row[wanted];
      for (int i = 0; i < 4; ++i) {
        const double d =
            std::abs(out.box[n][p][i].item<double>() - targets.box[p][i].item<double>());
        box += d < 1 ? 0.5 * d * d : d - 0.5;
      }
      const int64_t t = targets.index[p].item<int64_t>();
      const torch::Tensor target = PlainResize(truths[n].masks[t], h, w) > 0.5;
      const float x1 = truths[n].boxes[t][0].item<float>(),
                  y1 = truths[n].boxes[t][1].item<float>();
      const float x2 = truths[n].boxes[t][2].item<float>(),
                  y2 = truths[n].boxes[t][3].item<float>();
      double sum_mask = 0;
      for (int64_t y = 0; y < h; ++y) {
        for (int64_t x = 0; x < w; ++x) {
          const bool inside = x >= std::max(0.f, x1 * w - 1) &&
                              x < std::min<float>(w, x2 * w + 1) &&
                              y >= std::max(0.f, y1 * h - 1) && y < std::min<float>(h, y2 * h + 1);
          const double dot = (out.proto[n][y][x] * out.coef[n][p]).sum().item<double>();
          const double is = inside ? 1 / (1 + std::exp(-dot)) : 0;
          const bool should = target[y][x].item<bool>();
          sum_mask -= std::max(-100., std::log(should ? is : 1 - is));
        }
      }
      mask += sum_mask / ((x2 - x1) * w * (y2 - y1) * h);
    }
    std::sort(negatives.rbegin(), negatives.rend());
    const int64_t count = 3 * std::max<int64_t>(1, own);
    for (int64_t i = 0; i < count; ++i) conf += negatives[i].second;
    positives += own;
    const torch::Tensor map = out.segm[n].detach();
    for (int64_t c = 0; c < config.classes - 1; ++c) {
      torch::Tensor wanted = torch::zeros({map.size(1), map.size(2)});
      for (int64_t t = 0; t < truths[n].labels.size(0); ++t) {
        if (truths[n].labels[t].item<int64_t>() != c) continue;
        const torch::Tensor shape = PlainResize(truths[n].masks[t], map.size(1), map.size(2)) > 0.5;
        wanted = torch::where(shape, torch::ones_like(wanted), wanted);
      }
      const torch::Tensor p = torch::sigmoid(map[c]);
      segm -= (wanted * p.log() + (1 - wanted) * (1 - p).log()).sum().item<double>() /
              static_cast<double>(map.size(1) * map.size(2));
    }
  }
  REQUIRE(positives >= 3);
  CHECK(given["B"] == doctest::Approx(1.5 * box / positives).epsilon(1e-4));
  CHECK(given["M"] == doctest::Approx(6.125 * mask / positives).epsilon(1e-4));
  CHECK(given["C"] == doctest::Approx(conf / positives).epsilon(1e-4));
  CHECK(given["S"] == doctest::Approx(segm / 3).epsilon(1e-4));

  torch::Tensor sum = torch::zeros({});
  for (const auto& [name, value] : YolactLosses(out, truths)) sum = sum + value;
  sum.backward();
  for (const auto& item : net->named_parameters()) {
    CAPTURE(item.key());
    REQUIRE(item.value().grad().defined());
    CHECK(torch::isfinite(item.value().grad()).all().item<bool>());
  }
}

TEST_CASE("only pictures without animals still teach what is none") {
  torch::manual_seed(23);
  Yolact net(Small());
  net->InitWeights();
  net->train();
  const YolactOutput out = net->forward(torch::randn({2, 3, 96, 96}));
  for (const auto& [name, value] : YolactLosses(out, {TruthOf({}, {}, 96), TruthOf({}, {}, 96)})) {
    const auto& shown = name;
    CAPTURE(shown);
    CHECK(std::isfinite(value.item<double>()));
    CHECK((value.item<double>() > 0) == (name == "C" || name == "S"));
  }
}

TEST_CASE("fast suppression drops what any better box overlaps, even one that is dropped itself") {
  YolactOutput out;
  out.priors = torch::tensor({0.30f, 0.5f, 0.2f,  0.2f, 0.34f, 0.5f, 0.2f,  0.2f, 0.39f, 0.5f,
                              0.2f,  0.2f, 0.80f, 0.5f, 0.2f,  0.2f, 0.80f, 0.1f, 0.1f,  0.1f})
                   .view({5, 4});
  out.box = torch::zeros({1, 5, 4});
  out.coef = torch::arange(5).to(torch::kFloat32).view({1, 5, 1});
  // Probabilities of background and two classes.
  out.conf = torch::tensor({0.1f, 0.8f, 0.1f, 0.21f, 0.7f, 0.09f, 0.32f, 0.6f, 0.08f, 0.3f, 0.1f,
                            0.6f, 0.96f, 0.02f, 0.02f})
                 .log()
                 .view({1, 5, 3});
  const YolactFound found = DetectYolact(out, 0);
  // By hand, class 0: the second overlaps the first (2/3) and goes; the third overlaps only the
  // second (0.6; 0.38 with the first) and goes with it, although the greedy rule would keep it; the
  // fourth stays with its 0.1. Class 1: the fourth leads; then the first, and the other two go. The
  // fifth is background.
  std::vector<std::vector<double>> expected = {{0.8, 0, 0}, {0.6, 1, 3}, {0.1, 0, 3}, {0.1, 1, 0}};
  REQUIRE(found.scores.size(0) == 4);
  for (const auto& row : expected) {
    bool there = false;
    for (int64_t i = 0; i < 4; ++i) {
      there = there || (std::abs(found.scores[i].item<double>() - row[0]) < 1e-5 &&
                        found.labels[i].item<int64_t>() == static_cast<int64_t>(row[1]) &&
                        found.coef[i][0].item<double>() == row[2]);
    }
    CHECK(there);
  }
  CHECK(found.scores[0].item<double>() == doctest::Approx(0.8));
  CHECK(found.class_scores[1][1].item<double>() == doctest::Approx(0.6));
  const torch::Tensor corners = found.boxes[0].contiguous();
  const float box[] = {0.2f, 0.4f, 0.4f, 0.6f};
  CHECK(Iou(corners.data_ptr<float>(), box) > 0.999f);
  out.conf = torch::zeros({1, 5, 3});
  out.conf.select(2, 0).fill_(20);
  CHECK(DetectYolact(out, 0).scores.size(0) == 0);
}

TEST_CASE("a mask is the sigmoid of prototypes, cut to its box and enlarged bilinearly") {
  torch::manual_seed(24);
  const torch::Tensor proto = torch::randn({24, 30, 4}), coef = torch::randn({4});
  for (const auto& corners : std::vector<std::vector<float>>{
           {0.2f, 0.3f, 0.6f, 0.7f}, {-0.1f, 0.5f, 0.3f, 1.2f}, {0.9f, 0.9f, 0.95f, 0.94f}}) {
    const torch::Tensor box = torch::tensor(corners);
    const cv::Size picture(133, 70);
    const YolactMask found = MaskOfYolact(proto, coef, box, picture);
    torch::Tensor cells = torch::sigmoid((proto * coef).sum(2));
    for (int64_t y = 0; y < 24; ++y) {
      for (int64_t x = 0; x < 30; ++x) {
        const bool inside =
            x >= std::max(0.f, corners[0] * 30 - 1) && x < std::min(30.f, corners[2] * 30 + 1) &&
            y >= std::max(0.f, corners[1] * 24 - 1) && y < std::min(24.f, corners[3] * 24 + 1);
        if (!inside) cells[y][x] = 0;
      }
    }
    const torch::Tensor expected = PlainResize(cells, 70, 133) > 0.5;
    cv::Mat whole(picture, CV_8UC1, cv::Scalar(0));
    if (!found.region.empty()) found.mask.copyTo(whole(found.region));
    int wrong = 0;
    for (int y = 0; y < 70; ++y) {
      for (int x = 0; x < 133; ++x) {
        wrong += (whole.at<uchar>(y, x) > 0) != expected[y][x].item<bool>();
      }
    }
    CHECK(wrong <= 1);  // a pixel on the very threshold may round to either side
    CHECK((found.certainty > 0) == !found.region.empty());
  }
  const torch::Tensor nowhere = torch::tensor({NAN, NAN, NAN, NAN});
  CHECK(MaskOfYolact(proto, coef, nowhere, {50, 50}).region.area() <= 50 * 50);
}

}  // namespace yolact_test
