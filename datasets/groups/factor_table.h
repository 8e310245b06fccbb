// Factors of videos as a person sees them: a table of videos, a column for each factor.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/project.h"

namespace datasets {

struct FactorTable {
  std::vector<std::string> factors;
  struct Row {
    VideoRow video;
    std::vector<std::string> values;  // [factors]; "" where the video has none
  };
  std::vector<Row> rows;  // every video of the project

  // Its column, in whatever case; throws Error that lists the names, with did-you-mean.
  size_t Column(const std::string& factor) const;
};

// Names that differ only in the case of their letters are one.
bool IsSameFactor(const std::string& name, const std::string& other);

FactorTable FactorsOf(const Project& project);

std::string FactorsCsv(const FactorTable& table);  // video, then the factors

struct FactorCsvValue {
  Id video_id = 0;
  std::string factor, value;  // "" takes the value away
};
// A table with a column `video` (a name, or a file's name as the project has it) and one for each
// factor. Nothing is read in part: throws Error that names the line for a video that the project
// lacks, one that is there twice, a column that is there twice (in whatever case), and a table
// without factors.
std::vector<FactorCsvValue> ReadFactorsCsv(const std::filesystem::path& file,
                                           const Project& project);

}  // namespace datasets
