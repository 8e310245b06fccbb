// What the window shows while no project is open.
#pragma once

#include <string>

#include "app/model/preferences.h"

namespace app {

class Shell;
class Window;

// New, open, recent projects; what dropping a video does.
void DrawStartScreen(Shell& shell, Window& window, Preferences& preferences,
                     const std::string& error);
// That something is being done, and what.
void DrawBusyScreen(Window& window, const std::string& text);

}  // namespace app
