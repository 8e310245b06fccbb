// A file chooser inside the window: folders, files of some kinds, and a line to type a path in.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/model/file_choice.h"

namespace app {

class FileBrowser {
 public:
  enum class Purpose { kOpenOne, kOpenMany, kSaveAs, kFileOrFolder };
  using Done = std::function<void(const std::vector<std::string>&)>;
  // Extensions with the dot, lower case; empty list = every file. `done` gets what was chosen; it
  // is not called when the person closes the browser.
  void Show(const std::string& title, Purpose purpose, std::vector<std::string> extensions,
            const std::filesystem::path& folder, const std::string& suggested_name, Done done);
  // Call every frame, at the top level of the window.
  void Draw(float scale);
  bool open() const { return open_; }
  std::string AllText() const;  // whose characters it draws

 private:
  struct Entry {
    std::string name, size;
    bool folder = false;
    bool fits = true;  // has one of the extensions; others are shown to tell where one is
  };
  void List();
  void DrawEntries(float scale, bool& finish);
  void Enter(const std::filesystem::path& folder);
  void DrawPlaces(float scale);
  void Finish();

  bool open_ = false, appear_ = false;
  bool wants_keyboard_ = false, asks_for_folder_ = false, shows_hidden_ = false;
  std::string title_, error_;
  Purpose purpose_ = Purpose::kOpenOne;
  std::vector<std::string> extensions_;
  std::filesystem::path folder_;
  std::vector<Entry> entries_;
  ChosenRows chosen_;                  // of entries_
  std::filesystem::path last_folder_;  // where something was chosen last
  std::string suggested_name_;
  char typed_[1024] = "", new_folder_[256] = "";
  Done done_;
};

}  // namespace app
