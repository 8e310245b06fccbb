#include "train/points/description.h"

#include <cmath>

#include "datasets/base/error.h"
#include "train/points/points.h"

namespace train {
namespace {

using nlohmann::json;

constexpr int kPointsVersion = 1;

double Within(const json& input, const char* key, double low, double high) {
  const double value = input.at(key).get<double>();
  if (!(std::isfinite(value) && value >= low && value <= high)) {
    throw std::invalid_argument(std::string("'") + key + "' is out of range");
  }
  return value;
}

}  // namespace

bool FindsKeyPoints(const std::string& architecture) {
  return architecture == kPoints || architecture == kPosenet || architecture == kPosenetSmall;
}

int PointsStride(const std::string& architecture) { return architecture == kPoints ? 2 : 1; }

std::map<std::string, std::string> ToMetadata(const PointsDescription& d) {
  const json input = {{"version", kPointsVersion},
                      {"mirror", d.mirror},
                      {"pixels", d.input.pixels},
                      {"whole_pixels", d.input.whole_pixels},
                      {"mean_bgr", {d.input.mean_bgr[0], d.input.mean_bgr[1], d.input.mean_bgr[2]}},
                      {"deviation", d.input.deviation},
                      {"mask_length", d.mask_length},
                      {"point_length", d.point_length},
                      {"whole", d.whole},
                      {"slope", d.slope},
                      {"shift", d.shift}};
  return {{"architecture", d.info.architecture},
          {"classes", json(d.info.classes).dump()},
          {"input", input.dump()},
          {"record", d.info.record.dump(-1, ' ', false, json::error_handler_t::replace)}};
}

PointsDescription PointsFromMetadata(const std::map<std::string, std::string>& metadata,
                                     const std::string& model_file) {
  const auto found = metadata.find("architecture");
  if (found == metadata.end() || !FindsKeyPoints(found->second)) {
    throw datasets::Error("model " + model_file, "it does not find key points",
                          "train one: vole train --model points");
  }
  try {
    PointsDescription d;
    d.info.architecture = found->second;
    d.input.stride = PointsStride(found->second);
    d.info.classes = json::parse(metadata.at("classes")).get<std::vector<std::string>>();
    d.info.record = json::parse(metadata.at("record"));
    const json input = json::parse(metadata.at("input"));
    if (input.at("version").get<int>() > kPointsVersion) {
      throw std::invalid_argument("it was written by a newer version");
    }
    d.mirror = input.at("mirror").get<std::vector<int>>();
    const int points = static_cast<int>(d.info.classes.size());
    if (points < 1 || points > 1000 || static_cast<int>(d.mirror.size()) != points) {
      throw std::invalid_argument("its lists of points differ in length");
    }
    for (const int other : d.mirror) {
      if (other < 0 || other >= points || d.mirror[static_cast<size_t>(other)] < 0) {
        throw std::invalid_argument("'mirror' names a point that there is not");
      }
    }
    d.input.pixels = static_cast<int>(Within(input, "pixels", 32, 1024));
    d.input.whole_pixels = static_cast<int>(Within(input, "whole_pixels", 32, 2048));
    if (d.input.pixels % 32 || d.input.whole_pixels % 32) throw std::invalid_argument("'pixels'");
    const auto mean = input.at("mean_bgr").get<std::vector<double>>();
    if (mean.size() != 3) throw std::invalid_argument("'mean_bgr' needs three values");
    for (int i = 0; i < 3; ++i) d.input.mean_bgr[i] = mean[static_cast<size_t>(i)];
    d.input.deviation = Within(input, "deviation", 1e-3, 1e3);
    d.mask_length = Within(input, "mask_length", 0, 1e5);
    d.point_length = Within(input, "point_length", 0, 1e5);
    d.whole = input.at("whole").get<bool>();
    d.slope = Within(input, "slope", 0, 1e3);
    d.shift = Within(input, "shift", -1e3, 1e3);
    return d;
  } catch (const std::exception& error) {
    throw datasets::Error("model " + model_file,
                          std::string("its description cannot be used (") + error.what() + ")",
                          "choose a model file made by `vole train`");
  }
}

}  // namespace train
