// Bento's annotation files (.annot), which MARS writes too (Segalin et al. 2021;
// https://github.com/neuroethology/bentoMAT, loadAnnotSheetTxt.m and saveAnnot.m): a text file of
// channels, each with bouts of behaviors as Start, Stop, Duration; frames from 1, both ends
// inclusive, or seconds where a number has a fraction, as Bento itself tells them apart.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"

namespace datasets {

struct BentoBout {
  std::string channel, behavior;
  double start = 0, stop = 0;  // as the file says
  std::string where;
};

struct BentoFile {
  std::string movies;              // the rest of that line
  double fps = 0, stop_frame = 0;  // 0: not said
  bool in_seconds = false;
  std::vector<BentoBout> bouts;
  std::vector<std::string> behaviors;  // listed, whether they happen or not
  int64_t other = 0;                   // bouts of "other", which is no behavior
};

// Throws Error naming the line for anything that is no such file.
BentoFile ReadBento(const std::filesystem::path& path);

// A channel that is called as an animal or a region of the project is the subject; any other is who
// scored. Bouts of "other" are left out.
ImportReport ImportBento(Project& project, const std::filesystem::path& path,
                         const ImportOptions& options, Job& job);
// One video. A channel for each subject, rater, or pair of them; names become letters, digits and
// underscores, as MATLAB wants them, counted where they changed.
ExportReport ExportBento(const Project& project, const std::filesystem::path& out,
                         const ExportOptions& options, Job& job);

}  // namespace datasets
