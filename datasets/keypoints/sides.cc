#include "datasets/keypoints/sides.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace datasets {
namespace {

bool IsLower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }
bool IsUpper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// Whether the letter at `at` is a word of its own: wingL, forelegL4, l_eye; not the l of "tail".
bool StandsAlone(const std::string& name, size_t at) {
  const bool first = at == 0, last = at + 1 == name.size();
  const char before = first ? '_' : name[at - 1], after = last ? '_' : name[at + 1];
  if (IsUpper(name[at])) return !IsUpper(before) && !IsLower(after);
  return !IsLetter(before) && !IsLetter(after);
}

// The names that `name` may have on the other side.
std::vector<std::string> OnTheRight(const std::string& name) {
  static const std::vector<std::pair<std::string, std::string>> kSides = {
      {"left", "right"}, {"Left", "Right"}, {"LEFT", "RIGHT"}};
  std::vector<std::string> others;
  const auto replace = [&](size_t at, size_t length, const std::string& by) {
    others.push_back(name);
    others.back().replace(at, length, by);
  };
  for (const auto& [left, right] : kSides) {
    for (size_t at = name.find(left); at != std::string::npos; at = name.find(left, at + 1)) {
      replace(at, left.size(), right);
    }
  }
  for (size_t at = 0; at < name.size(); ++at) {
    if ((name[at] == 'L' || name[at] == 'l') && StandsAlone(name, at)) {
      replace(at, 1, name[at] == 'L' ? "R" : "r");
    }
  }
  return others;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> PartnersByName(
    const std::vector<std::string>& names) {
  const std::set<std::string> known(names.begin(), names.end());
  std::set<std::string> paired;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& name : names) {
    for (const std::string& other : OnTheRight(name)) {
      if (!known.count(other) || paired.count(name) || paired.count(other)) continue;
      paired.insert(name);
      paired.insert(other);
      pairs.emplace_back(name, other);
    }
  }
  return pairs;
}

std::string PairsText(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string text;
  for (const auto& [left, right] : pairs) {
    text += (text.empty() ? "" : ", ") + left + " and " + right;
  }
  return text;
}

}  // namespace datasets
