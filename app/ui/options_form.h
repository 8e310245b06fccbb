// A form made from an options struct (datasets/base/options.h): one widget a field.
#pragma once

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "datasets/base/options.h"

namespace app {

class OptionsForm {
 public:
  explicit OptionsForm(float scale) : scale_(scale) {}

  template <class T>
  void Field(const char* name, T& value, const char* help, datasets::Range range = {}) {
    ImGui::SetNextItemWidth(120 * scale_);
    if constexpr (std::is_same_v<T, bool>) {
      ImGui::Checkbox(name, &value);
    } else if constexpr (std::is_integral_v<T>) {
      int64_t whole = value;  // a seed has all 64 bits
      if (ImGui::InputScalar(name, ImGuiDataType_S64, &whole)) {
        value = static_cast<T>(ClippedWhole(whole, Limits<T>(range)));
      }
    } else if constexpr (std::is_floating_point_v<T>) {
      double number = value;
      if (ImGui::InputDouble(name, &number, 0, 0, "%.4g")) value = Clipped<T>(number, range);
    } else {
      char text[512];
      snprintf(text, sizeof text, "%s", value.c_str());
      if (ImGui::InputText(name, text, sizeof text)) value = text;
    }
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", help);
  }

 private:
  // Of what the field may hold and the type can.
  template <class T>
  static std::pair<int64_t, int64_t> Limits(datasets::Range range) {
    const auto low = static_cast<int64_t>(std::numeric_limits<T>::lowest());
    const auto high = static_cast<int64_t>(std::numeric_limits<T>::max());
    if (!range.bounded()) return {low, high};
    constexpr double kWide = 9e18;  // below what a 64-bit number holds
    return {range.low > -kWide ? std::max(low, static_cast<int64_t>(std::ceil(range.low))) : low,
            range.high < kWide ? std::min(high, static_cast<int64_t>(range.high)) : high};
  }
  static int64_t ClippedWhole(int64_t number, std::pair<int64_t, int64_t> limits) {
    return std::clamp(number, limits.first, limits.second);
  }
  template <class T>
  static T Clipped(double number, datasets::Range range) {
    if (range.bounded()) number = std::min(std::max(number, range.low), range.high);
    return static_cast<T>(number);
  }
  float scale_;
};

}  // namespace app
