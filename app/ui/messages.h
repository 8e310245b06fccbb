// Short-lived notes at the lower right: what was done, what failed, and the way out.
#pragma once

#include "app/ui/view.h"

namespace app {

void DrawMessageToasts(UiContext& context);

}  // namespace app
