#include "app/model/drawing/clock_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace app {

std::string ClockText(double seconds) {
  char text[40];
  const auto hundredths = std::llround(seconds * 100), minutes = hundredths / 6000;
  if (minutes < 60) {
    std::snprintf(text, sizeof text, "%lld:%02lld.%02lld", minutes, hundredths / 100 % 60,
                  hundredths % 100);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld.%02lld", minutes / 60, minutes % 60,
                  hundredths / 100 % 60, hundredths % 100);
  }
  return text;
}

std::optional<int> FrameOfText(const std::string& text, const datasets::FrameTimes& times) {
  double total = 0;
  int parts = 0;
  const char* at = text.c_str();
  while (*at == ' ') ++at;
  while (true) {
    if (*at < '0' || *at > '9') return std::nullopt;  // no sign, no "inf"
    char* end = nullptr;
    total = total * 60 + std::strtod(at, &end);
    ++parts;
    at = end;
    if (*at != ':') break;
    ++at;
  }
  while (*at == ' ') ++at;
  if (*at != 0 || parts > 3) return std::nullopt;
  if (parts == 1) {
    if (text.find_first_not_of(" 0123456789") != std::string::npos) return std::nullopt;
  } else {
    return times.Nearest(total);
  }
  return static_cast<int>(std::min(total, static_cast<double>(std::numeric_limits<int>::max())));
}

}  // namespace app
