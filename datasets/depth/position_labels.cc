#include "datasets/depth/position_labels.h"

#include <algorithm>
#include <set>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"
#include "datasets/space/calibration.h"

namespace datasets {
namespace {

// "" for x, y, z as they are.
std::string UnitOfColumns(const CsvTable& table, const std::string& what) {
  std::vector<std::string> units;
  for (const char* unit : {"", "mm", "cm", "m", "in"}) {
    const std::string end = *unit ? std::string("_") + unit : std::string();
    if (table.Has("x" + end)) units.push_back(unit);
  }
  if (units.size() > 1) {
    throw Error(what, "it has x in several units", "leave one of them");
  }
  if (units.empty()) {
    throw Error(what, "it has no column x_mm, x_cm, x_m, x_in or x",
                "give the columns frame,x_cm,y_cm,z_cm");
  }
  return units[0];
}

}  // namespace

PositionLabels ReadPositionLabels(const std::filesystem::path& path, const std::string& video,
                                  const std::string& unit) {
  const std::string what = "positions '" + path.filename().string() + "'";
  const CsvTable table(path, what);
  const std::string own = UnitOfColumns(table, what);
  const std::string end = own.empty() ? "" : "_" + own;
  if (!own.empty() && !unit.empty() && own != unit) {
    throw Error(what, "its columns are in " + own + ", not " + unit, "leave --unit out");
  }
  PositionLabels read;
  read.unit = own.empty() ? unit : own;
  if (read.unit.empty()) {
    throw Error(what, "nothing says what unit x, y and z are in",
                "say --unit mm, cm, m or in, or name them x_mm, y_mm, z_mm");
  }
  const double scale = CmOfUnit(read.unit, what);
  table.Require({"frame", "x" + end, "y" + end, "z" + end});
  std::set<std::tuple<int64_t, std::string, int64_t>> known;
  for (size_t row = 0; row < table.rows(); ++row) {
    if (table.Has("video") && table.Text(row, "video") != video) {
      ++read.of_other_videos;
      continue;
    }
    const auto frame = table.Whole(row, "frame");
    std::array<std::optional<double>, 3> at;
    int there = 0;
    for (int k = 0; k < 3; ++k) {
      at[k] = table.Number(row, std::string(1, "xyz"[k]) + end);
      there += at[k] ? 1 : 0;
    }
    if (there == 0) continue;  // a frame on which the place is not known
    if (!frame || *frame < 0 || *frame > 2'000'000'000 || there < 3) {
      throw Error(table.Where(row), "its frame, x, y or z is missing or below 0", "correct it");
    }
    PositionLabel label;
    label.frame = static_cast<int>(*frame);
    label.animal = table.Text(row, "animal");
    label.track = table.Whole(row, "track");
    label.cm = cv::Vec3d(*at[0], *at[1], *at[2]) * scale;
    label.line = table.line(row);
    if (!known.insert({*frame, label.animal, label.track.value_or(-1)}).second) {
      throw Error(table.Where(row), "the same animal has a second place on that frame",
                  "leave one of them, or name the animals in a column 'animal' or 'track'");
    }
    read.labels.push_back(label);
  }
  std::stable_sort(read.labels.begin(), read.labels.end(),
                   [](const auto& a, const auto& b) { return a.frame < b.frame; });
  return read;
}

}  // namespace datasets
