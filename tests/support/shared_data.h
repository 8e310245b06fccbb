// The real videos and labels beside the repository; absent on a user's machine.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

namespace tests {

// The folder shared/data beside the checkout (or $VOLE_SHARED_DATA); prints why a test is skipped
// when it is not there. Use: `auto data = tests::SharedData("flies_pair"); if (!data) return;`
inline std::optional<std::filesystem::path> SharedData(const std::string& folder) {
  const char* from_environment = std::getenv("VOLE_SHARED_DATA");
  const std::filesystem::path root =
      from_environment ? std::filesystem::path(from_environment)
                       : std::filesystem::path(VOLE_SOURCE_DIR) / ".." / "shared" / "data";
  if (std::filesystem::exists(root / folder)) return root / folder;
  std::cout << "[skipped] needs the real data " << folder << ", which is not on this machine\n";
  return std::nullopt;
}

}  // namespace tests
