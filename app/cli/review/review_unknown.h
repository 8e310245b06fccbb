// The part of `vole review` that is about animals whose name is unknown.
#pragma once

#include <string>
#include <vector>

#include "app/cli/console.h"

namespace app {

// vole review PROJECT unknown. `top`: only so many; 0: all. `words`: what was given besides, which
// is refused.
int ListUnknownVerb(const std::string& project, const std::string& video, int top,
                    const std::vector<std::string>& words, Console& console);
// vole review PROJECT name NUMBER ANIMAL: as the list numbers them. `video`: by name; empty where
// only one has unknown animals.
int NameUnknownVerb(const std::string& project, const std::string& video,
                    const std::vector<std::string>& words, Console& console);

}  // namespace app
