// Random numbers that are the same on every platform, and that a step can draw without knowing what
// the steps before it drew: so resuming equals never having stopped.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace train {

class Random {
 public:
  explicit Random(std::initializer_list<uint64_t> key) {
    for (uint64_t part : key) state_ = Mix(state_ ^ Mix(part + 0x9e3779b97f4a7c15ULL));
  }
  uint64_t Next() {  // SplitMix64 (Steele et al. 2014)
    state_ += 0x9e3779b97f4a7c15ULL;
    return Mix(state_);
  }
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }  // [0, 1)
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  bool Chance(double probability) { return Uniform() < probability; }
  int Below(int count) { return static_cast<int>(Next() % static_cast<uint64_t>(count)); }

 private:
  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  uint64_t state_ = 0x853c49e6748fea9bULL;
};

}  // namespace train
