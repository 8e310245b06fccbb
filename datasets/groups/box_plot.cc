#include "datasets/groups/box_plot.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "datasets/files/csv.h"

namespace datasets {
namespace {

constexpr double kGroupWidth = 84, kPanelHeight = 210, kLeft = 64, kTop = 34, kBottom = 46;
constexpr double kGap = 18, kBoxWidth = 40, kSmall = 11, kTitle = 13;
constexpr int kPanelsARow = 4, kFewestForABox = 5;
constexpr uint32_t kInk = 0x222222, kGrid = 0xBBBBBB;
// Told apart also by who sees red and green alike (Okabe and Ito 2008).
constexpr uint32_t kColors[] = {0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7,
                                0x56B4E9, 0xD55E00, 0xF0E442, 0x999999};

// 1, 2 or 5 times a power of ten, for about four steps.
double StepOf(double span) {
  const double rough = span / 4, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * power >= rough) return times * power;
  }
  return 10 * power;
}

// What fits under a box; characters are never cut in two.
std::string Shortened(std::string name) {
  if (Drawing::TextWidth(name, kSmall) <= kGroupWidth - 4) return name;
  while (!name.empty() && Drawing::TextWidth(name + "..", kSmall) > kGroupWidth - 4) {
    while (!name.empty() && (name.back() & 0xC0) == 0x80) name.pop_back();
    if (!name.empty()) name.pop_back();
  }
  return name + "..";
}

struct Panel {
  size_t begin = 0, end = 0;  // groups
};

std::vector<Panel> PanelsOf(const std::vector<Group>& groups) {
  std::vector<Panel> panels;
  for (size_t g = 0; g < groups.size(); ++g) {
    const bool same = g > 0 && groups[g].author == groups[g - 1].author &&
                      groups[g].quantity == groups[g - 1].quantity &&
                      groups[g].measure == groups[g - 1].measure;
    if (!same) panels.push_back({g, g});
    panels.back().end = g + 1;
  }
  return panels;
}

void DrawGroup(const Group& group, double x, uint32_t color,
               const std::function<double(double)>& y_of, Drawing& drawing) {
  if (group.units.empty()) return;
  const double half = kBoxWidth / 2;
  if (group.n() >= kFewestForABox) {
    const double reach = 1.5 * (group.high_quartile - group.low_quartile);
    double low = group.low_quartile, high = group.high_quartile;
    for (const UnitValue& unit : group.units) {
      if (unit.value >= group.low_quartile - reach) low = std::min(low, unit.value);
      if (unit.value <= group.high_quartile + reach) high = std::max(high, unit.value);
    }
    const double top = y_of(group.high_quartile), bottom = y_of(group.low_quartile);
    drawing.Rectangle(x - half, top, kBoxWidth, std::max(1.0, bottom - top), color, 0.35);
    drawing.Line({{x - half, top}, {x + half, top}, {x + half, bottom}, {x - half, bottom}}, color,
                 1.2, true);
    for (const auto& [from, to] :
         {std::pair(group.high_quartile, high), std::pair(group.low_quartile, low)}) {
      drawing.Line({{x, y_of(from)}, {x, y_of(to)}}, color, 1.2);
      drawing.Line({{x - half / 2, y_of(to)}, {x + half / 2, y_of(to)}}, color, 1.2);
    }
  }
  drawing.Line({{x - half, y_of(group.median)}, {x + half, y_of(group.median)}}, kInk, 2);
  for (size_t u = 0; u < group.units.size(); ++u) {
    // Side by side, in the order of names: the same picture each time.
    const double aside = (static_cast<double>(u * 7 % 11) - 5) / 5 * half * 0.7;
    drawing.Circle(x + aside, y_of(group.units[u].value), 2.6, kInk);
  }
}

void DrawPanel(const std::vector<Group>& groups, const Panel& panel, bool name_author, double left,
               double top, Drawing& drawing) {
  const size_t count = panel.end - panel.begin;
  const double width = kGroupWidth * static_cast<double>(count);
  const Group& first = groups[panel.begin];
  double low = 0, high = 0;
  for (size_t g = panel.begin; g < panel.end; ++g) {
    for (const UnitValue& unit : groups[g].units) {
      low = std::min(low, unit.value);
      high = std::max(high, unit.value);
    }
  }
  if (high - low <= 0) high = low + 1;
  const double step = StepOf(high - low);
  low = std::floor(low / step) * step;
  high = std::ceil(high / step) * step;
  const double bottom = top + kPanelHeight;
  const auto y_of = [=](double value) {
    return bottom - (value - low) / (high - low) * kPanelHeight;
  };
  drawing.Text(
      left, top - 12,
      first.quantity + ", " + first.measure + (name_author ? " (" + first.author + ")" : ""),
      kTitle);
  for (double value = low; value <= high + step / 2; value += step) {
    drawing.Line({{left, y_of(value)}, {left + width, y_of(value)}}, kGrid, 0.6);
    drawing.Text(left - 6, y_of(value) + 4, CsvNumber(std::abs(value) < step / 2 ? 0 : value, 4),
                 kSmall, kInk, Drawing::Anchor::kEnd);
  }
  for (size_t g = panel.begin; g < panel.end; ++g) {
    const double x = left + kGroupWidth * (static_cast<double>(g - panel.begin) + 0.5);
    DrawGroup(groups[g], x, kColors[(g - panel.begin) % std::size(kColors)], y_of, drawing);
    std::string name = LevelsText(groups[g].levels);
    name = Shortened(name);
    drawing.Text(x, bottom + 16, name, kSmall, kInk, Drawing::Anchor::kMiddle);
    drawing.Text(x, bottom + 30, "n = " + UnitsText(groups[g]), kSmall, kInk,
                 Drawing::Anchor::kMiddle);
  }
}

}  // namespace

Drawing BoxPlot(const std::vector<Group>& groups) {
  const std::vector<Panel> panels = PanelsOf(groups);
  bool several_authors = false;
  double widest = kGroupWidth;
  for (const Panel& panel : panels) {
    widest = std::max(widest, kGroupWidth * static_cast<double>(panel.end - panel.begin));
    several_authors |= groups[panel.begin].author != groups.front().author;
  }
  widest = std::max(widest, 190.0);  // for the title
  const auto count = static_cast<int>(panels.size());
  const int across = std::max(1, std::min(count, kPanelsARow));
  const int down = std::max(1, (count + across - 1) / across);
  const double column = kLeft + widest + kGap, row = kTop + kPanelHeight + kBottom;
  Drawing drawing(column * across, row * down);
  for (int p = 0; p < count; ++p) {
    DrawPanel(groups, panels[static_cast<size_t>(p)], several_authors,
              column * (p % across) + kLeft, row * (p / across) + kTop, drawing);
  }
  return drawing;
}

}  // namespace datasets
