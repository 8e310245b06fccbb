// The fonts of the window, with the characters that are needed.
#pragma once

#include <cstdint>
#include <set>

#include "app/ui/theme.h"

namespace app {

// Loads a packaged font (DejaVu Sans) at the scale; ImGui's own font when none is installed. Of the
// characters beyond AlwaysLoaded() those that are needed, from whatever font has them; `missing`
// gets those that none has.
Fonts LoadFonts(float scale, const std::set<uint16_t>& needed, std::set<uint16_t>* missing);

}  // namespace app
