#include "train/architectures.h"

#include <algorithm>
#include <array>

#include "datasets/base/error.h"

namespace train {

#define NETWORKS(name) std::vector<Architecture> name##Networks();
#include "train/network_list.inc"
#undef NETWORKS

namespace {

using datasets::Error;
using nlohmann::json;

constexpr std::array<std::string_view, 12> kTakenByAll = {
    "model",  "steps", "minutes", "processor-time", "validation-share", "init",
    "resume", "seed",  "batch",   "rate",           "threads",          "device"};

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
    case Task::kPoints:
      return "finds key points";
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
  static const std::vector<Architecture> table = [] {
    std::vector<Architecture> all;
    for (const auto& networks : {
#define NETWORKS(name) name##Networks(),
#include "train/network_list.inc"
#undef NETWORKS
         }) {
      all.insert(all.end(), networks.begin(), networks.end());
    }
    return all;
  }();
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
