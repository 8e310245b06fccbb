// The random frames of a prediction, in the order in which they are drawn.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace infer {

// Draws without replacement. The order is not stored: it follows from the number of frames and the
// seed alone (for a prediction, the id of its job), on every machine, so that a larger draw starts
// with a smaller one and a statement can tell which frames were drawn before which.
class RandomFrames {
 public:
  RandomFrames(int frames, uint64_t seed);
  bool IsDone() const { return drawn_ == is_drawn_.size(); }
  int Next();  // [0, frames); not after IsDone

 private:
  std::mt19937_64 random_;
  std::vector<bool> is_drawn_;
  size_t drawn_ = 0;
};

}  // namespace infer
