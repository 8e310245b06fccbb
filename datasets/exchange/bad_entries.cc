#include "datasets/exchange/bad_entries.h"

namespace datasets {

namespace {

constexpr size_t kNamed = 8;

std::string ThingOf(const std::string& text) { return text.substr(0, text.find(": ")); }
std::string CauseOf(const std::string& text) {
  const size_t end = text.find(": ");
  return end == std::string::npos ? "it cannot be read" : text.substr(end + 2);
}

}  // namespace

bool BadEntries::Try(const std::function<void()>& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    Add(error);
    return false;
  }
}

void BadEntries::Add(const Error& error) {
  ++count_;
  if (texts_.size() < kNamed) texts_.emplace_back(error.what());
}

void BadEntries::Finish(std::vector<std::string>* warnings, bool nothing_left) const {
  if (count_ == 0) return;
  std::string others;
  for (size_t i = 1; i < texts_.size(); ++i) {
    const std::string thing = ThingOf(texts_[i]);
    if (thing == ThingOf(texts_[i - 1])) continue;  // said already
    others += (others.empty() ? "" : ", ") + thing;
  }
  const int64_t more = count_ - static_cast<int64_t>(texts_.size());
  if (more > 0) others += " and " + std::to_string(more) + " more";
  const std::string first = texts_.front();
  if (!skip_ || nothing_left) {
    throw Error(ThingOf(first), CauseOf(first),
                count_ == 1 ? (skip_ ? "" : "or leave it out with --skip-bad")
                            : std::to_string(count_ - 1) + " more cannot be read" +
                                  (others.empty() ? "" : " (" + others + ")") +
                                  "; --skip-bad leaves them out");
  }
  warnings->push_back(std::to_string(count_) + " that cannot be read were left out: " + first +
                      (others.empty() ? "" : "; also " + others));
}

}  // namespace datasets
