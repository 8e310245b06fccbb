#pragma once

#include <filesystem>
#include <string>

namespace datasets {

// The path of a file as the project keeps it: relative to the project's folder where both lie under
// one root, with forward slashes, so that they can move together.
std::string PathFrom(const std::filesystem::path& folder, const std::filesystem::path& file);

}  // namespace datasets
