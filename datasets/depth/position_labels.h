// True places in space, from a table: a person's, or another system's (several cameras, a tracker).
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

namespace datasets {

struct PositionLabel {
  int frame = 0;
  std::string animal;            // "" where the table has no such column
  std::optional<int64_t> track;  // the same
  cv::Vec3d cm{};
  int line = 0;  // of the file
};

struct PositionLabels {
  std::vector<PositionLabel> labels;  // by frame
  std::string unit;                   // of the file
  int of_other_videos = 0;            // left out
};

// CSV with the columns frame (from 0), x, y, z and, where a frame has several animals, animal or
// track; video where it is about several (`video` is the one that is wanted). The unit stands in
// the names of the columns (x_mm, y_mm, z_mm; mm, cm, m, in), or is `unit`. Throws Error for a
// missing column, a missing, doubled or contradicted unit, text that is no number, a negative frame
// and two places of one animal on a frame.
PositionLabels ReadPositionLabels(const std::filesystem::path& path, const std::string& video,
                                  const std::string& unit);

}  // namespace datasets
