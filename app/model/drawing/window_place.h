// Where a window stands, and that it can be seen there: monitors come and go. No window here.
#pragma once

#include <vector>

namespace app {

struct WindowPlace {  // of the content, in the desktop's coordinates
  int x = 0, y = 0, width = 0, height = 0;
  bool maximized = false;
  bool known() const { return width > 0 && height > 0; }
};

// The place as it is when enough of it lies on the monitors' work areas to be taken hold of (its
// top and a good part of its area); else the nearest place that lies wholly on one of them, made
// smaller where it must be. Without monitors it stays.
WindowPlace OnScreen(const WindowPlace& wanted, const std::vector<WindowPlace>& monitors);

}  // namespace app
