// One of many files or videos that a verb cannot do: the others are done, the bad one is named.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/cli/console.h"

namespace app {

class BadOnes {
 public:
  // `all`: how many there are to do. Where it is one, Try throws what `work` throws.
  explicit BadOnes(size_t all) : all_(all) {}
  // Runs `work`; false when it threw a datasets::Error, which is printed.
  bool Try(const std::string& name, Console& console, const std::function<void()>& work);
  const std::vector<std::string>& names() const { return names_; }
  // The exit code: 0, or 1 and a last line "1 of 3 videos could not be added: b.mp4".
  int Finish(const std::string& things, const std::string& done, Console& console) const;

 private:
  const size_t all_;
  std::vector<std::string> names_;
};

}  // namespace app
