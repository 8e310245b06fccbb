#include "infer/statement/error_bound.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"

namespace infer {
namespace {

double LogChoose(int n, int k) {
  return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

// Of exactly what was seen, if `wrong` of the frames are.
double LogLikelihood(const CheckedSample& s, int wrong) {
  return LogChoose(wrong, s.wrong) + LogChoose(s.frames - wrong, s.drawn - s.wrong) -
         LogChoose(s.frames, s.drawn);
}

double LogBeta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

// The same over the prior: draws from what a beta-binomial number of frames is wrong in are
// beta-binomial themselves.
double LogMarginal(const CheckedSample& s) {
  constexpr double kWrong = 0.5, kRight = 50;
  return LogChoose(s.drawn, s.wrong) + LogBeta(kWrong + s.wrong, kRight + s.drawn - s.wrong) -
         LogBeta(kWrong, kRight);
}

}  // namespace

int MostWrong(const CheckedSample& sample, double level) {
  VOLE_CHECK(sample.frames >= 0 && sample.drawn >= 0 && sample.drawn <= sample.frames);
  VOLE_CHECK(sample.wrong >= 0 && sample.wrong <= sample.drawn && level > 0 && level < 1);
  if (sample.drawn == 0) return sample.frames;
  // The likelihood falls beyond its peak, where it is above its mean: the last that is likely
  // enough.
  const double least = std::log(1 - level) + LogMarginal(sample);
  const int end = sample.frames - (sample.drawn - sample.wrong) + 1;
  const double peak = (sample.frames + 1.0) * sample.wrong / sample.drawn;
  int possible = std::clamp(static_cast<int>(peak), sample.wrong, end - 1), impossible = end;
  while (impossible - possible > 1) {
    const int middle = possible + (impossible - possible) / 2;
    (LogLikelihood(sample, middle) > least ? possible : impossible) = middle;
  }
  return possible;
}

int DrawsUntil(const CheckedSample& sample, double most, double level) {
  const auto enough = [&](int more) {
    return MostWrong({sample.frames, sample.drawn + more, sample.wrong}, level) <= most;
  };
  if (most < 0) return -1;
  int too_few = -1, enough_at = sample.frames - sample.drawn;
  if (!enough(enough_at)) return -1;
  while (enough_at - too_few > 1) {
    const int middle = too_few + (enough_at - too_few) / 2;
    (enough(middle) ? enough_at : too_few) = middle;
  }
  return enough_at;
}

}  // namespace infer
