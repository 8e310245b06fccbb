// Small things about text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace datasets {

// What stands between commas, without blanks around it: "a, b c" has "a" and "b c". An empty text
// has one empty name.
inline std::vector<std::string> SplitNames(std::string_view text) {
  std::vector<std::string> names;
  while (true) {
    const size_t comma = text.find(',');
    std::string_view name = text.substr(0, comma);
    const size_t first = name.find_first_not_of(" \t");
    const size_t last = name.find_last_not_of(" \t");
    names.emplace_back(first == std::string_view::npos ? std::string_view()
                                                       : name.substr(first, last - first + 1));
    if (comma == std::string_view::npos) return names;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace datasets
