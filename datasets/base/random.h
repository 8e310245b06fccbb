// Random numbers that are the same on every platform and compiler (SplitMix64, Steele et al. 2014).
#pragma once

#include <cstdint>
#include <initializer_list>

namespace datasets {

constexpr uint64_t kSplitMixStep = 0x9e3779b97f4a7c15ULL;

constexpr uint64_t SplitMixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr uint64_t SplitMix(uint64_t x) { return SplitMixed(x + kSplitMixStep); }

class Random {
 public:
  explicit Random(uint64_t seed) : state_(SplitMix(seed)) {}
  // From several numbers, as a seed and a step: what a step draws needs no knowledge of what the
  // steps before it drew, so that resuming equals never having stopped.
  explicit Random(std::initializer_list<uint64_t> key) : state_(0x853c49e6748fea9bULL) {
    for (uint64_t part : key) state_ = SplitMixed(state_ ^ SplitMix(part));
  }
  uint64_t Next() {
    state_ += kSplitMixStep;
    return SplitMixed(state_);
  }
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }  // [0, 1)
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  int Below(int count) { return static_cast<int>(Next() % static_cast<uint64_t>(count)); }
  bool Chance(double probability) { return Uniform() < probability; }
  // Mean 0, standard deviation 1, as a sum of uniforms: needs no function of the C library.
  double Normal() {
    double sum = -3;
    for (int i = 0; i < 6; ++i) sum += Uniform();
    return sum * 1.4142135623730951;
  }

 private:
  uint64_t state_;
};

}  // namespace datasets
