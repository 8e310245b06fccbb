// Whether a disk has room for what a training will write. No torch type here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace train {

// Tries to set so many bytes aside beside `file`, which also asks quotas and permissions, and gives
// them back. Empty when that works, else the system's reason.
std::string WhyNoRoom(const std::filesystem::path& file, uint64_t bytes);

// "14 MB".
std::string MegabyteWords(uint64_t bytes);

}  // namespace train
