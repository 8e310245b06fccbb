#include "infer/statement/error_bound.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"

namespace infer {
namespace {

double LogChoose(int n, int k) {
  return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

// Of `seen` or fewer wrong ones among `drawn` of `frames`, `wrong` of which are.
double ProbabilityOfAtMost(int seen, int frames, int drawn, int wrong) {
  const double all = LogChoose(frames, drawn);
  double sum = 0;
  for (int k = std::max(0, drawn - (frames - wrong)); k <= std::min({seen, drawn, wrong}); ++k) {
    sum += std::exp(LogChoose(wrong, k) + LogChoose(frames - wrong, drawn - k) - all);
  }
  return sum;
}

}  // namespace

int MostWrong(const CheckedSample& sample, double level) {
  VOLE_CHECK(sample.frames >= 0 && sample.drawn >= 0 && sample.drawn <= sample.frames);
  VOLE_CHECK(sample.wrong >= 0 && sample.wrong <= sample.drawn && level > 0 && level < 1);
  // The probability falls with the number of wrong ones: the last that is still likely enough.
  int possible = sample.wrong, impossible = sample.frames - (sample.drawn - sample.wrong) + 1;
  while (impossible - possible > 1) {
    const int middle = possible + (impossible - possible) / 2;
    const bool likely =
        ProbabilityOfAtMost(sample.wrong, sample.frames, sample.drawn, middle) > 1 - level;
    (likely ? possible : impossible) = middle;
  }
  return possible;
}

int DrawsUntil(const CheckedSample& sample, double most, double level) {
  const auto enough = [&](int more) {
    return MostWrong({sample.frames, sample.drawn + more, sample.wrong}, level) <= most;
  };
  int too_few = -1, enough_at = sample.frames - sample.drawn;
  if (!enough(enough_at)) return -1;
  while (enough_at - too_few > 1) {
    const int middle = too_few + (enough_at - too_few) / 2;
    (enough(middle) ? enough_at : too_few) = middle;
  }
  return enough_at;
}

}  // namespace infer
