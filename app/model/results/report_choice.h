// A report as a person chooses it in the window: which files in which folder. The rest are the
// options of `vole report`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/report/report_options.h"

namespace app {

struct ReportChoice {
  std::string folder;  // absolute, see ReportFolder
  bool budget = true, ethogram = true, motion_summary = false, contacts = false;
  bool trajectory = false, occupancy = false, motion = false;
  bool as_svg = true;  // else PNG
  datasets::ReportRequest request;
};

// The request with the chosen files in the folder: budget.csv, ethogram.svg, ...
datasets::ReportRequest RequestOf(const ReportChoice& choice);
// What a typed folder means: "~/..." lies in the home folder, other relative ones beside the
// project. Empty for nothing typed.
std::string ReportFolder(const std::string& typed, const std::filesystem::path& project_file);
// The options that hold and are not what they are by themselves, in words: "frames 100 to the end",
// "bin 60". Those that have a place of their own in the window are left out.
std::vector<std::string> ChangedOptions(const ReportChoice& choice);
// Equal texts are equal choices.
std::string KeyOf(const ReportChoice& choice);
// The folder is there for people to look into: opened with the desktop's own program. Throws Error
// that names the folder where there is no such program.
void OpenFolder(const std::string& folder);

}  // namespace app
