// Median and tail of many delays, in memory that does not grow.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace infer {

class Delays {
 public:
  void Add(std::chrono::steady_clock::duration delay);
  // Milliseconds below which this share of them lies, to a tenth; 0 where there are none. Delays of
  // five seconds and more count as five.
  double At(double share) const;

 private:
  std::vector<int64_t> tenths_ = std::vector<int64_t>(50001, 0);  // [tenth of a millisecond]
  int64_t count_ = 0;
};

}  // namespace infer
