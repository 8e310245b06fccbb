// Prints how often IdNet names a rendered animal right from one crop and from a window of frames.
// usage: bench_idnet MODEL SCENE SEED FIRST_FRAME END_FRAME [LABELS.json]
// Crops are cut along the exact masks; frames of LABELS.json (COCO) are learned from and left out.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <set>
#include <string>
#include <vector>

#include "datasets/base/error.h"
#include "datasets/synthetic/scene.h"
#include "train/idnet/idnet.h"

namespace {

using train::IdentityNamer;

struct Count {
  int crops = 0, by_frame = 0, by_window = 0;
  void Print(const char* what) const {
    if (crops == 0) return;
    std::printf("%-34s %7d %12.4f %12.4f\n", what, crops, static_cast<double>(by_frame) / crops,
                static_cast<double>(by_window) / crops);
  }
};

std::set<int> FramesIn(const std::string& file) {
  std::set<int> frames;
  std::ifstream in(file);
  const auto json = nlohmann::json::parse(in);
  for (const auto& image : json.at("images")) {  // "video.mp4#000123"
    const auto name = image.at("file_name").get<std::string>();
    frames.insert(std::atoi(name.substr(name.find('#') + 1).c_str()));
  }
  if (frames.empty()) throw datasets::Error("labels '" + file + "'", "no frame numbers in it");
  return frames;
}

size_t Best(const std::vector<float>& log_prob) {
  return static_cast<size_t>(std::max_element(log_prob.begin(), log_prob.end()) - log_prob.begin());
}

struct Crop {
  IdentityNamer::Features features;
  bool covered = false;  // part of the animal lies under another
};

void Run(const std::string& model, const datasets::SceneOptions& options, int first, int end,
         const std::set<int>& learned) {
  IdentityNamer namer(model);
  const datasets::Scene scene(options);
  const auto names = scene.AnimalNames();
  std::vector<size_t> class_of;
  for (const std::string& name : names) {
    const auto& classes = namer.info().classes;
    const auto found = std::find(classes.begin(), classes.end(), name);
    if (found == classes.end()) throw datasets::Error(model, "it does not know '" + name + "'");
    class_of.push_back(static_cast<size_t>(found - classes.begin()));
  }
  std::map<int, std::vector<Crop>> seen;  // by frame, [animal]
  for (int frame = first; frame < end; ++frame) {
    datasets::FrameTruth truth;
    const cv::Mat picture = scene.Render(frame, &truth);
    std::vector<train::Detection> masks;
    std::vector<size_t> animals;
    std::vector<Crop> crops(names.size());
    for (size_t i = 0; i < truth.animals.size(); ++i) {
      const datasets::AnimalTruth& animal = truth.animals[i];
      const int visible = cv::countNonZero(animal.visible);
      if (visible < 100) continue;
      train::Detection mask;
      mask.region = cv::boundingRect(animal.visible);
      mask.mask = animal.visible(mask.region).clone();
      masks.push_back(std::move(mask));
      const auto named = std::find(names.begin(), names.end(), animal.name);
      animals.push_back(static_cast<size_t>(named - names.begin()));
      crops[animals.back()].covered = visible < 0.98 * cv::countNonZero(animal.amodal);
    }
    auto features = namer.FeaturesOf(picture, masks);
    for (size_t i = 0; i < animals.size(); ++i) {
      crops[animals[i]].features = std::move(features[i]);
    }
    seen[frame] = std::move(crops);
  }
  Count all, whole, covered;
  for (const auto& [frame, crops] : seen) {
    if (learned.count(frame)) continue;
    for (size_t animal = 0; animal < crops.size(); ++animal) {
      if (crops[animal].features.empty()) continue;
      IdentityNamer::Window window;
      for (int place = 0; place < train::kIdentityWindow; ++place) {
        const auto at =
            seen.find(frame + (place - train::kIdentityWindow / 2) * train::kIdentitySpacing);
        const bool there = at != seen.end() && !at->second[animal].features.empty();
        window.push_back(there ? &at->second[animal].features : nullptr);
      }
      const bool by_frame = Best(namer.NameFrames({crops[animal].features})[0]) == class_of[animal];
      const bool by_window = Best(namer.NameWindows({window})[0]) == class_of[animal];
      for (Count* count : {&all, crops[animal].covered ? &covered : &whole}) {
        ++count->crops;
        count->by_frame += by_frame;
        count->by_window += by_window;
      }
    }
  }
  std::printf("%-34s %7s %12s %12s\n", "identity accuracy per crop", "crops", "1 frame",
              "window of 7");
  all.Print("all");
  whole.Print("not covered by another");
  covered.Print("partly covered");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 && argc != 7) {
    std::fputs("usage: bench_idnet MODEL SCENE SEED FIRST_FRAME END_FRAME [LABELS.json]\n", stderr);
    return 2;
  }
  try {
    datasets::SceneOptions options;
    options.scene = argv[2];
    options.seed = std::atoll(argv[3]);
    options.frames = std::atoi(argv[5]);
    Run(argv[1], options, std::atoi(argv[4]), std::atoi(argv[5]),
        argc == 7 ? FramesIn(argv[6]) : std::set<int>());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_idnet: %s\n", error.what());
    return 1;
  }
  return 0;
}
