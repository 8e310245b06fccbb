#include "datasets/depth/depth_picture.h"

#include <algorithm>
#include <cmath>

#include "datasets/files/csv.h"

namespace datasets {
namespace {

constexpr double kEdge = 60, kLongest = 720;  // pixels
constexpr size_t kMostCorners = 20'000;       // of one animal's line

// A round step for about six ticks over `length`.
double CmStep(double length) {
  const double raw = std::max(length, 1e-6) / 6, power = std::pow(10, std::floor(std::log10(raw)));
  for (const double one : {1.0, 2.0, 5.0}) {
    if (raw <= one * power) return one * power;
  }
  return 10 * power;
}

struct SidePanel {  // shows two of the three axes
  int across, up;
  double left, top, scale;
  cv::Vec3d low, high;
  double width() const { return (high[across] - low[across]) * scale; }
  double height() const { return (high[up] - low[up]) * scale; }
  cv::Point2d Of(const cv::Vec3d& place) const {
    return {left + (place[across] - low[across]) * scale, top + (high[up] - place[up]) * scale};
  }
};

void DrawFrame(const SidePanel& panel, const std::string& title, Drawing* drawing) {
  constexpr uint32_t kGrid = 0xDDDDDD, kText = 0x222222;
  drawing->Text(panel.left, panel.top - 10, title, 14, kText);
  const double right = panel.left + panel.width(), bottom = panel.top + panel.height();
  const double step = CmStep(std::max(panel.high[panel.across] - panel.low[panel.across],
                                      panel.high[panel.up] - panel.low[panel.up]));
  for (const int axis : {panel.across, panel.up}) {
    for (double at = std::ceil(panel.low[axis] / step) * step; at <= panel.high[axis]; at += step) {
      const std::string text = CsvNumber(std::abs(at) < step / 100 ? 0 : at, 2);
      if (axis == panel.across) {
        const double x = panel.left + (at - panel.low[axis]) * panel.scale;
        drawing->Line({{x, panel.top}, {x, bottom}}, kGrid, 1);
        drawing->Text(x, bottom + 16, text, 11, kText, Drawing::Anchor::kMiddle);
      } else {
        const double y = panel.top + (panel.high[axis] - at) * panel.scale;
        drawing->Line({{panel.left, y}, {right, y}}, kGrid, 1);
        drawing->Text(panel.left - 6, y + 4, text, 11, kText, Drawing::Anchor::kEnd);
      }
    }
  }
  drawing->Text(right, bottom + 32, std::string(1, "xyz"[panel.across]) + " (cm)", 11, kText,
                Drawing::Anchor::kEnd);
}

}  // namespace

Drawing SpacePicture(const VideoMasks& masks, const std::vector<cv::Vec3d>& places) {
  cv::Vec3d low = places.at(0), high = low;
  const auto widen = [&](const cv::Vec3d& place) {
    for (int k = 0; k < 3; ++k) {
      low[k] = std::min(low[k], place[k]);
      high[k] = std::max(high[k], place[k]);
    }
  };
  for (const cv::Vec3d& place : places) widen(place);
  for (const SeenAnimal& seen : masks.seen) {
    if (seen.known) widen(*seen.known);
  }
  double longest = 1e-3;
  for (int k = 0; k < 3; ++k) longest = std::max(longest, high[k] - low[k]);
  for (int k = 0; k < 3; ++k) {
    low[k] -= 0.03 * longest;
    high[k] += 0.03 * longest;
  }
  const double scale = kLongest / (1.06 * longest);
  SidePanel top{0, 1, kEdge, kEdge, scale, low, high};
  SidePanel side{0, 2, kEdge, kEdge + top.height() + 80, scale, low, high};
  Drawing drawing(std::max(top.width(), 320.0) + 2 * kEdge,
                  side.top + side.height() + 60 + 18.0 * static_cast<double>(masks.animals.size()));
  for (const auto& [panel, title] : {std::pair{&top, "from above: x and y"},
                                     std::pair{&side, "from the side: x and height z"}}) {
    DrawFrame(*panel, masks.video.name + ", " + title, &drawing);
    for (size_t animal = 0; animal < masks.animals.size(); ++animal) {
      std::vector<cv::Point2d> line;
      int last = 0;
      const auto flush = [&] {
        if (line.size() > 1) drawing.Line(line, masks.colors[animal], 1.2);
        line.clear();
      };
      const size_t every = 1 + masks.seen.size() / kMostCorners;
      for (size_t i = 0; i < masks.seen.size(); ++i) {
        const SpaceSample& sample = masks.seen[i].sample;
        if (sample.animal != static_cast<int>(animal)) continue;
        if (!line.empty() && sample.frame - last > masks.video.fps) flush();
        last = sample.frame;
        if (i % every == 0 || line.empty()) line.push_back(panel->Of(places[i]));
      }
      flush();
      for (const SeenAnimal& seen : masks.seen) {
        if (!seen.known || seen.sample.animal != static_cast<int>(animal)) continue;
        const cv::Point2d at = panel->Of(*seen.known);
        drawing.Circle(at.x, at.y, 2.2, masks.colors[animal]);
      }
    }
  }
  double y = side.top + side.height() + 56;
  for (size_t animal = 0; animal < masks.animals.size(); ++animal, y += 18) {
    drawing.Line({{kEdge, y - 4}, {kEdge + 20, y - 4}}, masks.colors[animal], 2);
    drawing.Text(kEdge + 26, y, masks.animals[animal], 12);
  }
  return drawing;
}

}  // namespace datasets
