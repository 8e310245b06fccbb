#include "train/nets/darknet.h"

#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>

#include "datasets/base/error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/plain_operations.h"

namespace darknet_test {

namespace {

using namespace train;
using tests::PlainConv;
namespace fs = std::filesystem;

std::string Times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

// The published cfg files, one section a line: conv FILTERS SIZE STRIDE, head (a linear 1x1
// convolution), max SIZE STRIDE, add BACK, route BACK-OR-NUMBER..., up, yolo.
std::string PublishedCfg(bool tiny) {
  if (tiny) {
    return "conv 16 3 1\nmax 2 2\nconv 32 3 1\nmax 2 2\nconv 64 3 1\nmax 2 2\nconv 128 3 1\n"
           "max 2 2\nconv 256 3 1\nmax 2 2\nconv 512 3 1\nmax 2 1\nconv 1024 3 1\nconv 256 1 1\n"
           "conv 512 3 1\nhead\nyolo\nroute -4\nconv 128 1 1\nup\nroute -1 8\nconv 256 3 1\nhead\n"
           "yolo\n";
  }
  const std::string neck1024 = Times(2, "conv 512 1 1\nconv 1024 3 1\n") + "conv 512 1 1\n";
  const std::string neck512 = Times(2, "conv 256 1 1\nconv 512 3 1\n") + "conv 256 1 1\n";
  const std::string neck256 = Times(2, "conv 128 1 1\nconv 256 3 1\n") + "conv 128 1 1\n";
  return "conv 32 3 1\nconv 64 3 2\nconv 32 1 1\nconv 64 3 1\nadd -3\nconv 128 3 2\n" +
         Times(2, "conv 64 1 1\nconv 128 3 1\nadd -3\n") + "conv 256 3 2\n" +
         Times(8, "conv 128 1 1\nconv 256 3 1\nadd -3\n") + "conv 512 3 2\n" +
         Times(8, "conv 256 1 1\nconv 512 3 1\nadd -3\n") + "conv 1024 3 2\n" +
         Times(4, "conv 512 1 1\nconv 1024 3 1\nadd -3\n") + neck1024 +
         "conv 1024 3 1\nhead\nyolo\nroute -4\nconv 256 1 1\nup\nroute -1 61\n" + neck512 +
         "conv 512 3 1\nhead\nyolo\nroute -4\nconv 128 1 1\nup\nroute -1 36\n" + neck256 +
         "conv 256 3 1\nhead\nyolo\n";
}

torch::Tensor PlainMax(const torch::Tensor& x, int64_t stride) {
  const int64_t rows = x.size(2), columns = x.size(3);
  torch::Tensor best;
  for (int64_t dy = 0; dy < 2; ++dy) {
    for (int64_t dx = 0; dx < 2; ++dx) {
      const auto Clamped = [&](int64_t shift, int64_t count) {
        return (torch::arange(0, count, stride) + shift).clamp_max(count - 1);
      };
      const torch::Tensor part =
          x.index_select(2, Clamped(dy, rows)).index_select(3, Clamped(dx, columns));
      best = best.defined() ? torch::where(part > best, part, best) : part;
    }
  }
  return best;
}

// Runs the published cfg on numbers in the order of a `.weights` file; plain tensor operations.
std::vector<torch::Tensor> PlainForward(const std::string& cfg, const std::vector<float>& numbers,
                                        int divisor, int head_filters, const torch::Tensor& input) {
  std::istringstream lines(cfg);
  std::string line;
  std::vector<torch::Tensor> outputs, heads;
  int64_t next = 0;
  const torch::Tensor all = torch::tensor(numbers);
  const auto Take = [&](std::vector<int64_t> shape) {
    int64_t count = 1;
    for (const int64_t extent : shape) count *= extent;
    next += count;
    return all.slice(0, next - count, next).view(shape);
  };
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    std::vector<int64_t> values;
    for (int64_t value; words >> value;) values.push_back(value);
    const torch::Tensor x = outputs.empty() ? input : outputs.back();
    const auto Output = [&](int64_t index) {
      return outputs.at(index < 0 ? outputs.size() + index : index);
    };
    if (kind == "conv" || kind == "head") {
      const bool head = kind == "head";
      const int64_t out = head ? head_filters : values[0] / divisor;
      const int64_t size = head ? 1 : values[1];
      const torch::Tensor bias = Take({1, out, 1, 1});
      torch::Tensor scale, mean, variance;
      if (!head) {
        scale = Take({1, out, 1, 1});
        mean = Take({1, out, 1, 1});
        variance = Take({1, out, 1, 1});
      }
      torch::Tensor y = PlainConv(x, Take({out, x.size(1), size, size}), head ? 1 : values[2]);
      if (!head) y = (y - mean) / (variance.sqrt() + 1e-6) * scale;
      y = y + bias;
      outputs.push_back(head ? y : torch::where(y > 0, y, y * 0.1));
    } else if (kind == "max") {
      outputs.push_back(PlainMax(x, values[1]));
    } else if (kind == "add") {
      outputs.push_back(x + Output(values[0]));
    } else if (kind == "route") {
      std::vector<torch::Tensor> parts;
      for (const int64_t value : values) parts.push_back(Output(value));
      outputs.push_back(torch::cat(parts, 1));
    } else if (kind == "up") {
      outputs.push_back(x.repeat_interleave(2, 2).repeat_interleave(2, 3));
    } else {
      heads.push_back(x);
      outputs.push_back(x);
    }
  }
  REQUIRE(next == all.numel());
  return heads;
}

// Statistics and scales as after a training, so that a mistake in their use shows.
void Disturb(DarknetImpl& net) {
  torch::NoGradGuard no_grad;
  for (auto& conv : net.convolutions) {
    if (!conv) continue;
    conv->bias.uniform_(-0.3, 0.3);
    if (!conv->normalized) continue;
    conv->scale.uniform_(0.6, 1.4);
    conv->mean.uniform_(-0.3, 0.3);
    conv->variance.uniform_(0.4, 1.6);
  }
}

std::string MessageOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

std::string ReadBytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteBytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

uint64_t CountOf(const DarknetImpl& net) {
  uint64_t count = 0;
  for (const auto& [name, tensor] : net.InFileOrder()) count += tensor.numel();
  return count;
}

double Furthest(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  REQUIRE(a.size() == b.size());
  double furthest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].sizes() == b[i].sizes());
    const double scale = b[i].abs().mean().item<double>() + 1e-6;
    furthest = std::max(furthest, (a[i] - b[i]).abs().max().item<double>() / scale);
  }
  return furthest;
}

}  // namespace

TEST_CASE("the YOLOv3 networks hold exactly as many numbers as darknet's") {
  const Darknet full(Yolov3Graph(1)), tiny(Yolov3TinyGraph(1));
  CHECK(CountOf(*full) == 61'576'342);
  CHECK(CountOf(*tiny) == 8'676'244);
  CHECK(full->graph.layers.size() == 107);
  CHECK(tiny->graph.layers.size() == 24);
  CHECK(NameDarknetWeights(CountOf(*full)) == "yolov3 (1 class)");
  CHECK(NameDarknetWeights(CountOf(*tiny)) == "yolov3-tiny (1 class)");
  CHECK(NameDarknetWeights(62'001'757) == "yolov3 (80 classes)");
  CHECK(NameDarknetWeights(8'858'734) == "yolov3-tiny (80 classes)");
  CHECK(NameDarknetWeights(12'345).empty());
}

TEST_CASE("the forward pass equals the published cfg run with plain tensor operations") {
  torch::manual_seed(3);
  torch::NoGradGuard no_grad;
  for (const bool tiny : {true, false}) {
    CAPTURE(tiny);
    const int divisor = tiny ? 4 : 8;
    Darknet net(tiny ? Yolov3TinyGraph(2, divisor) : Yolov3Graph(2, divisor));
    Disturb(*net);
    net->eval();
    const torch::Tensor x = torch::rand({2, 3, 96, 64});
    const auto heads = net->forward(x);
    const auto expected =
        PlainForward(PublishedCfg(tiny), StoreDarknet(*net, 0).values, divisor, 21, x);
    CHECK(Furthest(heads, expected) < 1e-4);
    net->Fold(torch::kFloat32);
    CHECK(Furthest(net->forward(x.contiguous(torch::MemoryFormat::ChannelsLast)), expected) < 1e-4);
    Darknet half(net->graph);
    LoadDarknet(StoreDarknet(*Darknet(net->graph), 0), "random", true, *half);
    half->eval();
    const auto exact = half->forward(x);
    half->Fold(torch::kBFloat16);
    CHECK(Furthest(half->forward(x), exact) < 0.3);
    const bool answers_in_float = half->forward(x)[0].scalar_type() == torch::kFloat32;
    CHECK(answers_in_float);
  }
}

TEST_CASE("a training batch is normalized by its own unbiased statistics, which move by 1 %") {
  torch::manual_seed(4);
  DarknetConv conv(3, 4, 3, 2, true);
  {
    torch::NoGradGuard no_grad;
    conv->scale.uniform_(0.5, 1.5);
    conv->bias.uniform_(-1, 1);
  }
  conv->train();
  const torch::Tensor x = torch::randn({2, 3, 8, 6}), pull = torch::randn({2, 4, 4, 3});
  const torch::Tensor plain = PlainConv(x, conv->weight, 2);
  const auto Column = [](const torch::Tensor& t) { return t.view({1, -1, 1, 1}); };
  const torch::Tensor mean = plain.mean({0, 2, 3});
  const torch::Tensor variance = (plain - Column(mean)).square().sum({0, 2, 3}) / (2 * 4 * 3 - 1);
  torch::Tensor expected = (plain - Column(mean)) / (Column(variance).sqrt() + 1e-6);
  expected = expected * Column(conv->scale) + Column(conv->bias);
  expected = torch::where(expected > 0, expected, expected * 0.1);
  const torch::Tensor given = conv->forward(x);
  CHECK((given - expected).abs().max().item<float>() < 1e-5);
  CHECK((conv->mean - 0.01 * mean).abs().max().item<float>() < 1e-6);
  CHECK((conv->variance - (0.99 + 0.01 * variance)).abs().max().item<float>() < 1e-6);
  const auto wanted = torch::autograd::grad({(expected * pull).sum()}, {conv->weight, conv->scale},
                                            {}, /*retain_graph=*/true);
  const auto got = torch::autograd::grad({(given * pull).sum()}, {conv->weight, conv->scale});
  CHECK((wanted[0] - got[0]).abs().max().item<float>() < 1e-4);
  CHECK((wanted[1] - got[1]).abs().max().item<float>() < 1e-4);
}

TEST_CASE("a .weights file comes back bit for bit, with either header") {
  tests::TempDir folder;
  torch::manual_seed(5);
  Darknet net(Yolov3TinyGraph(2, 16)), other(Yolov3TinyGraph(2, 16));
  Disturb(*net);
  DarknetWeights file = StoreDarknet(*net, 32'013'312);
  WriteDarknetWeights(folder / "new.weights", file);
  file.minor = 1;
  WriteDarknetWeights(folder / "old.weights", file);
  CHECK(fs::file_size(folder / "new.weights") == 20 + 4 * file.values.size());
  CHECK(fs::file_size(folder / "old.weights") == 16 + 4 * file.values.size());
  // By hand: version 0.2.0, the counter in 64 bits, then the first layer's biases.
  const std::string bytes = ReadBytes(folder / "new.weights");
  CHECK(bytes.substr(0, 12) == std::string("\0\0\0\0\2\0\0\0\0\0\0\0", 12));
  uint64_t seen = 0;
  std::memcpy(&seen, bytes.data() + 12, 8);
  CHECK(seen == 32'013'312);
  float first = 0;
  std::memcpy(&first, bytes.data() + 20, 4);
  CHECK(first == net->convolutions[0]->bias[0].item<float>());
  for (const char* name : {"new.weights", "old.weights"}) {
    const DarknetWeights read = ReadDarknetWeights(folder / name);
    CHECK(read.seen == 32'013'312);
    CHECK(read.values == file.values);
    const DarknetLoad load = LoadDarknet(read, name, /*exact=*/true, *other);
    CHECK(load.whole);
    CHECK(load.convolutions == 13);
    for (size_t i = 0; i < net->InFileOrder().size(); ++i) {
      CHECK(torch::equal(net->InFileOrder()[i].second, other->InFileOrder()[i].second));
    }
  }
}

TEST_CASE("the list of a network's tensors is the network's own") {
  for (const bool tiny : {false, true}) {
    const YoloGraph graph = tiny ? Yolov3TinyGraph(2, 16) : Yolov3Graph(2, 16);
    const Darknet net(graph);
    const std::vector<DarknetTensor> listed = DarknetTensors(graph);
    const NamedTensors own = net->InFileOrder();
    REQUIRE(listed.size() == own.size());
    for (size_t i = 0; i < own.size(); ++i) {
      CHECK(listed[i].name == own[i].first);
      CHECK(listed[i].shape == own[i].second.sizes().vec());
    }
  }
}

TEST_CASE("backbone files and files for other classes start a training, and say what they gave") {
  torch::manual_seed(6);
  Darknet eighty(Yolov3Graph(80, 16)), two(Yolov3Graph(2, 16));
  Disturb(*eighty);
  const DarknetWeights whole = StoreDarknet(*eighty, 1);
  const torch::Tensor head = two->convolutions[81]->weight.detach().clone();
  const DarknetLoad load = LoadDarknet(whole, "coco", /*exact=*/false, *two);
  CHECK(load.whole);
  CHECK(load.file_classes == 80);
  CHECK(load.convolutions == 72);
  CHECK(torch::equal(two->convolutions[81]->weight, head));
  CHECK(torch::equal(two->convolutions[104]->weight, eighty->convolutions[104]->weight));
  const std::string message = MessageOf([&] { LoadDarknet(whole, "coco.weights", true, *two); });
  CHECK(message.find("coco.weights") != std::string::npos);
  CHECK(message.find("80 classes, this network for 2") != std::string::npos);

  // The published backbone: the first 75 layers, 52 convolutions.
  uint64_t published = 0;
  size_t count = 0;
  const Darknet full(Yolov3Graph(1));
  for (size_t i = 0; i < 75; ++i) {
    if (!full->convolutions[i]) continue;
    for (const auto& tensor : full->convolutions[i]->parameters()) published += tensor.numel();
    for (const auto& tensor : full->convolutions[i]->buffers()) published += tensor.numel();
    if (!eighty->convolutions[i]) continue;
    for (const auto& tensor : eighty->convolutions[i]->parameters()) count += tensor.numel();
    for (const auto& tensor : eighty->convolutions[i]->buffers()) count += tensor.numel();
  }
  CHECK(published == 40'620'640);
  CHECK(NameDarknetWeights(published).find("darknet53.conv.74") != std::string::npos);
  DarknetWeights backbone = whole;
  backbone.values.resize(count);
  Darknet fresh(Yolov3Graph(2, 16));
  const DarknetLoad part = LoadDarknet(backbone, "backbone", false, *fresh);
  CHECK(part.convolutions == 52);
  CHECK_FALSE(part.whole);
  CHECK(part.file_classes == 0);
  CHECK(torch::equal(fresh->convolutions[73]->weight, eighty->convolutions[73]->weight));
  CHECK_FALSE(torch::equal(fresh->convolutions[75]->weight, eighty->convolutions[75]->weight));
  CHECK_FALSE(MessageOf([&] { LoadDarknet(backbone, "b", true, *fresh); }).empty());
}

TEST_CASE("damaged .weights files are refused in one line and change nothing") {
  tests::TempDir folder;
  torch::manual_seed(7);
  Darknet net(Yolov3TinyGraph(1, 16));
  const DarknetWeights whole = StoreDarknet(*net, 64);
  WriteDarknetWeights(folder / "good.weights", whole);
  const std::string good = ReadBytes(folder / "good.weights");
  const auto Refused = [&](const std::string& bytes) {
    WriteBytes(folder / "bad.weights", bytes);
    const auto before = StoreDarknet(*net, 0).values;
    const std::string message = MessageOf([&] {
      LoadDarknet(ReadDarknetWeights(folder / "bad.weights"), "bad.weights", false, *net);
    });
    CAPTURE(message);
    CHECK(message.find("bad.weights") != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
    CHECK(StoreDarknet(*net, 0).values == before);
    return message;
  };
  CHECK(Refused(good.substr(0, good.size() - 2)).find("within a number") != std::string::npos);
  CHECK(Refused(good.substr(0, good.size() - 4)).find("truncated") != std::string::npos);
  CHECK(Refused(good.substr(0, 20)).find("nothing") != std::string::npos);
  CHECK(Refused(good.substr(0, 7)).find("too short") != std::string::npos);
  CHECK(Refused("").find("too short") != std::string::npos);
  CHECK(Refused(good + std::string(8, '\0')).find("fits no part") != std::string::npos);
  CHECK(Refused("PK\3\4" + good).find("darknet") != std::string::npos);
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::string bytes = good;
    std::memcpy(bytes.data() + 20 + 4 * 100, &value, 4);
    CHECK(Refused(bytes).find("number 100") != std::string::npos);
  }
  CHECK(MessageOf([&] { ReadDarknetWeights(folder / "none.weights"); }).find("none.weights") !=
        std::string::npos);
  // The published files of the other network are named.
  DarknetWeights foreign;
  foreign.values.assign(8'676'244, 0.5f);
  Darknet full(Yolov3Graph(1, 16));
  const std::string message = MessageOf([&] { LoadDarknet(foreign, "t.weights", false, *full); });
  CHECK(message.find("yolov3-tiny (1 class)") != std::string::npos);
  CHECK_FALSE(
      MessageOf([&] { WriteDarknetWeights(folder / "missing" / "w.weights", whole); }).empty());
}

}  // namespace darknet_test
