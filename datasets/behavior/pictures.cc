#include "datasets/behavior/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <set>

#include "datasets/base/error.h"

namespace datasets {
namespace {

constexpr double kRow = 18, kTextSize = 13, kMargin = 16, kPlotWidth = 1100;
constexpr uint32_t kInk = 0x222222, kFaint = 0x888888, kGrid = 0xDDDDDD, kZone = 0x333333;
constexpr size_t kMostPictureRows = 1200;
constexpr size_t kMostPoints = 40'000;  // of one animal's path
constexpr double kPanelPx = 520;        // longer side of a panel

// A round step (1, 2 or 5 times a power of ten; minutes in seconds) for about `count` ticks.
double TickStep(double length, int count) {
  const double steps[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600};
  for (const double step : steps) {
    if (length / step <= count) return step;
  }
  return 3600 * std::ceil(length / count / 3600);
}

std::string TimeText(double seconds, double step) {
  if (step < 1) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (step < 60 && whole < 60) return fmt::format("{} s", whole);
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string SeriesName(const BoutSeries& series, bool with_author) {
  std::string name = series.subject;
  if (with_author && !series.author.empty()) {
    name += name.empty() ? series.author : " (" + series.author + ")";
  }
  return name;
}

cv::Mat Dimmed(const cv::Mat& background, int width, int height) {
  if (background.empty()) return {};
  cv::Mat gray, pale;
  cv::cvtColor(background, gray, cv::COLOR_BGR2GRAY);
  gray.convertTo(gray, CV_8U, 0.35, 0.65 * 255);
  cv::cvtColor(gray, pale, cv::COLOR_GRAY2BGR);
  if (pale.cols != width || pale.rows != height) cv::resize(pale, pale, {width, height});
  return pale;
}

uint32_t HeatColor(double share) {
  static const cv::Mat table = [] {
    cv::Mat ramp(1, 256, CV_8UC1), colors;
    for (int i = 0; i < 256; ++i) ramp.at<uchar>(i) = static_cast<uchar>(i);
    cv::applyColorMap(ramp, colors, cv::COLORMAP_VIRIDIS);
    return colors;
  }();
  const int at = std::clamp(static_cast<int>(std::lround(share * 255)), 0, 255);
  const auto& color = table.at<cv::Vec3b>(at);
  return static_cast<uint32_t>(color[2]) << 16 | static_cast<uint32_t>(color[1]) << 8 | color[0];
}

struct EthogramSeries {
  const BoutSeries* series = nullptr;
  std::vector<int> behaviors;  // of the panel, that this author looked for
  double height() const { return static_cast<double>(behaviors.size()) * kRow + 6; }
};

struct EthogramPanel {
  std::string video;
  std::vector<EthogramSeries> series;
  std::vector<int> behaviors;  // that anybody shows in this video
  int start_frame = 0, end_frame = 0;
  double height() const {
    double sum = 0;
    for (const EthogramSeries& one : series) sum += one.height();
    return sum;
  }
};

bool Contains(const std::vector<int>& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Who has no list of what to look for is not asked about what only stands on others' lists.
std::vector<int> LookedFor(const EthogramPanel& panel, const BoutSeries& series) {
  std::vector<int> behaviors;
  for (const int behavior : panel.behaviors) {
    bool looked_for = series.looked_for.empty() || Contains(series.looked_for, behavior);
    if (series.looked_for.empty()) {
      const bool shown = std::any_of(series.bouts.begin(), series.bouts.end(),
                                     [&](const Bout& bout) { return bout.behavior == behavior; });
      looked_for = shown || std::none_of(panel.series.begin(), panel.series.end(),
                                         [&](const EthogramSeries& other) {
                                           return Contains(other.series->looked_for, behavior);
                                         });
    }
    if (looked_for) behaviors.push_back(behavior);
  }
  return behaviors;
}

std::vector<EthogramPanel> PanelsOf(const BehaviorScores& scores) {
  std::vector<EthogramPanel> panels;
  for (const BoutSeries& series : scores.series) {
    if (panels.empty() || panels.back().video != series.video) {
      panels.push_back({series.video, {}, {}, series.start_frame, series.end_frame});
    }
    EthogramPanel& panel = panels.back();
    panel.series.push_back({&series, {}});
    panel.start_frame = std::min(panel.start_frame, series.start_frame);
    panel.end_frame = std::max(panel.end_frame, series.end_frame);
    for (const Bout& bout : series.bouts) {
      if (!Contains(panel.behaviors, bout.behavior)) panel.behaviors.push_back(bout.behavior);
    }
  }
  for (EthogramPanel& panel : panels) {
    std::sort(panel.behaviors.begin(), panel.behaviors.end());
    for (EthogramSeries& one : panel.series) one.behaviors = LookedFor(panel, *one.series);
  }
  return panels;
}

}  // namespace

Drawing EthogramPicture(const BehaviorScores& scores) {
  const std::vector<EthogramPanel> panels = PanelsOf(scores);
  const bool with_author = scores.Authors().size() > 1;
  size_t rows = 0;
  double names = 0, labels = 0, height = kMargin;
  for (const EthogramPanel& panel : panels) {
    if (panel.behaviors.empty()) continue;
    height += 26 + panel.height() + 40;
    for (const EthogramSeries& one : panel.series) {
      rows += one.behaviors.size();
      names = std::max(names, Drawing::TextWidth(SeriesName(*one.series, with_author), kTextSize));
    }
    for (const int behavior : panel.behaviors) {
      labels = std::max(labels, Drawing::TextWidth(scores.behaviors[behavior].name, kTextSize));
    }
  }
  if (rows == 0) throw Error("ethogram", "there is no bout to draw", "score a behavior first");
  if (rows > kMostPictureRows) {
    throw Error("ethogram", std::to_string(rows) + " rows do not fit into a picture",
                "choose fewer videos");
  }
  const double left = kMargin + names + 14 + labels + 8;
  Drawing drawing(left + kPlotWidth + 2 * kMargin, height);
  double y = kMargin;
  for (const EthogramPanel& panel : panels) {
    if (panel.behaviors.empty()) continue;
    const BoutSeries& any = *panel.series.front().series;
    const double start_s = any.Seconds(0, panel.start_frame);
    const double end_s = any.Seconds(0, std::max(panel.start_frame + 1, panel.end_frame));
    const auto at_second = [&](double second) {
      return left + (second - start_s) / (end_s - start_s) * kPlotWidth;
    };
    const auto at = [&](int frame) { return at_second(any.Seconds(0, frame)); };
    drawing.Text(left, y + 14, panel.video, kTextSize + 2, kInk);
    y += 26;
    const double bottom = y + panel.height();
    double top = y;
    for (const EthogramSeries& one : panel.series) {
      drawing.Text(kMargin, top + 13, SeriesName(*one.series, with_author), kTextSize, kInk);
      for (size_t i = 0; i < one.behaviors.size(); ++i) {
        const double row = top + static_cast<double>(i) * kRow;
        drawing.Rectangle(left, row, kPlotWidth, kRow - 1, i % 2 == 0 ? 0xF4F4F4 : 0xFAFAFA);
        drawing.Text(left - 8, row + 13, scores.behaviors[one.behaviors[i]].name, kTextSize, kInk,
                     Drawing::Anchor::kEnd);
      }
      top += one.height();
    }
    const double step = TickStep(end_s - start_s, 12);
    const double first = std::ceil(start_s / step - 1e-9) * step;
    for (double tick = first; tick <= any.Seconds(0, panel.end_frame) + 1e-9; tick += step) {
      const double x = at_second(tick);
      drawing.Line({{x, y}, {x, bottom}}, kGrid, 1);
      drawing.Text(x, bottom + 14, TimeText(tick, step), kTextSize - 2, kFaint,
                   Drawing::Anchor::kMiddle);
    }
    top = y;
    for (const EthogramSeries& one : panel.series) {
      for (const Bout& bout : one.series->bouts) {
        const auto place = std::find(one.behaviors.begin(), one.behaviors.end(), bout.behavior);
        const double row = top + static_cast<double>(place - one.behaviors.begin()) * kRow;
        const ScoredBehavior& behavior = scores.behaviors[bout.behavior];
        const double wide =
            behavior.is_point ? 1.0 : std::max(1.0, at(bout.end_frame) - at(bout.start_frame));
        drawing.Rectangle(at(bout.start_frame), row + 2, wide, kRow - 5, behavior.color);
      }
      top += one.height();
    }
    y = bottom;
    y += 40;
  }
  return drawing;
}

PlaceCollector::PlaceCollector(int cells) : cells_(std::clamp(cells, 4, 400)) {}

void PlaceCollector::Start(const VideoMotion& motion) {
  video_ = motion.video;
  animals_ = motion.animals;
  colors_ = motion.colors;
  zones_ = motion.zones;
  places_.resize(animals_.size());
  cell_px_ = std::max(1.0, std::max(video_.width, video_.height) / static_cast<double>(cells_));
}

void PlaceCollector::Add(const VideoMotion& motion, const std::vector<AnimalMotion>& animals) {
  if (places_.empty()) Start(motion);
  for (const AnimalMotion& one : animals) {
    Place& place = places_[one.animal];
    const cv::Point2d at(one.moments.x, one.moments.y);
    if (!one.step_px || place.paths.empty()) {
      place.paths.push_back({at});
      ++place.points;
    } else if (cv::norm(at - place.paths.back().back()) >= place.spacing) {
      place.paths.back().push_back(at);
      ++place.points;
    }
    place.last = at;
    if (place.points > kMostPoints) Thin(place);
    if (place.seconds.empty()) {
      place.seconds = cv::Mat_<double>::zeros(static_cast<int>(std::ceil(video_.height / cell_px_)),
                                              static_cast<int>(std::ceil(video_.width / cell_px_)));
    }
    const int row = std::clamp(static_cast<int>(at.y / cell_px_), 0, place.seconds.rows - 1);
    const int column = std::clamp(static_cast<int>(at.x / cell_px_), 0, place.seconds.cols - 1);
    place.seconds(row, column) += motion.times.even()
                                      ? 1 / std::max(video_.fps, 1e-9)
                                      : motion.times.Between(one.frame, one.frame + 1);
  }
}

// Keeps every second point and widens the spacing, so that long videos stay drawable.
void PlaceCollector::Thin(Place& place) {
  place.spacing *= 2;
  std::vector<std::vector<cv::Point2d>> kept;
  place.points = 0;
  bool skip = false;  // paths of one point are halved, too
  for (const auto& path : place.paths) {
    skip = path.size() < 2 && !skip;
    if (skip) continue;
    kept.emplace_back();
    for (size_t i = 0; i < path.size(); i += 2) kept.back().push_back(path[i]);
    if (path.size() % 2 == 0) kept.back().push_back(path.back());
    place.points += kept.back().size();
  }
  place.paths = std::move(kept);
}

Drawing PlaceCollector::Panels(const cv::Mat& background, const std::string& title,
                               std::vector<Panel>* panels) const {
  for (size_t i = 0; i < places_.size(); ++i) {
    if (!places_[i].paths.empty()) panels->push_back({i, 0, 0, 1});
  }
  if (panels->empty()) throw Error(title, "no animal was seen", "check the video and the frames");
  const double scale = kPanelPx / std::max(video_.width, video_.height);
  const double width = video_.width * scale, height = video_.height * scale;
  const size_t columns = std::min<size_t>(panels->size(), 3);
  const size_t rows = (panels->size() + columns - 1) / columns;
  Drawing drawing(static_cast<double>(columns) * (width + kMargin) + kMargin,
                  40 + static_cast<double>(rows) * (height + 64));
  drawing.Text(kMargin, 26, title, kTextSize + 3, kInk);
  const cv::Mat pale = Dimmed(background, static_cast<int>(std::lround(width)),
                              static_cast<int>(std::lround(height)));
  for (size_t i = 0; i < panels->size(); ++i) {
    Panel& panel = (*panels)[i];
    panel.x = kMargin + static_cast<double>(i % columns) * (width + kMargin);
    const size_t row = i / columns;
    panel.y = 62 + static_cast<double>(row) * (height + 64);
    panel.scale = scale;
    drawing.Text(panel.x, panel.y - 7, animals_[panel.animal], kTextSize, kInk);
    if (pale.empty()) {
      drawing.Rectangle(panel.x, panel.y, width, height, 0xF4F4F4);
    } else {
      drawing.Picture(panel.x, panel.y, width, height, pale);
    }
  }
  return drawing;
}

Drawing PlaceCollector::BarePanel(size_t animal, const cv::Mat& background, Panel* panel) const {
  *panel = {animal, 0, 0, kPanelPx / std::max(video_.width, video_.height)};
  const double width = video_.width * panel->scale, height = video_.height * panel->scale;
  Drawing drawing(width, height, 0xF4F4F4);
  const cv::Mat pale = Dimmed(background, static_cast<int>(std::lround(width)),
                              static_cast<int>(std::lround(height)));
  if (!pale.empty()) drawing.Picture(0, 0, width, height, pale);
  return drawing;
}

Drawing PlaceCollector::WaysOf(size_t animal, const cv::Mat& background) const {
  Panel panel;
  Drawing drawing = BarePanel(animal, background, &panel);
  if (WasSeen(animal)) DrawWays(panel, false, &drawing);
  return drawing;
}

Drawing PlaceCollector::TimesOf(size_t animal, const cv::Mat& background) const {
  Panel panel;
  Drawing drawing = BarePanel(animal, background, &panel);
  if (WasSeen(animal)) DrawTimes(panel, &drawing);
  return drawing;
}

void PlaceCollector::DrawWays(const Panel& panel, bool with_zone_names, Drawing* drawing) const {
  const Place& place = places_[panel.animal];
  const auto on_picture = [&](const cv::Point2d& point) {
    return cv::Point2d(panel.x + point.x * panel.scale, panel.y + point.y * panel.scale);
  };
  for (const ZoneMask& zone : zones_) {
    std::vector<cv::Point2d> outline;
    for (const cv::Point2d& point : zone.outline) outline.push_back(on_picture(point));
    drawing->Line(outline, kZone, 1, true);
    if (!with_zone_names) continue;
    drawing->Text(outline[0].x + 4, outline[0].y + 14, zone.name, kTextSize - 1, kZone);
  }
  for (const auto& path : place.paths) {
    std::vector<cv::Point2d> points;
    for (const cv::Point2d& point : path) points.push_back(on_picture(point));
    drawing->Line(std::move(points), colors_[panel.animal], 1.5);
  }
  const cv::Point2d start = on_picture(place.paths.front().front());
  const cv::Point2d end = on_picture(place.last);
  drawing->Circle(start.x, start.y, 5, 0xFFFFFF);
  drawing->Circle(start.x, start.y, 3.5, 0x009E73);
  drawing->Circle(end.x, end.y, 5, 0xFFFFFF);
  drawing->Circle(end.x, end.y, 3.5, 0x222222);
}

void PlaceCollector::DrawTimes(const Panel& panel, Drawing* drawing) const {
  const cv::Mat_<double>& seconds = places_[panel.animal].seconds;
  double most = 0;
  cv::minMaxLoc(seconds, nullptr, &most);
  const double right = panel.x + video_.width * panel.scale;
  const double bottom = panel.y + video_.height * panel.scale;
  const double cell = cell_px_ * panel.scale;
  for (int row = 0; row < seconds.rows; ++row) {
    for (int column = 0; column < seconds.cols; ++column) {
      if (seconds(row, column) <= 0) continue;
      const double x = panel.x + column * cell, y = panel.y + row * cell;
      drawing->Rectangle(x, y, std::min(cell, right - x), std::min(cell, bottom - y),
                         HeatColor(std::sqrt(seconds(row, column) / most)), 0.9);
    }
  }
}

Drawing PlaceCollector::Trajectory(const cv::Mat& background) const {
  std::vector<Panel> panels;
  Drawing drawing = Panels(background, "Trajectories in " + video_.name, &panels);
  for (const Panel& panel : panels) {
    DrawWays(panel, true, &drawing);
    drawing.Text(panel.x, panel.y + video_.height * panel.scale + 15,
                 "green: first position, black: last", kTextSize - 2, kFaint);
  }
  return drawing;
}

Drawing PlaceCollector::Occupancy(const cv::Mat& background) const {
  std::vector<Panel> panels;
  Drawing drawing = Panels(background, "Time spent in " + video_.name, &panels);
  for (const Panel& panel : panels) {
    DrawTimes(panel, &drawing);
    double most = 0;
    cv::minMaxLoc(places_[panel.animal].seconds, nullptr, &most);
    const double bottom = panel.y + video_.height * panel.scale;
    constexpr int kSteps = 64;
    constexpr double kBar = 160;
    for (int i = 0; i < kSteps; ++i) {
      drawing.Rectangle(panel.x + i * kBar / kSteps, bottom + 8, kBar / kSteps, 8,
                        HeatColor((i + 0.5) / kSteps));
    }
    for (const double share : {0.0, 0.5, 1.0}) {
      drawing.Text(panel.x + share * kBar +
                       (share == 0   ? 0
                        : share == 1 ? 8
                                     : 0),
                   bottom + 29, fmt::format("{:.2f} s", share * share * most), kTextSize - 2,
                   kFaint, share == 0 ? Drawing::Anchor::kStart : Drawing::Anchor::kMiddle);
    }
  }
  return drawing;
}

}  // namespace datasets
