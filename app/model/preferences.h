// What a person set once for all projects: look, keys, recent projects, sizes of the panels.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/model/drawing/window_place.h"

namespace app {

struct Preferences {
  bool dark = true;
  double ui_scale = 1.0;  // on top of the monitor's own scale
  bool dash_patterns = true;
  bool seen_walkthrough = false;
  std::vector<std::string> recent;  // project files, newest first, at most 12
  std::string bindings_json = "{}";
  std::map<std::string, double> sizes;  // panel sizes, logical pixels
  WindowPlace window;                   // where the window stood last

  void AddRecent(const std::string& project_file);
};

// $XDG_CONFIG_HOME/vole/preferences.json, else ~/.config/vole/preferences.json.
std::filesystem::path PreferencesFile();
// Defaults for a missing file. A damaged one gives defaults too, and `warning` one sentence.
Preferences LoadPreferences(const std::filesystem::path& file, std::string* warning = nullptr);
// Temporary file, then rename. Throws datasets::Error when it cannot be written.
void SavePreferences(const Preferences& preferences, const std::filesystem::path& file);

}  // namespace app
