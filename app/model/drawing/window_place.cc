#include "app/model/drawing/window_place.h"

#include <algorithm>
#include <cstdint>

namespace app {
namespace {

constexpr double kShareToSee = 0.25;  // of the window
constexpr int kTopHeight = 40;        // pixels of its top, of which a quarter must be seen

int64_t SharedArea(const WindowPlace& a, const WindowPlace& b) {
  const int64_t width =
      std::min<int64_t>(int64_t{a.x} + a.width, int64_t{b.x} + b.width) - std::max(a.x, b.x);
  const int64_t height =
      std::min<int64_t>(int64_t{a.y} + a.height, int64_t{b.y} + b.height) - std::max(a.y, b.y);
  return std::max<int64_t>(width, 0) * std::max<int64_t>(height, 0);
}

int64_t DistanceBetween(const WindowPlace& a, const WindowPlace& b) {
  const auto gap = [](int64_t low_a, int64_t size_a, int64_t low_b, int64_t size_b) {
    return std::max<int64_t>({low_b - (low_a + size_a), low_a - (low_b + size_b), 0});
  };
  return gap(a.x, a.width, b.x, b.width) + gap(a.y, a.height, b.y, b.height);
}

}  // namespace

WindowPlace OnScreen(const WindowPlace& wanted, const std::vector<WindowPlace>& monitors) {
  if (monitors.empty() || !wanted.known()) return wanted;
  const WindowPlace top = {wanted.x, wanted.y, wanted.width, std::min(kTopHeight, wanted.height)};
  int64_t seen = 0, top_seen = 0;
  for (const WindowPlace& monitor : monitors) {
    seen += SharedArea(wanted, monitor);
    top_seen += SharedArea(top, monitor);
  }
  const int64_t area = int64_t{wanted.width} * wanted.height;
  const bool fits = std::any_of(monitors.begin(), monitors.end(), [&](const WindowPlace& monitor) {
    return wanted.width <= monitor.width && wanted.height <= monitor.height;
  });
  if (fits && static_cast<double>(seen) >= kShareToSee * static_cast<double>(area) &&
      4 * top_seen >= int64_t{top.width} * top.height) {
    return wanted;
  }
  const WindowPlace& home = *std::min_element(
      monitors.begin(), monitors.end(), [&](const WindowPlace& a, const WindowPlace& b) {
        const int64_t shared_a = SharedArea(wanted, a), shared_b = SharedArea(wanted, b);
        if (shared_a != shared_b) return shared_a > shared_b;
        return DistanceBetween(wanted, a) < DistanceBetween(wanted, b);
      });
  WindowPlace placed = wanted;
  placed.width = std::min(wanted.width, home.width);
  placed.height = std::min(wanted.height, home.height);
  placed.x = std::clamp(wanted.x, home.x, home.x + home.width - placed.width);
  placed.y = std::clamp(wanted.y, home.y, home.y + home.height - placed.height);
  return placed;
}

}  // namespace app
