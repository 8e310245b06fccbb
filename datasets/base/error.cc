#include "datasets/base/error.h"

#include <algorithm>

namespace datasets {
namespace {

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

Error::Error(const std::string& thing, const std::string& cause, const std::string& remedy)
    : std::runtime_error(OneLine(thing + ": " + cause + (remedy.empty() ? "" : "; " + remedy))) {}

void CheckFailed(const char* condition, const char* file, int line) {
  throw std::logic_error(std::string("internal check failed: ") + condition + " at " + file + ":" +
                         std::to_string(line));
}

}  // namespace datasets
