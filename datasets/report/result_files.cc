// Results as tables and pictures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/report/results.h"

namespace datasets {
namespace {

constexpr double kSide = 16, kLetters = 13, kWide = 900;
constexpr uint32_t kDark = 0x222222, kPale = 0x888888, kBack = 0xF4F4F4;

// Of one value a line; nothing where it is not known.
std::string Known(float value, int decimals) {
  return std::isfinite(value) ? CsvNumber(value, decimals) : std::string();
}

std::string BoutsCsv(const VideoResults& results) {
  std::string text = "video,subject,behavior,start_frame,stop_frame,start_s,stop_s\n";
  for (const BoutSeries& series : results.scores.series) {
    for (const Bout& bout : series.bouts) {
      const std::string& behavior =
          results.scores.behaviors[static_cast<size_t>(bout.behavior)].name;
      text += CsvField(series.video) + "," + CsvField(series.subject) + "," + CsvField(behavior) +
              "," + std::to_string(bout.start_frame) + "," + std::to_string(bout.end_frame - 1) +
              "," + CsvNumber(series.Seconds(0, bout.start_frame), 4) + "," +
              CsvNumber(series.Seconds(0, bout.end_frame), 4) + "\n";
    }
  }
  return text;
}

std::string CurvesCsv(const VideoResults& results, bool only_places) {
  std::string text = "video,animal,frame,seconds,x_px,y_px";
  if (!only_places) {
    text += fmt::format(",speed_{0}_s,nearest_{0},confidence", results.unit);
  }
  text += "\n";
  for (const AnimalCurves& one : results.curves) {
    for (size_t frame = 0; frame < one.x.size(); ++frame) {
      if (!std::isfinite(one.x[frame])) continue;
      text += CsvField(results.video.name) + "," + CsvField(one.animal) + "," +
              std::to_string(frame) + "," +
              CsvNumber(results.times.Between(0, static_cast<int64_t>(frame)), 4) + "," +
              Known(one.x[frame], 2) + "," + Known(one.y[frame], 2);
      if (!only_places) {
        text += "," + Known(one.speed[frame], 4) + "," + Known(one.nearest[frame], 4) + "," +
                Known(one.confidence[frame], 4);
      }
      text += "\n";
    }
  }
  return text;
}

std::string OccupancyCsv(const VideoResults& results) {
  std::string text = "video,animal,left_px,top_px,side_px,seconds\n";
  size_t known = 0;
  for (size_t animal = 0; animal < results.places.animals(); ++animal) {
    if (!results.places.WasSeen(animal)) continue;
    const std::string& name = results.curves.at(known++).animal;
    const cv::Mat_<double>& seconds = results.places.SecondsOf(animal);
    const double side = results.places.cell_px();
    for (int row = 0; row < seconds.rows; ++row) {
      for (int column = 0; column < seconds.cols; ++column) {
        if (seconds(row, column) <= 0) continue;
        text += CsvField(results.video.name) + "," + CsvField(name) + "," +
                CsvNumber(column * side, 2) + "," + CsvNumber(row * side, 2) + "," +
                CsvNumber(side, 2) + "," + CsvNumber(seconds(row, column), 4) + "\n";
      }
    }
  }
  return text;
}

Drawing BudgetPicture(const VideoResults& results) {
  constexpr double kLine = 20;
  double names = 0;
  for (const BudgetRow& row : results.budget) {
    names = std::max(names, Drawing::TextWidth(row.subject + "  " + row.behavior, kLetters));
  }
  const double lines = static_cast<double>(results.budget.size());
  const double left = kSide + names + 12;
  Drawing drawing(left + kWide + 190, 50 + kLine * lines + kSide);
  drawing.Text(kSide, 26, "Time budget of " + results.video.name, kLetters + 3, kDark);
  double y = 44;
  for (const BudgetRow& row : results.budget) {
    uint32_t color = kPale;
    for (const ScoredBehavior& behavior : results.scores.behaviors) {
      if (behavior.name == row.behavior) color = behavior.color;
    }
    drawing.Text(left - 8, y + 14, row.subject + "  " + row.behavior, kLetters, kDark,
                 Drawing::Anchor::kEnd);
    drawing.Rectangle(left, y, kWide, kLine - 3, kBack);
    drawing.Rectangle(left, y, kWide * row.proportion, kLine - 3, color);
    drawing.Text(left + kWide + 8, y + 14,
                 row.is_point ? fmt::format("{} times", row.bouts)
                              : fmt::format("{:.1f} % of time{}, {} bout{}", 100 * row.proportion,
                                            row.unseen_s > 0 ? " seen" : "", row.bouts,
                                            row.bouts == 1 ? "" : "s"),
                 kLetters, kDark);
    y += kLine;
  }
  return drawing;
}

// The least and the most of each column of pixels, as one line that breaks where nothing is known.
void DrawCurve(const std::vector<float>& values, double high, double left, double top,
               double height, uint32_t color, Drawing* drawing) {
  const int columns = static_cast<int>(kWide);
  const auto frames = static_cast<double>(values.size());
  std::vector<cv::Point2d> line;
  const auto y_of = [&](float value) {
    return top + height * (1 - std::clamp(value / high, 0.0, 1.0));
  };
  for (int column = 0; column < columns; ++column) {
    const auto from = static_cast<size_t>(frames * column / columns);
    const auto to = std::max(from + 1, static_cast<size_t>(frames * (column + 1) / columns));
    float least = INFINITY, most = -INFINITY;
    for (size_t i = from; i < std::min(to, values.size()); ++i) {
      if (!std::isfinite(values[i])) continue;
      least = std::min(least, values[i]);
      most = std::max(most, values[i]);
    }
    if (most < least) {
      if (line.size() > 1) drawing->Line(line, color, 1.2);
      line.clear();
      continue;
    }
    line.emplace_back(left + column, y_of(most));
    if (least < most) line.emplace_back(left + column, y_of(least));
  }
  if (line.size() > 1) drawing->Line(line, color, 1.2);
}

Drawing CurvesPicture(const VideoResults& results) {
  constexpr double kHigh = 110;
  struct Kind {
    std::string title, unit;
    std::vector<float> AnimalCurves::*values;
  };
  const Kind kinds[] = {{"speed", results.unit + "/s", &AnimalCurves::speed},
                        {"distance to the nearest", results.unit, &AnimalCurves::nearest},
                        {"confidence", "", &AnimalCurves::confidence}};
  const double left = kSide + 80;
  Drawing drawing(left + kWide + kSide, 60 + 3 * (kHigh + 34) + kSide);
  drawing.Text(kSide, 26, "Curves of " + results.video.name, kLetters + 3, kDark);
  double x = left;
  for (const AnimalCurves& one : results.curves) {
    drawing.Rectangle(x, 38, 10, 10, one.color);
    drawing.Text(x + 15, 48, one.animal, kLetters, kDark);
    x += 30 + Drawing::TextWidth(one.animal, kLetters);
  }
  double y = 82;
  for (const Kind& kind : kinds) {
    const double high = kind.unit.empty() ? 1 : HighValue(results.curves, kind.values);
    drawing.Text(left, y - 6, kind.title, kLetters, kDark);
    drawing.Rectangle(left, y, kWide, kHigh, kBack);
    if (high > 0) {
      drawing.Text(left - 6, y + 10, fmt::format("{:.3g} {}", high, kind.unit), kLetters - 2, kPale,
                   Drawing::Anchor::kEnd);
      drawing.Text(left - 6, y + kHigh, "0", kLetters - 2, kPale, Drawing::Anchor::kEnd);
      for (const AnimalCurves& one : results.curves) {
        DrawCurve(one.*kind.values, high, left, y, kHigh, one.color, &drawing);
      }
    } else {
      drawing.Text(left + 8, y + kHigh / 2, "not known", kLetters, kPale);
    }
    y += kHigh + 34;
  }
  const double seconds = results.times.Between(0, results.video.frame_count);
  drawing.Text(left + kWide, y - 16, fmt::format("{:.1f} s", seconds), kLetters - 2, kPale,
               Drawing::Anchor::kEnd);
  return drawing;
}

std::string CsvOf(const VideoResults& results, ResultPart part) {
  switch (part) {
    case ResultPart::kBudget:
      return BudgetCsv(results.budget);
    case ResultPart::kEthogram:
      return BoutsCsv(results);
    case ResultPart::kTrajectory:
      return CurvesCsv(results, true);
    case ResultPart::kOccupancy:
      return OccupancyCsv(results);
    case ResultPart::kCurves:
      break;
  }
  return CurvesCsv(results, false);
}

Drawing PictureOf(const VideoResults& results, ResultPart part) {
  switch (part) {
    case ResultPart::kBudget:
      return BudgetPicture(results);
    case ResultPart::kEthogram:
      return EthogramPicture(results.scores);
    case ResultPart::kTrajectory:
      return results.places.Trajectory(results.background);
    case ResultPart::kOccupancy:
      return results.places.Occupancy(results.background);
    case ResultPart::kCurves:
      break;
  }
  return CurvesPicture(results);
}

}  // namespace

const char* NameOf(ResultPart part) {
  static constexpr const char* kNames[] = {"time-budget", "ethogram", "trajectory", "occupancy",
                                           "curves"};
  return kNames[static_cast<int>(part)];
}

void SaveResult(const VideoResults& results, ResultPart part, const std::filesystem::path& path) {
  const bool of_behavior = part == ResultPart::kBudget || part == ResultPart::kEthogram;
  const std::string thing = std::string(NameOf(part)) + " of '" + results.video.name + "'";
  if (of_behavior && results.scores.series.empty()) {
    throw Error(thing, "nobody, and no network, has scored behavior in it",
                "mark behaviors (F3), or let a network score the video");
  }
  if (!of_behavior && results.curves.empty()) {
    throw Error(thing, "there is nothing to save", results.no_motion);
  }
  const std::string ending = path.extension().string();
  if (ending == ".csv") {
    WriteFileAtomically(path, CsvOf(results, part));
    return;
  }
  if (ending != ".png" && ending != ".svg") {
    throw Error("file '" + path.string() + "'", "its ending says neither table nor picture",
                "end it in .csv, .svg or .png");
  }
  PictureOf(results, part).Save(path);
}

}  // namespace datasets
