#include "train/idseg/description.h"

#include <cmath>

#include "datasets/base/error.h"

namespace train {
namespace {

using nlohmann::json;

constexpr int kVersion = 2;  // 2: pixels may say where their animal's center is

void CheckFinite(double value, double low, double high, const char* name) {
  if (!(std::isfinite(value) && value >= low && value <= high)) {
    throw std::invalid_argument(std::string("'") + name + "' is out of range");
  }
}

void Check(const IdsegDescription& d) {
  const size_t classes = d.info.classes.size();
  if (classes < 1 || classes > 1000) throw std::invalid_argument("it names no classes");
  if (d.info.max_instances.size() != classes || d.info.class_median_area.size() != classes) {
    throw std::invalid_argument("its lists of classes differ in length");
  }
  CheckFinite(d.seg.scale, 1e-3, 4, "scale");
  for (double mean : d.seg.mean_bgr) CheckFinite(mean, 0, 255, "mean_bgr");
  CheckFinite(d.seg.deviation, 1e-3, 1e3, "deviation");
  CheckFinite(d.seg.reference_level, 0, 255, "reference_level");
  CheckFinite(d.crop.side_in_image, 0, 1e5, "crop side_in_image");
  CheckFinite(d.crop.side, 16, 1024, "crop side");
  if (d.crop.channels != 2 && d.crop.channels != 4) throw std::invalid_argument("crop channels");
  CheckFinite(d.crop.mean, 0, 255, "crop mean");
  CheckFinite(d.crop.deviation, 1e-3, 1e3, "crop deviation");
  CheckFinite(d.threshold, 0.01, 0.99, "threshold");
  CheckFinite(d.smallest_area, 0, 1e10, "smallest_area");
  CheckFinite(d.info.median_area, 0, 1e10, "median_area");
  CheckFinite(d.pixel_temperature, 1e-2, 1e3, "pixel_temperature");
  CheckFinite(d.crop_temperature, 1e-2, 1e3, "crop_temperature");
}

}  // namespace

std::map<std::string, std::string> ToMetadata(const IdsegDescription& d) {
  const json input = {
      {"version", kVersion},
      {"scale", d.seg.scale},
      {"mean_bgr", d.seg.mean_bgr},
      {"deviation", d.seg.deviation},
      {"reference_level", d.seg.reference_level},
      {"crop_side_in_image", d.crop.side_in_image},
      {"crop_side", d.crop.side},
      {"crop_channels", d.crop.channels},
      {"crop_mean", d.crop.mean},
      {"crop_deviation", d.crop.deviation},
      {"centers", d.centers},
      {"threshold", d.threshold},
      {"smallest_area", d.smallest_area},
      {"median_area", d.info.median_area},
      {"class_median_area", d.info.class_median_area},
      {"max_instances", d.info.max_instances},
      {"pixel_temperature", d.pixel_temperature},
      {"crop_temperature", d.crop_temperature},
  };
  return {{"architecture", d.info.architecture},
          {"classes", json(d.info.classes).dump()},
          {"input", input.dump()},
          {"record", d.info.record.dump(-1, ' ', false, json::error_handler_t::replace)}};
}

IdsegDescription FromMetadata(const std::map<std::string, std::string>& metadata,
                              const std::string& model_file) {
  const char* remedy = "choose a model file made by `vole train`";
  for (const char* key : {"architecture", "classes", "input", "record"}) {
    if (!metadata.count(key)) {
      throw datasets::Error("model " + model_file,
                            std::string("it holds weights but no '") + key + "' description",
                            remedy);
    }
  }
  if (metadata.at("architecture") != "idseg") {
    throw datasets::Error("model " + model_file,
                          "it is of the architecture '" +
                              metadata.at("architecture").substr(0, 40) +
                              "', which this program does not know",
                          remedy);
  }
  try {
    IdsegDescription d;
    d.info.architecture = "idseg";
    d.info.classes = json::parse(metadata.at("classes")).get<std::vector<std::string>>();
    d.info.record = json::parse(metadata.at("record"));
    const json input = json::parse(metadata.at("input"));
    if (input.at("version").get<int>() > kVersion) {
      throw std::invalid_argument("it was written by a newer version");
    }
    d.seg.scale = input.at("scale").get<double>();
    const auto mean = input.at("mean_bgr").get<std::vector<double>>();
    if (mean.size() != 3) throw std::invalid_argument("'mean_bgr' needs three values");
    for (int i = 0; i < 3; ++i) d.seg.mean_bgr[i] = mean[i];
    d.seg.deviation = input.at("deviation").get<double>();
    d.seg.reference_level = input.at("reference_level").get<double>();
    d.crop.side_in_image = input.at("crop_side_in_image").get<int>();
    d.crop.side = input.at("crop_side").get<int>();
    d.crop.channels = input.at("crop_channels").get<int>();
    d.crop.mean = input.at("crop_mean").get<double>();
    d.crop.deviation = input.at("crop_deviation").get<double>();
    d.centers = input.value("centers", false);
    d.threshold = input.at("threshold").get<double>();
    d.smallest_area = input.at("smallest_area").get<double>();
    d.info.median_area = input.at("median_area").get<double>();
    d.info.class_median_area = input.at("class_median_area").get<std::vector<double>>();
    d.info.max_instances = input.at("max_instances").get<std::vector<int>>();
    d.pixel_temperature = input.at("pixel_temperature").get<double>();
    d.crop_temperature = input.at("crop_temperature").get<double>();
    Check(d);
    return d;
  } catch (const std::exception& error) {
    throw datasets::Error("model " + model_file,
                          std::string("its description cannot be used (") + error.what() + ")",
                          remedy);
  }
}

}  // namespace train
