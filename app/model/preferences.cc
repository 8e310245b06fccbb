#include "app/model/preferences.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "datasets/base/error.h"

namespace app {

void Preferences::AddRecent(const std::string& project_file) {
  recent.erase(std::remove(recent.begin(), recent.end(), project_file), recent.end());
  recent.insert(recent.begin(), project_file);
  if (recent.size() > 12) recent.resize(12);
}

std::filesystem::path PreferencesFile() {
  const char* base = std::getenv("XDG_CONFIG_HOME");
  if (base && *base) return std::filesystem::path(base) / "vole" / "preferences.json";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home ? home : ".") / ".config" / "vole" / "preferences.json";
}

Preferences LoadPreferences(const std::filesystem::path& file, std::string* warning) {
  Preferences loaded;
  std::ifstream in(file);
  if (!in) return loaded;
  std::stringstream text;
  text << in.rdbuf();
  try {
    const nlohmann::json json = nlohmann::json::parse(text.str());
    loaded.dark = json.value("dark", loaded.dark);
    loaded.ui_scale = std::clamp(json.value("ui_scale", loaded.ui_scale), 0.5, 4.0);
    loaded.dash_patterns = json.value("dash_patterns", loaded.dash_patterns);
    loaded.seen_walkthrough = json.value("seen_walkthrough", loaded.seen_walkthrough);
    loaded.recent = json.value("recent", loaded.recent);
    loaded.bindings_json = json.value("bindings", nlohmann::json::object()).dump();
    loaded.sizes = json.value("sizes", loaded.sizes);
    const auto window = json.value("window", std::vector<int>());
    if (window.size() == 5 && window[2] >= 320 && window[3] >= 240) {
      loaded.window = {window[0], window[1], window[2], window[3], window[4] != 0};
    }
  } catch (const nlohmann::json::exception&) {
    if (warning) {
      *warning = file.string() + ": the preferences cannot be read; the defaults are used";
    }
    return Preferences();
  }
  return loaded;
}

void SavePreferences(const Preferences& preferences, const std::filesystem::path& file) {
  nlohmann::json json = {{"dark", preferences.dark},
                         {"ui_scale", preferences.ui_scale},
                         {"dash_patterns", preferences.dash_patterns},
                         {"seen_walkthrough", preferences.seen_walkthrough},
                         {"recent", preferences.recent},
                         {"bindings", nlohmann::json::parse(preferences.bindings_json)},
                         {"sizes", preferences.sizes}};
  const WindowPlace& window = preferences.window;
  if (window.known()) {
    json["window"] = {window.x, window.y, window.width, window.height, window.maximized ? 1 : 0};
  }
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  const std::filesystem::path temporary = file.string() + ".new";
  {
    std::ofstream out(temporary);
    out << json.dump(1) << '\n';
    out.flush();
    if (!out) {
      throw datasets::Error(file.string(), "the preferences cannot be written",
                            "check the folder's permissions and free space");
    }
  }
  std::filesystem::rename(temporary, file, ignored);
  if (ignored) {
    throw datasets::Error(file.string(),
                          "the preferences cannot be written (" + ignored.message() + ")",
                          "check the folder's permissions");
  }
}

}  // namespace app
