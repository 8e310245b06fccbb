// MOTChallenge text: frame,track,x,y,width,height,confidence,class,visibility per line, frames from
// 1 (https://motchallenge.net). Also MOTS text: frame track class height width rle, with spaces,
// where the class is the hundreds of the track number or the number of a category.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"

namespace datasets {

struct MotRow {
  int frame_index = 0;  // from 0
  int64_t track = 0;    // -1: none
  Box box;
  double confidence = 1;  // 1 where the file gives none (-1, or no such field)
  int category = -1;
  std::optional<Rle> mask;  // MOTS only
  int line = 0;
};

// Fields between commas, tabs or spaces. Blank lines and lines that begin with # are skipped.
// `first_frame`: the number that the video's first frame has in the file. Throws Error naming the
// line for anything that is no such row: too few fields, text, NaN, a frame before the first, a
// negative size, a track or class that is no whole number.
std::vector<MotRow> ReadMot(const std::filesystem::path& path, int first_frame = 1);

// Each track becomes a category "animal_N", unless a `labels.txt` beside the file names the classes
// (one a line, from 1). Rows of confidence 0 are left out, as the benchmark does.
ImportReport ImportMot(Project& project, const std::filesystem::path& path,
                       const ImportOptions& options, Job& job);
// One video (options.video where there are several). Classes in the order of the categories, whose
// names go to a `labels.txt` beside `out` if there is none.
ExportReport ExportMot(const Project& project, const std::filesystem::path& out,
                       const ExportOptions& options, Job& job);

}  // namespace datasets
