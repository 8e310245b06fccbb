#include "train/nets/siam/siam.h"

#include <map>

#include "tests/support/torch_doctest.h"
#include "train/weights/module_init.h"
#include "train/weights/module_weights.h"

namespace siam_test {

namespace {

using namespace train;
using Shapes = std::map<std::string, std::vector<int64_t>>;
using Weights = std::map<std::string, torch::Tensor>;

void NormShapes(Shapes& list, const std::string& name, int64_t channels) {
  for (const char* part : {"weight", "bias", "running_mean", "running_var"}) {
    list[name + "." + part] = {channels};
  }
  list[name + ".num_batches_tracked"] = {};
}

void BiasedShapes(Shapes& list, const std::string& name, const std::vector<int64_t>& shape) {
  list[name + ".weight"] = shape;
  list[name + ".bias"] = {shape[0]};
}

void HeadShapes(Shapes& list, const std::string& name, int64_t outputs) {
  for (const char* branch : {".conv_kernel", ".conv_search"}) {
    list[name + branch + ".0.weight"] = {256, 256, 3, 3};
    NormShapes(list, name + branch + ".1", 256);
  }
  list[name + ".head.0.weight"] = {256, 256, 1, 1};
  NormShapes(list, name + ".head.1", 256);
  BiasedShapes(list, name + ".head.3", {outputs, 256, 1, 1});
}

void AllHeadShapes(Shapes& list) {
  HeadShapes(list, "rpn_model.cls", 10);
  HeadShapes(list, "rpn_model.loc", 20);
  HeadShapes(list, "mask_model.mask", 3969);
}

// As models/, experiments/siammask_sharp/{custom,resnet}.py of the public code build it.
Shapes ResNetShapes() {
  Shapes list = {{"features.features.conv1.weight", {64, 3, 7, 7}}};
  NormShapes(list, "features.features.bn1", 64);
  const int blocks[] = {3, 4, 6};
  int64_t in = 64;
  for (int layer = 1; layer <= 3; ++layer) {
    const int64_t width = 32 << layer, past = layer == 1 ? 1 : 3;
    for (int block = 0; block < blocks[layer - 1]; ++block) {
      const std::string name =
          "features.features.layer" + std::to_string(layer) + "." + std::to_string(block) + ".";
      list[name + "conv1.weight"] = {width, in, 1, 1};
      list[name + "conv2.weight"] = {width, width, 3, 3};
      list[name + "conv3.weight"] = {4 * width, width, 1, 1};
      NormShapes(list, name + "bn1", width);
      NormShapes(list, name + "bn2", width);
      NormShapes(list, name + "bn3", 4 * width);
      if (block == 0) {
        list[name + "downsample.0.weight"] = {4 * width, in, past, past};
        NormShapes(list, name + "downsample.1", 4 * width);
      }
      in = 4 * width;
    }
  }
  list["features.downsample.downsample.0.weight"] = {256, 1024, 1, 1};
  NormShapes(list, "features.downsample.downsample.1", 256);
  AllHeadShapes(list);
  const int64_t skip[] = {64, 256, 512}, fine[] = {4, 16, 32};
  for (int i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i);
    BiasedShapes(list, "refine_model.v" + number + ".0", {4 * fine[i], skip[i], 3, 3});
    BiasedShapes(list, "refine_model.v" + number + ".2", {fine[i], 4 * fine[i], 3, 3});
    BiasedShapes(list, "refine_model.h" + number + ".0", {fine[i], fine[i], 3, 3});
    BiasedShapes(list, "refine_model.h" + number + ".2", {fine[i], fine[i], 3, 3});
  }
  list["refine_model.deconv.weight"] = {256, 32, 15, 15};
  list["refine_model.deconv.bias"] = {32};
  BiasedShapes(list, "refine_model.post0", {16, 32, 3, 3});
  BiasedShapes(list, "refine_model.post1", {4, 16, 3, 3});
  BiasedShapes(list, "refine_model.post2", {1, 4, 3, 3});
  return list;
}

Shapes AlexNetShapes() {
  Shapes list;
  const int64_t channels[] = {3, 96, 256, 384, 384, 256}, kernels[] = {11, 5, 3, 3, 3};
  const int places[] = {0, 4, 8, 11, 14};
  for (int i = 0; i < 5; ++i) {
    const std::string name = "features.features.";
    BiasedShapes(list, name + std::to_string(places[i]),
                 {channels[i + 1], channels[i], kernels[i], kernels[i]});
    NormShapes(list, name + std::to_string(places[i] + 1), channels[i + 1]);
  }
  AllHeadShapes(list);
  return list;
}

Weights WeightsIn(const torch::nn::Module& net) {
  Weights weights;
  for (const auto& [name, tensor] : NamedValues(net)) weights[name] = tensor.detach();
  return weights;
}

// Statistics as after a training, so that a mistake in their use shows.
void Disturb(torch::nn::Module& net) {
  torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : NamedValues(net)) {
    if (name.find("running_mean") != std::string::npos) tensor.uniform_(-0.2, 0.2);
    if (name.find("running_var") != std::string::npos) tensor.uniform_(0.6, 1.4);
    if (tensor.dim() == 1 && name.find("bias") != std::string::npos) tensor.uniform_(-0.1, 0.1);
  }
  net.eval();
}

// The public code from the names of its weights alone, with plain tensor operations.
struct PlainSiam {
  Weights w;

  torch::Tensor Norm(const torch::Tensor& x, const std::string& name) const {
    const auto Column = [&](const char* part) { return w.at(name + part).view({1, -1, 1, 1}); };
    return (x - Column(".running_mean")) / (Column(".running_var") + 1e-5).sqrt() *
               Column(".weight") +
           Column(".bias");
  }
  // Products of unfolded patches.
  torch::Tensor Conv(const torch::Tensor& x, const std::string& name, int64_t stride = 1,
                     int64_t padding = 0, int64_t dilation = 1) const {
    const torch::Tensor& weight = w.at(name + ".weight");
    const int64_t size = weight.size(2);
    const torch::Tensor patches =
        torch::im2col(x, {size, size}, {dilation, dilation}, {padding, padding}, {stride, stride});
    const int64_t rows = (x.size(2) + 2 * padding - dilation * (size - 1) - 1) / stride + 1;
    const torch::Tensor y = torch::matmul(weight.reshape({weight.size(0), -1}), patches)
                                .view({x.size(0), weight.size(0), rows, -1});
    const auto bias = w.find(name + ".bias");
    return bias == w.end() ? y : y + bias->second.view({1, -1, 1, 1});
  }
  static torch::Tensor Relu(const torch::Tensor& x) {
    return torch::where(x > 0, x, torch::zeros_like(x));
  }
  // Largest of nine neighbors.
  static torch::Tensor Pool(const torch::Tensor& x, int64_t padding) {
    const double low = -1e30;
    const torch::Tensor padded =
        torch::constant_pad_nd(x, {padding, padding, padding, padding}, low);
    const torch::Tensor patches = torch::im2col(padded, {3, 3}, {1, 1}, {0, 0}, {2, 2});
    return std::get<0>(patches.view({x.size(0), x.size(1), 9, -1}).max(2))
        .view({x.size(0), x.size(1), (padded.size(2) - 3) / 2 + 1, -1});
  }
  torch::Tensor Block(const torch::Tensor& x, const std::string& name, int64_t stride,
                      int64_t dilation) const {
    torch::Tensor y = Relu(Norm(Conv(x, name + ".conv1"), name + ".bn1"));
    const int64_t padding = stride == 2 ? 0 : dilation;
    y = Relu(Norm(Conv(y, name + ".conv2", stride, padding, dilation), name + ".bn2"));
    y = Norm(Conv(y, name + ".conv3"), name + ".bn3");
    if (!w.count(name + ".downsample.0.weight")) return Relu(x + y);
    const int64_t size = w.at(name + ".downsample.0.weight").size(2);
    const torch::Tensor past =
        Conv(x, name + ".downsample.0", stride, size == 3 && stride == 1 ? 1 : 0);
    return Relu(Norm(past, name + ".downsample.1") + y);
  }
  SiamMaps ResNet(const torch::Tensor& x) const {
    const std::string body = "features.features.";
    SiamMaps maps;
    torch::Tensor y = Relu(Norm(Conv(x, body + "conv1", 2), body + "bn1"));
    maps.skips.push_back(y);
    y = Pool(y, 1);
    for (int layer = 1; layer <= 3; ++layer) {
      for (int block = 0;; ++block) {
        const std::string name =
            body + "layer" + std::to_string(layer) + "." + std::to_string(block);
        if (!w.count(name + ".conv1.weight")) break;
        y = Block(y, name, layer == 2 && block == 0 ? 2 : 1, layer == 3 && block > 0 ? 2 : 1);
      }
      if (layer < 3) maps.skips.push_back(y);
    }
    maps.map =
        Norm(Conv(y, "features.downsample.downsample.0"), "features.downsample.downsample.1");
    return maps;
  }
  SiamMaps AlexNet(const torch::Tensor& x) const {
    const std::string body = "features.features.";
    torch::Tensor y = Relu(Pool(Norm(Conv(x, body + "0", 2), body + "1"), 0));
    y = Relu(Pool(Norm(Conv(y, body + "4"), body + "5"), 0));
    y = Relu(Norm(Conv(y, body + "8"), body + "9"));
    y = Relu(Norm(Conv(y, body + "11"), body + "12"));
    return {Norm(Conv(y, body + "14"), body + "15"), {}};
  }
  // Every channel of the search slid over by the same channel of the kernel.
  torch::Tensor Correlate(const torch::Tensor& kernel, const torch::Tensor& search,
                          const std::string& name) const {
    const torch::Tensor k =
        Relu(Norm(Conv(kernel, name + ".conv_kernel.0"), name + ".conv_kernel.1"));
    const torch::Tensor x =
        Relu(Norm(Conv(search, name + ".conv_search.0"), name + ".conv_search.1"));
    const int64_t a = k.size(2), side = x.size(2) - a + 1;
    torch::Tensor sum = torch::zeros({x.size(0), x.size(1), side, side});
    for (int64_t i = 0; i < a; ++i) {
      for (int64_t j = 0; j < a; ++j) {
        sum = sum + x.narrow(2, i, side).narrow(3, j, side) * k.narrow(2, i, 1).narrow(3, j, 1);
      }
    }
    return sum;
  }
  torch::Tensor Head(const torch::Tensor& x, const std::string& name) const {
    return Conv(Relu(Norm(Conv(x, name + ".head.0"), name + ".head.1")), name + ".head.3");
  }
  torch::Tensor Twice(const torch::Tensor& x, const std::string& name) const {
    return Relu(Conv(Relu(Conv(x, name + ".0", 1, 1)), name + ".2", 1, 1));
  }
  // Each pixel that of the smaller picture it lies in.
  static torch::Tensor Nearest(const torch::Tensor& x, int64_t side) {
    const torch::Tensor from =
        (torch::arange(side, torch::kFloat64) * (static_cast<double>(x.size(2)) / side))
            .floor()
            .to(torch::kInt64);
    return x.index_select(2, from).index_select(3, from);
  }
  torch::Tensor Refine(const std::vector<torch::Tensor>& skips, const torch::Tensor& correlation,
                       int64_t row, int64_t col) const {
    const auto Window = [&](size_t level, int64_t step, int64_t side, int64_t edge) {
      return torch::constant_pad_nd(skips[level], {edge, edge, edge, edge})
          .narrow(2, step * row, side)
          .narrow(3, step * col, side);
    };
    const std::string name = "refine_model.";
    const torch::Tensor place = correlation.select(2, row).select(2, col);  // [1, 256]
    torch::Tensor y =
        torch::matmul(place, w.at(name + "deconv.weight").view({256, -1})).view({1, 32, 15, 15}) +
        w.at(name + "deconv.bias").view({1, -1, 1, 1});
    y = Twice(y, name + "h2") + Twice(Window(2, 1, 15, 4), name + "v2");
    y = Conv(Nearest(y, 31), name + "post0", 1, 1);
    y = Twice(y, name + "h1") + Twice(Window(1, 2, 31, 8), name + "v1");
    y = Conv(Nearest(y, 61), name + "post1", 1, 1);
    y = Twice(y, name + "h0") + Twice(Window(0, 4, 61, 16), name + "v0");
    return Conv(Nearest(y, 127), name + "post2", 1, 1)[0];
  }
};

double Apart(const torch::Tensor& a, const torch::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a - b).abs().max().item<double>() / (b.abs().mean().item<double>() + 1e-6);
}

torch::Tensor Pictures(int count, int side) { return torch::rand({count, 3, side, side}) * 255; }

}  // namespace

TEST_CASE("SiamMask has the names and shapes of the public code, with both backbones") {
  for (const SiamForm form : {SiamForm::kResNet50, SiamForm::kAlexNet}) {
    const SiamNet net(form);
    const Weights weights = WeightsIn(*net);
    const Shapes expected = form == SiamForm::kResNet50 ? ResNetShapes() : AlexNetShapes();
    CHECK(weights.size() == expected.size());
    for (const auto& [name, shape] : expected) {
      const auto& shown = name;
      CAPTURE(shown);
      REQUIRE(weights.count(name) == 1);
      CHECK(weights.at(name).sizes() == torch::IntArrayRef(shape));
    }
  }
  const Weights update = WeightsIn(*SiamUpdate());
  CHECK(update.size() == 4);
  CHECK(update.at("update.0.weight").sizes() == torch::IntArrayRef({96, 768, 1, 1}));
  CHECK(update.at("update.2.weight").sizes() == torch::IntArrayRef({256, 96, 1, 1}));
}

TEST_CASE("SiamMask takes over a file with the public names, and no other, strictly") {
  torch::manual_seed(30);
  SiamNet from(SiamForm::kResNet50), to(SiamForm::kResNet50);
  WeightsFile file;
  StoreTensors(NamedValues(*from), "", file);
  CHECK(InitValues(NamedValues(*to), file, "SiamMask_DAVIS.pth").complete());
  for (const char* name : {"features.features.layer3.5.conv2.weight", "refine_model.v0.2.bias"}) {
    CHECK(WeightsIn(*to).at(name).equal(WeightsIn(*from).at(name)));
  }
  file.tensors.erase("refine_model.post2.bias");
  CHECK_THROWS(InitValues(NamedValues(*to), file, "SiamMask_DAVIS.pth"));
}

TEST_CASE("each part of SiamMask equals the public code with plain tensor operations") {
  torch::manual_seed(31);
  torch::NoGradGuard no_grad;
  for (const SiamForm form : {SiamForm::kResNet50, SiamForm::kAlexNet}) {
    const bool full = form == SiamForm::kResNet50;
    CAPTURE(full);
    SiamNet net(form);
    Disturb(*net);
    const PlainSiam plain{WeightsIn(*net)};
    const torch::Tensor z = Pictures(1, 127), x = Pictures(1, 255);
    const SiamMaps expected = full ? plain.ResNet(x) : plain.AlexNet(x);
    const SiamMaps given = net->Search(x);
    CHECK(given.map.size(2) == (full ? 31 : 22));
    CHECK(Apart(given.map, expected.map) < 1e-4);
    REQUIRE(given.skips.size() == expected.skips.size());
    for (size_t i = 0; i < given.skips.size(); ++i) {
      CHECK(Apart(given.skips[i], expected.skips[i]) < 1e-4);
    }
    torch::Tensor kernel = full ? plain.ResNet(z).map : plain.AlexNet(z).map;
    if (full) kernel = kernel.slice(2, 4, 11).slice(3, 4, 11);
    CHECK(kernel.size(2) == (full ? 7 : 6));
    CHECK(Apart(net->Template(z), kernel) < 1e-4);

    // The parts are compared on the same maps, so that rounding does not add up.
    const SiamNetImpl::Answer answer = net->Match(kernel, expected.map);
    CHECK(answer.cls.size(2) == net->answer_side());
    CHECK(Apart(answer.cls, plain.Head(plain.Correlate(kernel, expected.map, "rpn_model.cls"),
                                       "rpn_model.cls")) < 1e-4);
    CHECK(Apart(answer.box, plain.Head(plain.Correlate(kernel, expected.map, "rpn_model.loc"),
                                       "rpn_model.loc")) < 1e-4);
    const torch::Tensor correlation = plain.Correlate(kernel, expected.map, "mask_model.mask");
    CHECK(Apart(answer.correlation, correlation) < 1e-4);
    const torch::Tensor outlines = plain.Head(correlation, "mask_model.mask");
    CHECK(Apart(net->Outlines(correlation), outlines) < 1e-4);
    CHECK(Apart(net->CoarseAt(correlation, {{0, 3, 5}})[0],
                outlines[0].select(1, 3).select(1, 5).view({63, 63})) < 1e-4);
    CHECK(Apart(net->Presence(kernel, expected.map),
                answer.cls.slice(1, 5, 10) - answer.cls.slice(1, 0, 5)) < 1e-4);
    if (!full) continue;
    const torch::Tensor fine = net->FineAt(expected.skips, correlation, {{0, 0, 24}, {0, 12, 9}});
    CHECK(Apart(fine[0], plain.Refine(expected.skips, correlation, 0, 24)[0]) < 1e-4);
    CHECK(Apart(fine[1], plain.Refine(expected.skips, correlation, 12, 9)[0]) < 1e-4);
  }
}

TEST_CASE("one picture's map is shared by all templates that look for something in it") {
  torch::manual_seed(32);
  torch::NoGradGuard no_grad;
  SiamNet net(SiamForm::kAlexNet);
  Disturb(*net);
  const torch::Tensor kernels = net->Template(Pictures(9, 127));
  const torch::Tensor map = net->Search(Pictures(1, 255)).map;
  const SiamNetImpl::Answer together = net->Match(kernels, map);
  CHECK(together.cls.size(0) == 9);
  for (const int64_t i : {0, 4, 8}) {
    const SiamNetImpl::Answer alone = net->Match(kernels.narrow(0, i, 1), map);
    CHECK(Apart(together.cls[i], alone.cls[0]) < 1e-4);
    CHECK(Apart(together.correlation[i], alone.correlation[0]) < 1e-4);
  }
}

TEST_CASE("the next template is the first one plus what the update model adds") {
  torch::manual_seed(33);
  torch::NoGradGuard no_grad;
  SiamUpdate net;
  const Weights w = WeightsIn(*net);
  const torch::Tensor first = torch::randn({2, 256, 7, 7}), used = torch::randn({2, 256, 7, 7}),
                      seen = torch::randn({2, 256, 7, 7});
  const torch::Tensor all = torch::cat({first.flatten(2), used.flatten(2), seen.flatten(2)}, 1);
  torch::Tensor y = torch::matmul(w.at("update.0.weight").view({96, 768}), all) +
                    w.at("update.0.bias").view({1, -1, 1});
  y = torch::matmul(w.at("update.2.weight").view({256, 96}), y.clamp_min(0)) +
      w.at("update.2.bias").view({1, -1, 1});
  CHECK(Apart(net->forward(first, used, seen), y.view({2, 256, 7, 7}) + first) < 1e-4);
}

TEST_CASE("layers that do not learn yet keep their weights and their statistics") {
  for (const SiamForm form : {SiamForm::kResNet50, SiamForm::kAlexNet}) {
    SiamNet net(form);
    net->train();
    const auto Learning = [&] {
      int count = 0;
      for (const torch::Tensor& parameter : net->backbone().parameters()) {
        count += parameter.requires_grad();
      }
      return count;
    };
    const int whole = Learning();
    net->backbone().LearnLast(2);
    const int some = Learning();
    net->train();
    net->backbone().LearnLast(0);
    CHECK(some < whole);
    CHECK(Learning() < some);
    net->train();
    net->backbone().LearnLast(form == SiamForm::kResNet50 ? 4 : 5);
    CHECK(Learning() == whole);
  }
}

}  // namespace siam_test
