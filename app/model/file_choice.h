// Choosing files: what a typed path means, and which rows of a list are chosen by clicks.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace app {

// Of what a person typed while `folder` was shown: "~" and "~/..." are the home folder, other
// relative paths lie in `folder`; blanks around it are dropped.
std::filesystem::path TypedPath(const std::string& typed, const std::filesystem::path& folder,
                                const std::filesystem::path& home);

class ChosenRows {
 public:
  explicit ChosenRows(size_t rows = 0) : chosen_(rows, false) {}
  // Alone it chooses this row, with Ctrl it adds or drops it, with Shift it chooses all from the
  // last row that was clicked without Shift.
  void Click(size_t row, bool ctrl, bool shift);
  void Choose(size_t row) { chosen_[row] = true; }
  void Clear() { chosen_.assign(chosen_.size(), false); }
  bool Has(size_t row) const { return chosen_[row]; }

 private:
  std::vector<bool> chosen_;
  size_t anchor_ = 0;
};

}  // namespace app
