// A file chooser inside the window: folders, files of some kinds, and a line to type a path in.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace app {

class FileBrowser {
 public:
  enum class Purpose { kOpenOne, kOpenMany, kSaveAs };
  using Done = std::function<void(const std::vector<std::string>&)>;
  // Extensions with the dot, lower case; empty list = every file. `done` gets what was chosen; it
  // is not called when the person closes the browser.
  void Show(const std::string& title, Purpose purpose, std::vector<std::string> extensions,
            const std::filesystem::path& folder, const std::string& suggested_name, Done done);
  // Call every frame, at the top level of the window.
  void Draw(float scale);
  bool open() const { return open_; }

 private:
  struct Entry {
    std::string name, size;
    bool folder = false;
    bool chosen = false;
  };
  void List();
  void DrawEntries(float scale, bool& finish);
  void Finish();

  bool open_ = false, appear_ = false;
  std::string title_, error_;
  Purpose purpose_ = Purpose::kOpenOne;
  std::vector<std::string> extensions_;
  std::filesystem::path folder_;
  std::vector<Entry> entries_;
  char typed_[1024] = "";
  Done done_;
};

// File extensions of videos that FFmpeg commonly reads, lower case with the dot.
const std::vector<std::string>& VideoExtensions();

}  // namespace app
