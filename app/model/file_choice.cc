#include "app/model/file_choice.h"

#include <algorithm>

namespace app {

namespace fs = std::filesystem;

fs::path TypedPath(const std::string& typed, const fs::path& folder, const fs::path& home) {
  constexpr char kBlanks[] = " \t";
  const size_t first = typed.find_first_not_of(kBlanks);
  if (first == std::string::npos) return {};
  const std::string text = typed.substr(first, typed.find_last_not_of(kBlanks) - first + 1);
  if (!home.empty() && (text == "~" || text.rfind("~/", 0) == 0)) {
    return text.size() <= 2 ? home : home / text.substr(2);
  }
  const fs::path path(text);
  return path.is_relative() ? folder / path : path;
}

void ChosenRows::Click(size_t row, bool ctrl, bool shift) {
  if (!ctrl) Clear();
  if (shift) {
    const size_t from = std::min(anchor_, chosen_.size() - 1);
    for (size_t i = std::min(from, row); i <= std::max(from, row); ++i) chosen_[i] = true;
    return;
  }
  chosen_[row] = !ctrl || !chosen_[row];
  anchor_ = row;
}

}  // namespace app
