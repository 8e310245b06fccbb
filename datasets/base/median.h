#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace datasets {

// The upper median; `none` for no values.
inline double Median(std::vector<double> values, double none = 0) {
  if (values.empty()) return none;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace datasets
