// A form made from an options struct (datasets/base/options.h): one widget a field.
#pragma once

#include <imgui.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <type_traits>

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
      int whole = static_cast<int>(value);
      if (ImGui::InputInt(name, &whole, 0, 0)) value = Clipped<T>(whole, range);
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
  template <class T>
  static T Clipped(double number, datasets::Range range) {
    if (range.bounded()) number = std::min(std::max(number, range.low), range.high);
    return static_cast<T>(number);
  }
  float scale_;
};

}  // namespace app
