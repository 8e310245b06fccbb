// Times the detectors without a program to compare with, for tests/bench.sh nets.
//   bench_detectors NAME SETTINGS WIDTH HEIGHT REPEATS
// NAME: yolact, yolov3 or yolov3-tiny; SETTINGS: JSON of its settings; WIDTH, HEIGHT: of the
// picture. Random weights: they cost what learned ones cost. Prints one JSON object with the
// seconds of each repeat, for one picture to its detections, in float32 and in bfloat16.
#include <torch/torch.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "train/base/device.h"
#include "train/detect/registry.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 5) {
    std::cerr << "usage: bench_detectors NAME SETTINGS WIDTH HEIGHT REPEATS\n";
    return 2;
  }
  train::UseThreads(2);
  const auto settings = nlohmann::json::parse(arguments[1]);
  const int64_t width = std::stoi(arguments[2]), height = std::stoi(arguments[3]);
  nlohmann::json result;
  for (const auto& [name, type] :
       {std::pair("float32", torch::kFloat32), std::pair("bfloat16", torch::kBFloat16)}) {
    torch::manual_seed(1);
    const auto detector = train::MakeDetector(arguments[0], 2, settings);
    detector->module().eval();
    detector->PrepareForInference(type);
    const torch::Tensor picture = torch::rand({3, height, width});
    for (int i = -2; i < std::stoi(arguments[4]); ++i) {
      const auto start = std::chrono::steady_clock::now();
      detector->Infer({picture});
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
      if (i >= 0) result[name].push_back(spent.count());
    }
  }
  std::cout << result.dump() << "\n";
}
