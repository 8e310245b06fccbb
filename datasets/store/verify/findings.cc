#include "datasets/store/verify/findings.h"

#include <algorithm>

namespace datasets {
namespace {

constexpr int64_t kMostKept = 1'000'000;

void AddRest(const std::map<std::string, int64_t>& count, int64_t most,
             std::vector<Finding>* findings) {
  for (const auto& [code, number] : count) {
    if (number > most) {
      findings->push_back({code, "and " + std::to_string(number - most) + " more", "", {}});
    }
  }
}

}  // namespace

void Findings::Add(const std::string& code, const std::string& text, const std::string& table,
                   std::optional<int64_t> id) {
  if (++count_[code] > kMostKept) return;
  findings_.push_back({code, text, table, id});
  std::replace(findings_.back().text.begin(), findings_.back().text.end(), '\n', ' ');
}

std::vector<Finding> Findings::Take() {
  AddRest(count_, kMostKept, &findings_);
  return std::move(findings_);
}

std::vector<Finding> Shortened(const std::vector<Finding>& findings, int64_t most) {
  std::map<std::string, int64_t> count;
  std::vector<Finding> kept;
  for (const Finding& finding : findings) {
    if (++count[finding.code] <= most) kept.push_back(finding);
  }
  AddRest(count, most, &kept);
  return kept;
}

}  // namespace datasets
