#include "train/architectures.h"

#include <algorithm>
#include <array>

#include "datasets/base/error.h"
#include "train/behavior/train.h"
#include "train/detect/description.h"
#include "train/detect/training.h"
#include "train/idnet/description.h"
#include "train/idnet/idnet.h"
#include "train/idseg/description.h"
#include "train/idseg/training.h"

namespace train {
namespace {

using datasets::Error;
using nlohmann::json;
using Names = std::vector<std::string_view>;

constexpr std::array<std::string_view, 12> kTakenByAll = {
    "model",  "steps", "minutes", "processor-time", "validation-share", "init",
    "resume", "seed",  "batch",   "rate",           "threads",          "device"};

Names Joined(Names names, const Names& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

ModelInfo ReadIdseg(const Architecture::Metadata& metadata, const std::string& name) {
  return FromMetadata(metadata, name).info;
}

ModelInfo ReadIdnet(const Architecture::Metadata& metadata, const std::string& name) {
  return IdnetFromMetadata(metadata, name).info;
}

ModelInfo ReadDetector(const Architecture::Metadata& metadata, const std::string& name) {
  return DetectDescriptionOf(metadata, name).info;
}

ModelInfo ReadBehavior(const Architecture::Metadata& metadata, const std::string& name) {
  const BehaviorDescription description = BehaviorFromMetadata(metadata, name);
  ModelInfo info;
  info.architecture = description.architecture;
  info.classes = BehaviorNames(description.heads);
  info.record = description.record;
  return info;
}

std::vector<Architecture> Table() {
  const Names together = {"rank", "world-size", "rendezvous", "peer-timeout"};
  const Names detector = Joined(together, {"size", "init-partial"});
  const Names behavior = {
      "view",   "behaviors",    "author",           "scored",        "exclusive",
      "flips",  "zones",        "picture-side",     "extent",        "color",
      "masked", "mask-channel", "background-share", "class-weights", "gamma",
      "alpha",  "cache-mb"};
  std::vector<Architecture> table;
  const auto outlines = [&](std::string_view name, std::string_view summary, const Names& options) {
    table.push_back({name, summary, Task::kOutlines, options, TrainDetector, nullptr,
                     LoadDetectPredictor, ReadDetector});
  };
  const auto names = [&](std::string_view name, std::string_view summary) {
    table.push_back({name, summary, Task::kNames, {}, TrainIdnet, nullptr, nullptr, ReadIdnet});
  };
  const auto acts = [&](std::string_view name, std::string_view summary, const Names& options) {
    table.push_back({name, summary, Task::kBehavior, Joined(behavior, options), nullptr,
                     LearnBehavior, nullptr, ReadBehavior});
  };
  table.push_back({"idseg", "outlines and names animals; small, learns from nothing in minutes",
                   Task::kOutlines, together, TrainIdseg, nullptr, LoadIdsegPredictor, ReadIdseg});
  names(kIdnet, "names outlined animals by their crops, a second opinion beside idseg");
  names(kIdnetDense, "the same with DenseNet-121, which takes over public weights");
  outlines("maskrcnn", "Mask R-CNN: the most exact outlines, for a graphics card or public weights",
           Joined(detector, {"depth", "proposals", "staged"}));
  outlines("yolact", "YOLACT: outlines, faster than Mask R-CNN", Joined(detector, {"depth"}));
  outlines("yolov3", "YOLOv3: boxes, no outlines", detector);
  outlines("yolov3-tiny", "YOLOv3, small: boxes, no outlines", detector);
  acts("behavior-frame", "recognizes behavior on single pictures", {"frame-network"});
  acts("behavior-seq", "recognizes behavior from pictures and motion over time",
       {"frame-network", "frame-model", "window", "causal", "motion"});
  acts("c3d", "recognizes behavior on short clips", {"clip-frames", "c3d-width"});
  return table;
}

void RefuseOthers(const Architecture& architecture, const json& options, const json& defaults) {
  for (const auto& [name, value] : options.items()) {
    if (value == defaults.at(name) || architecture.Takes(name)) continue;
    throw Error("option '" + name + "'", NotTakenWords(architecture, name), "leave it out");
  }
}

json OnlyTakenJson(const Architecture& architecture, json options) {
  for (auto item = options.begin(); item != options.end();) {
    item = architecture.Takes(item.key()) ? std::next(item) : options.erase(item);
  }
  return options;
}

}  // namespace

std::string_view TaskWords(Task task) {
  switch (task) {
    case Task::kOutlines:
      return "outlines animals";
    case Task::kNames:
      return "names animals";
    case Task::kBehavior:
      break;
  }
  return "recognizes behavior";
}

bool Architecture::Takes(std::string_view option) const {
  return std::find(kTakenByAll.begin(), kTakenByAll.end(), option) != kTakenByAll.end() ||
         std::find(options.begin(), options.end(), option) != options.end();
}

const std::vector<Architecture>& Architectures() {
  static const std::vector<Architecture> table = Table();
  return table;
}

const Architecture* FindArchitecture(std::string_view name) {
  for (const Architecture& one : Architectures()) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

const Architecture& ArchitectureNamed(const std::string& name) {
  if (const Architecture* found = FindArchitecture(name)) return *found;
  throw Error("model '" + name + "'", "there is no such architecture",
              "`vole models --architectures` lists them; idseg is the default");
}

bool IsFor(Task task, std::string_view architecture) {
  const Architecture* found = FindArchitecture(architecture);
  return found && found->task == task;
}

std::vector<std::string> NamesFor(Task task) {
  std::vector<std::string> names;
  for (const Architecture& one : Architectures()) {
    if (one.task == task) names.emplace_back(one.name);
  }
  return names;
}

std::string NotTakenWords(const Architecture& architecture, std::string_view option) {
  std::string takers;
  for (const Architecture& one : Architectures()) {
    if (one.Takes(option)) takers += (takers.empty() ? "" : ", ") + std::string(one.name);
  }
  return "the network " + std::string(architecture.name) + " does not take it (" +
         (takers.empty() ? "none does" : "it is for " + takers) + ")";
}

void CheckTaken(const TrainOptions& options, const BehaviorOptions& behavior) {
  datasets::CheckOptions(options, "train");
  datasets::CheckOptions(options.together, "train");
  datasets::CheckOptions(behavior, "train");
  const Architecture& architecture = ArchitectureNamed(options.model);
  RefuseOthers(architecture, datasets::OptionsToJson(options),
               datasets::OptionsToJson(TrainOptions()));
  RefuseOthers(architecture, datasets::OptionsToJson(options.together),
               datasets::OptionsToJson(TogetherOptions()));
  RefuseOthers(architecture, datasets::OptionsToJson(behavior),
               datasets::OptionsToJson(BehaviorOptions()));
}

TrainOptions OnlyTaken(const Architecture& architecture, const TrainOptions& options) {
  auto taken = datasets::OptionsFromJson<TrainOptions>(
      OnlyTakenJson(architecture, datasets::OptionsToJson(options)));
  taken.together = datasets::OptionsFromJson<TogetherOptions>(
      OnlyTakenJson(architecture, datasets::OptionsToJson(options.together)));
  return taken;
}

BehaviorOptions OnlyTaken(const Architecture& architecture, const BehaviorOptions& options) {
  return datasets::OptionsFromJson<BehaviorOptions>(
      OnlyTakenJson(architecture, datasets::OptionsToJson(options)));
}

}  // namespace train
