#include "datasets/base/suggest.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace datasets {
namespace {

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string ClosestName(const std::string& given, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = 0;
  const std::string wanted = Lower(given);
  for (const std::string& name : known) {
    const size_t distance = EditDistance(wanted, Lower(name));
    const size_t allowed = std::max<size_t>(2, std::max(given.size(), name.size()) / 3);
    if (distance > allowed || distance >= std::max(given.size(), name.size())) continue;
    if (best.empty() || distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::string QuotedNames(const std::vector<std::string>& names, size_t limit) {
  if (names.empty()) return "none";
  std::string text;
  for (size_t i = 0; i < std::min(limit, names.size()); ++i) {
    text += (i ? ", '" : "'") + names[i] + "'";
  }
  if (names.size() > limit) text += " and " + std::to_string(names.size() - limit) + " more";
  return text;
}

}  // namespace datasets
