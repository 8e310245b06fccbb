#include "app/model/preferences.h"

#include <doctest/doctest.h>

#include <fstream>

#include "datasets/base/error.h"
#include "tests/support/temp_dir.h"

namespace preferences_test {

TEST_CASE("preferences come back as they were saved") {
  const tests::TempDir folder;
  app::Preferences saved;
  saved.dark = false;
  saved.ui_scale = 1.5;
  saved.bindings_json = R"({"edit.undo":["Ctrl+U"]})";
  saved.sizes["left"] = 240;
  saved.window = {-20, 30, 1300, 800, true};
  saved.AddRecent("a.vole");
  saved.AddRecent("b.vole");
  saved.AddRecent("a.vole");
  app::SavePreferences(saved, folder / "sub/preferences.json");
  const app::Preferences loaded = app::LoadPreferences(folder / "sub/preferences.json");
  CHECK_FALSE(loaded.dark);
  CHECK(loaded.ui_scale == 1.5);
  CHECK(loaded.recent == std::vector<std::string>{"a.vole", "b.vole"});
  CHECK(loaded.bindings_json == saved.bindings_json);
  CHECK(loaded.sizes.at("left") == 240);
  CHECK(loaded.window.x == -20);
  CHECK(loaded.window.height == 800);
  CHECK(loaded.window.maximized);
}

TEST_CASE("a damaged preferences file gives the defaults and one sentence") {
  const tests::TempDir folder;
  std::ofstream(folder / "preferences.json") << "{\"dark\": 3";
  std::string warning;
  CHECK(app::LoadPreferences(folder / "preferences.json", &warning).dark);
  CHECK(warning.find("defaults") != std::string::npos);
  warning.clear();
  std::ofstream(folder / "odd.json") << R"({"window": [1, 2, 3]})";
  CHECK_FALSE(app::LoadPreferences(folder / "odd.json", &warning).window.known());
  CHECK(warning.empty());
  app::LoadPreferences(folder / "none.json", &warning);
  CHECK(warning.empty());
}

TEST_CASE("preferences that cannot be written say so") {
  const tests::TempDir folder;
  std::ofstream(folder / "file") << "not a folder";
  CHECK_THROWS_AS(app::SavePreferences({}, folder / "file/preferences.json"), datasets::Error);
}

}  // namespace preferences_test
