#include "app/cli/bad_ones.h"

#include <fmt/format.h>

#include "app/cli/arguments.h"
#include "datasets/base/error.h"

namespace app {

bool BadOnes::Try(const std::string& name, Console& console, const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const datasets::Error& error) {
    if (all_ == 1) throw;
    console.Fail(error.what());
    names_.push_back(name);
    return false;
  }
}

int BadOnes::Finish(const std::string& things, const std::string& done, Console& console) const {
  if (names_.empty()) return 0;
  console.Fail(fmt::format("{} of {} {} could not be {}: {}", names_.size(), all_, things, done,
                           Join(names_)));
  return 1;
}

}  // namespace app
