#include "train/detect/description.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "datasets/base/median.h"

namespace train {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

void CheckRange(double value, double low, double high, const char* name) {
  if (!(std::isfinite(value) && value >= low && value <= high)) {
    throw std::invalid_argument(std::string("'") + name + "' is out of range");
  }
}

}  // namespace

ModelInfo InfoOfLabels(const TrainingData& data, const std::string& architecture) {
  ModelInfo info;
  info.architecture = architecture;
  info.classes = data.classes;
  const size_t classes = data.classes.size();
  info.max_instances.assign(classes, 0);
  std::vector<double> areas;
  std::vector<std::vector<double>> of_class(classes);
  for (const LabeledFrame& frame : data.frames) {
    std::vector<int> seen(classes, 0);
    for (const LabeledObject& object : frame.objects) {
      const double area = datasets::RleArea(object.mask);
      if (object.ignore || area <= 0) continue;
      ++seen[object.class_index];
      areas.push_back(area);
      of_class[object.class_index].push_back(area);
    }
    for (size_t k = 0; k < classes; ++k) {
      info.max_instances[k] = std::max(info.max_instances[k], seen[k]);
    }
  }
  info.median_area = datasets::Median(areas);
  for (auto& values : of_class) info.class_median_area.push_back(datasets::Median(values));
  return info;
}

std::map<std::string, std::string> ToMetadata(const DetectDescription& d) {
  const json input = {{"version", kVersion},
                      {"settings", d.settings},
                      {"temperature", d.temperature},
                      {"least_score", d.least_score},
                      {"median_area", d.info.median_area},
                      {"class_median_area", d.info.class_median_area},
                      {"max_instances", d.info.max_instances}};
  return {{"architecture", d.info.architecture},
          {"classes", json(d.info.classes).dump()},
          {"input", input.dump()},
          {"record", d.info.record.dump(-1, ' ', false, json::error_handler_t::replace)}};
}

DetectDescription DetectDescriptionOf(const std::map<std::string, std::string>& metadata,
                                      const std::string& model_file) {
  try {
    DetectDescription d;
    d.info.architecture = metadata.at("architecture");
    d.info.classes = json::parse(metadata.at("classes")).get<std::vector<std::string>>();
    d.info.record = json::parse(metadata.at("record"));
    const json input = json::parse(metadata.at("input"));
    if (input.at("version").get<int>() > kVersion) {
      throw std::invalid_argument("it was written by a newer version");
    }
    d.settings = input.at("settings");
    d.temperature = input.at("temperature").get<double>();
    d.least_score = input.at("least_score").get<double>();
    d.info.median_area = input.at("median_area").get<double>();
    d.info.class_median_area = input.at("class_median_area").get<std::vector<double>>();
    d.info.max_instances = input.at("max_instances").get<std::vector<int>>();
    const size_t classes = d.info.classes.size();
    CheckRange(static_cast<double>(classes), 1, 1000, "classes");
    if (d.info.max_instances.size() != classes || d.info.class_median_area.size() != classes) {
      throw std::invalid_argument("its lists of classes differ in length");
    }
    CheckRange(d.temperature, 1e-2, 1e3, "temperature");
    CheckRange(d.least_score, 0, 1, "least_score");
    CheckRange(d.info.median_area, 0, 1e10, "median_area");
    return d;
  } catch (const std::exception& error) {
    throw datasets::Error("model " + model_file,
                          std::string("its description cannot be used (") + error.what() + ")",
                          "choose a model file made by `vole train`");
  }
}

}  // namespace train
