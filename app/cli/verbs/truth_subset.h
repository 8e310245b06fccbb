// A part of a COCO truth file, so that a project is measured only on frames it has not learned
// from.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "datasets/project.h"

namespace app {

struct TruthSubset {
  std::string split;            // only images marked so; "" = any
  bool only_unlabeled = false;  // leave out frames whose labels may train in the project
};

// The truth with only the images that the subset asks for, and their annotations. `video` is that
// of the truth. Throws Error when the file cannot be read as a COCO object, or nothing is left.
nlohmann::json TakeSubset(const std::filesystem::path& truth, const TruthSubset& subset,
                          const datasets::Project* project, const std::string& video);

}  // namespace app
