#pragma once

#include <filesystem>

#include "datasets/store/connection.h"

namespace datasets {

// Writes the committed state of the project as one file, which appears whole or not at all and is
// on the disk when this returns. The file that had that name becomes `older` where one is named,
// only once the new one is complete. Throws Error.
void CopyTo(Connection& connection, const std::filesystem::path& copy,
            const std::filesystem::path& older = {});

}  // namespace datasets
