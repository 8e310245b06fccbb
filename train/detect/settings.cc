#include "train/detect/settings.h"

#include <fmt/format.h>

#include <cmath>

#include "datasets/base/error.h"
#include "train/base/training_options.h"
#include "train/weights/safetensors.h"

namespace train {

int Setting(const nlohmann::json& settings, const std::string& network, const std::string& name,
            int otherwise, int low, int high) {
  const int value = settings.value(name, otherwise);
  if (value < low || value > high) {
    throw datasets::Error("network '" + network + "'",
                          "its " + name + " cannot be " + std::to_string(value),
                          "give " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

double WidthSetting(const nlohmann::json& settings, const std::string& network) {
  const double width = settings.value("width", 1.0);
  if (!(width >= kLeastWidth && width <= 1)) {
    throw datasets::Error("network '" + network + "'", fmt::format("its width cannot be {}", width),
                          fmt::format("give {} to 1", kLeastWidth));
  }
  return width;
}

void CheckWidthOfInit(double given, double own, const std::string& init) {
  constexpr double kRounding = 0.005;  // of who writes .33 for a third
  if (given == 1 || std::abs(given - own) < kRounding) return;
  throw datasets::Error(
      "option --width",
      fmt::format("it is {:.3g}, and '{}', which --init names, is of width {:.3g}", given, init,
                  own),
      "leave --width out to go on with that network, or --init to begin anew");
}

void TakeSettings(const WeightsFile& file, const std::string& network,
                  const std::vector<std::string>& names, nlohmann::json& settings) {
  const auto of = file.metadata.find("architecture");
  if (of != file.metadata.end() && of->second != network) return;
  const auto own = file.metadata.find("input");
  if (own == file.metadata.end()) return;
  const nlohmann::json input = nlohmann::json::parse(own->second, nullptr, false);
  if (!input.is_object() || !input.contains("settings")) return;
  const nlohmann::json& said = input["settings"];
  if (!said.is_object()) return;
  for (const std::string& name : names) {
    if (said.contains(name)) settings[name] = said[name];
  }
}

}  // namespace train
