// Times Mask R-CNN for tests/bench.sh nets; the Python beside it times torchvision's.
//   bench_nets make WEIGHTS            random weights that find some animals, for both programs
//   bench_nets time WEIGHTS SIDE MODE REPEATS   MODE: infer, infer-bf16 or train
// Prints one JSON object: seconds of each repeat, and what was found, to compare.
#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <chrono>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/base/process_memory.h"
#include "train/base/device.h"
#include "train/nets/rcnn/mask_rcnn.h"
#include "train/weights/module_weights.h"

namespace {

using namespace train;

constexpr int kClasses = 91;

MaskRcnn Make(int side) {
  MaskRcnnOptions options;
  options.short_side = side;
  options.trainable_layers = 3;
  return MaskRcnn(kClasses, options);
}

void Enliven(MaskRcnn& net) {
  torch::NoGradGuard no_grad;
  for (const auto& part : net->modules(false)) {
    if (auto* norm = part->as<Norm2dImpl>()) {
      norm->weight.uniform_(0.4, 0.7);
      norm->running_var.uniform_(0.7, 1.3);
    }
  }
  for (auto& item : net->named_parameters()) {
    if (item.key() == "rpn.head.cls_logits.weight") item.value().normal_(0, 0.1);
    if (item.key() == "roi_heads.box_predictor.cls_score.weight") item.value().normal_(0, 0.4);
  }
}

// The picture and labels that the Python program makes too.
DetectSample Sample(int side) {
  const int64_t height = side, width = side * 4 / 3;
  DetectSample sample;
  const torch::Tensor y = torch::arange(height, torch::kFloat32).view({1, -1, 1});
  const torch::Tensor x = torch::arange(width, torch::kFloat32).view({1, 1, -1});
  const torch::Tensor c = torch::arange(3, torch::kFloat32).view({-1, 1, 1});
  sample.image = ((x * 0.11 + c).sin() * (y * 0.07 - c).cos() * 0.5 + 0.5).contiguous();
  const float s = static_cast<float>(side);
  sample.boxes = torch::tensor({.1f * s, .1f * s, .4f * s, .3f * s,  //
                                .5f * s, .4f * s, .9f * s, .8f * s})
                     .view({2, 4});
  sample.labels = torch::tensor({1, 2}, torch::kInt64);
  sample.masks = torch::zeros({2, height, width}, torch::kUInt8);
  for (int i = 0; i < 2; ++i) {
    const torch::Tensor box = sample.boxes[i].to(torch::kInt64);
    sample.masks[i]
        .slice(0, box[1].item<int64_t>(), box[3].item<int64_t>())
        .slice(1, box[0].item<int64_t>(), box[2].item<int64_t>())
        .fill_(1);
  }
  return sample;
}

// Of the clock on the wall, and of all threads together: the latter hardly depends on what else the
// machine does.
struct Spent {
  std::vector<double> seconds, processor_seconds;
  void Add(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor_start = std::clock();
    work();
    processor_seconds.push_back(static_cast<double>(std::clock() - processor_start) /
                                CLOCKS_PER_SEC);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "make") {
    torch::manual_seed(1);
    MaskRcnn net = Make(800);
    Enliven(net);
    WeightsFile file;
    StoreTensors(NamedValues(*net), "", file);
    WriteSafetensors(arguments[1], file);
    return 0;
  }
  if (arguments.size() != 5 || arguments[0] != "time") {
    std::cerr << "usage: bench_nets make WEIGHTS | time WEIGHTS SIDE MODE REPEATS\n";
    return 2;
  }
  UseThreads(2);
  const int side = std::stoi(arguments[2]), repeats = std::stoi(arguments[4]);
  const std::string mode = arguments[3];
  MaskRcnn net = Make(side);
  LoadTensors(ReadSafetensors(arguments[1]), "", NamedValues(*net));
  const DetectSample sample = Sample(side);
  nlohmann::json found;
  Spent spent;
  const auto Time = [&](int repeat, const std::function<void()>& work) {
    repeat == 0 ? work() : spent.Add(work);  // the first allocates
  };
  std::optional<datasets::HeldMemory> held;  // as vole train does
  if (mode == "train") {
    held.emplace();
    net->train();
    torch::optim::SGD sgd(net->parameters(), torch::optim::SGDOptions(1e-6).momentum(0.9));
    for (int i = 0; i <= repeats; ++i) {
      torch::manual_seed(1);
      Time(i, [&] {
        for (torch::Tensor& parameter : net->parameters()) parameter.mutable_grad().reset();
        torch::Tensor sum;
        for (const auto& [name, value] : net->Losses({sample})) {
          sum = sum.defined() ? sum + value : value;
        }
        sum.backward();
        sgd.step();
        found = {{"loss", sum.item<double>()}};
      });
    }
  } else {
    net->eval();
    net->Fold(mode == "infer-bf16" ? torch::kBFloat16 : torch::kFloat32);
    for (int i = 0; i <= repeats; ++i) {
      Time(i, [&] {
        const auto detections = net->Infer({sample.image})[0];
        double scores = 0, pixels = 0;
        for (const Found& one : detections) {
          scores += one.score;
          pixels += cv::countNonZero(one.mask);
        }
        found = {{"detections", detections.size()}, {"scores", scores}, {"pixels", pixels}};
      });
    }
  }
  std::cout << nlohmann::json{{"seconds", spent.seconds},
                              {"processor_seconds", spent.processor_seconds},
                              {"found", found}}
                   .dump()
            << "\n";
}
