// What --model names.
#pragma once

#include <filesystem>
#include <string>

#include "datasets/project.h"

namespace app {

// A model of the project by name, else a file. Throws Error that lists the names.
std::filesystem::path NamedModel(const datasets::Project& project, const std::string& given);

}  // namespace app
