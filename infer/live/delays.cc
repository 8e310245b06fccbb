#include "infer/live/delays.h"

#include <algorithm>
#include <cmath>

namespace infer {

void Delays::Add(std::chrono::steady_clock::duration delay) {
  const double tenths = std::chrono::duration<double, std::milli>(delay).count() * 10;
  const double last = static_cast<double>(tenths_.size() - 1);
  ++tenths_[static_cast<size_t>(std::clamp(std::round(tenths), 0.0, last))];
  ++count_;
}

double Delays::At(double share) const {
  const auto wanted = static_cast<int64_t>(std::ceil(share * static_cast<double>(count_)));
  int64_t seen = 0;
  for (size_t tenth = 0; tenth < tenths_.size(); ++tenth) {
    seen += tenths_[tenth];
    if (seen > 0 && seen >= wanted) return static_cast<double>(tenth) / 10;
  }
  return 0;
}

}  // namespace infer
