// Runs another `vole VERB` of this program, as a person would.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/console.h"

namespace app {

// Shows the command line, runs it with --json, and returns what it printed. Its progress goes where
// ours goes. Throws Cancelled when it was cancelled, Error when it failed (it has said why).
nlohmann::json RunVole(const std::vector<std::string>& arguments, Console& console);

}  // namespace app
