#include "train/behavior/description.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"

namespace train {
namespace {

using nlohmann::json;

constexpr int kVersion = 2;  // 2: finer measures of slow motion
constexpr char kRemedy[] = "choose a behavior model made by `vole train`";

void CheckRange(double value, double low, double high, const char* name) {
  if (!(std::isfinite(value) && value >= low && value <= high)) {
    throw std::invalid_argument(std::string("'") + name + "' is out of range");
  }
}

void CheckList(const std::vector<double>& values, size_t count, const char* name) {
  if (values.size() != count) throw std::invalid_argument(std::string("'") + name + "' is short");
  for (double value : values) CheckRange(value, -1e6, 1e6, name);
}

void Check(const BehaviorDescription& d) {
  if (d.heads.empty() || d.heads.size() > 1000) throw std::invalid_argument("no behaviors");
  for (const BehaviorHead& head : d.heads) {
    if (head.behaviors.empty() || head.behaviors.size() > 1000) {
      throw std::invalid_argument("a group without behaviors");
    }
  }
  CheckRange(d.input.side, 16, 640, "side");
  CheckRange(d.input.room, 0, 640, "room");
  CheckRange(d.input.extent, 0.1, 100, "extent");
  CheckList(d.input.mean, static_cast<size_t>(d.input.channels()), "mean");
  CheckList(d.input.deviation, static_cast<size_t>(d.input.channels()), "deviation");
  for (double value : d.input.deviation) CheckRange(value, 1e-3, 1e3, "deviation");
  CheckList(d.motion_mean, kMotionFeatures, "motion_mean");
  CheckList(d.motion_deviation, kMotionFeatures, "motion_deviation");
  for (double value : d.motion_deviation) CheckRange(value, 1e-6, 1e6, "motion_deviation");
  CheckList(d.shift, static_cast<size_t>(OutputsOf(d.heads)), "shift");
  CheckRange(d.temperature, 1e-2, 1e2, "temperature");
  CheckRange(d.window, 0, 200, "window");
  CheckRange(d.clip_frames, 1, 32, "clip_frames");
  CheckRange(d.c3d_width, 0, 128, "c3d_width");
}

}  // namespace

int OutputsOf(const std::vector<BehaviorHead>& heads) {
  int outputs = 0;
  for (const BehaviorHead& head : heads) outputs += head.classes();
  return outputs;
}

std::vector<std::string> BehaviorNames(const std::vector<BehaviorHead>& heads) {
  std::vector<std::string> names;
  for (const BehaviorHead& head : heads) {
    names.insert(names.end(), head.behaviors.begin(), head.behaviors.end());
  }
  return names;
}

const std::vector<std::string>& BehaviorArchitectures() {
  static const std::vector<std::string> names = {"behavior-frame", "behavior-seq", "c3d"};
  return names;
}

bool IsBehaviorArchitecture(const std::string& architecture) {
  const auto& names = BehaviorArchitectures();
  return std::find(names.begin(), names.end(), architecture) != names.end();
}

std::map<std::string, std::string> ToMetadata(const BehaviorDescription& d) {
  json heads = json::array();
  for (const BehaviorHead& head : d.heads) {
    heads.push_back({{"group", head.group}, {"behaviors", head.behaviors}});
  }
  json input = {{"version", kVersion},
                {"view", d.input.view},
                {"side", d.input.side},
                {"room", d.input.room},
                {"color", d.input.color},
                {"difference", d.input.difference},
                {"mask", d.input.mask},
                {"masked", d.input.masked},
                {"extent", d.input.extent},
                {"mean", d.input.mean},
                {"deviation", d.input.deviation},
                {"frame_network", d.frame_network},
                {"window", d.window},
                {"causal", d.causal},
                {"motion", d.motion},
                {"motion_mean", d.motion_mean},
                {"motion_deviation", d.motion_deviation},
                {"clip_frames", d.clip_frames},
                {"c3d_width", d.c3d_width},
                {"shift", d.shift},
                {"temperature", d.temperature}};
  if (d.points.count() > 0) input["points"] = ToJson(d.points);
  return {{"architecture", d.architecture},
          {"classes", json(BehaviorNames(d.heads)).dump()},
          {"heads", heads.dump()},
          {"input", input.dump()},
          {"record", d.record.dump(-1, ' ', false, json::error_handler_t::replace)}};
}

BehaviorDescription BehaviorFromMetadata(const std::map<std::string, std::string>& metadata,
                                         const std::string& model_file) {
  for (const char* key : {"architecture", "heads", "input", "record"}) {
    if (!metadata.count(key)) {
      throw datasets::Error("model " + model_file,
                            std::string("it holds weights but no '") + key + "' description",
                            kRemedy);
    }
  }
  BehaviorDescription d;
  int version = kVersion;
  d.architecture = metadata.at("architecture");
  if (!IsBehaviorArchitecture(d.architecture)) {
    throw datasets::Error(
        "model " + model_file,
        "it is of the architecture '" + d.architecture.substr(0, 40) + "', not one for behavior",
        kRemedy);
  }
  try {
    for (const json& entry : json::parse(metadata.at("heads"))) {
      BehaviorHead head;
      head.group = entry.at("group").get<std::string>();
      head.behaviors = entry.at("behaviors").get<std::vector<std::string>>();
      d.heads.push_back(head);
    }
    d.record = json::parse(metadata.at("record"));
    const json input = json::parse(metadata.at("input"));
    version = input.at("version").get<int>();
    if (version > kVersion) {
      throw std::invalid_argument("it was written by a newer version");
    }
    d.input.view = input.at("view").get<std::string>();
    d.input.side = input.at("side").get<int>();
    d.input.room = input.at("room").get<int>();
    d.input.color = input.at("color").get<bool>();
    d.input.difference = input.at("difference").get<bool>();
    d.input.mask = input.at("mask").get<bool>();
    d.input.masked = input.at("masked").get<bool>();
    d.input.extent = input.at("extent").get<double>();
    d.input.mean = input.at("mean").get<std::vector<double>>();
    d.input.deviation = input.at("deviation").get<std::vector<double>>();
    d.frame_network = input.at("frame_network").get<std::string>();
    d.window = input.at("window").get<int>();
    d.causal = input.at("causal").get<bool>();
    d.motion = input.at("motion").get<bool>();
    d.motion_mean = input.at("motion_mean").get<std::vector<double>>();
    d.motion_deviation = input.at("motion_deviation").get<std::vector<double>>();
    d.clip_frames = input.at("clip_frames").get<int>();
    d.c3d_width = input.at("c3d_width").get<int>();
    d.shift = input.at("shift").get<std::vector<double>>();
    d.temperature = input.at("temperature").get<double>();
    if (input.contains("points")) d.points = PointLayoutFrom(input["points"]);
    Check(d);
  } catch (const std::exception& error) {
    throw datasets::Error("model " + model_file,
                          std::string("its description cannot be used (") + error.what() + ")",
                          kRemedy);
  }
  if (version < 2 && d.architecture == "behavior-seq" && d.motion) {
    throw datasets::Error("model " + model_file,
                          "it learned from measures of motion that an earlier Vole took",
                          "train it again");
  }
  return d;
}

}  // namespace train
