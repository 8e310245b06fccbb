// Short-lived notes at the lower right: what was done, what failed, and the way out.
#pragma once

#include "app/ui/view.h"

namespace app {

void DrawMessageToasts(UiContext& context);
// True while a message is shown that goes away by itself: the window must look again soon.
bool AnyMessageFades(const std::deque<Message>& messages);

}  // namespace app
