// What the readers of BORIS projects and tables share. Internal to datasets/formats/boris.
#pragma once

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "datasets/formats/boris/boris.h"

namespace datasets {

// One file of an observation. BORIS counts seconds from the start of the first one.
struct BorisMedia {
  std::string file;
  double start_s = 0, length_s = std::numeric_limits<double>::infinity(), fps = 0;
};

// BORIS keeps three digits.
inline constexpr double kBorisRounding_s = 0.002;

// What BORIS has added to the seconds of an observation's events: `offset`, the time that the
// observation says, where no event lies before it, else 0 (it was given after they were scored).
// A warning says which. `first_s`: the earliest event.
double OffsetOf(BorisFile& file, const std::string& observation, double offset, double first_s);

// Adds `bout` (in seconds of the observation) in seconds of its files: a part in each that it lies
// in; what lies behind the last one is cut, with a warning. `media` is not empty.
void AddBout(BorisFile& file, const std::vector<BorisMedia>& media, const BorisBout& bout);

// Puts behaviors into groups such that only pairs of `excluded` share one; a warning names each
// pair that no group can hold then (BORIS excludes in pairs, Vole in groups). Points are left out.
void GroupExclusions(BorisFile& file,
                     const std::vector<std::pair<std::string, std::string>>& excluded);

BorisFile ReadBorisProject(const std::filesystem::path& path);
BorisFile ReadBorisTable(const std::filesystem::path& path, const BorisLengths& lengths);

}  // namespace datasets
