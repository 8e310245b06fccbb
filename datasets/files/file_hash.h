// The hash by which a file is recognized: a project its models, a download its publisher.
#pragma once

#include <filesystem>
#include <string>

#include "datasets/base/job.h"

namespace datasets {

// Hex SHA-256 of a file's bytes. Throws Error when it cannot be read or is no regular file (a pipe
// or a device may never end); Cancelled when `job` is.
std::string HashFile(const std::filesystem::path& file, const Job* job = nullptr);

}  // namespace datasets
