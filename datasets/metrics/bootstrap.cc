#include "datasets/metrics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "datasets/base/error.h"

namespace datasets {
namespace {

// Between the two nearest of the sorted values.
double Quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const size_t below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Interval BlockBootstrap(int64_t frames, int64_t block_frames,
                        const std::function<double(const std::vector<int64_t>&)>& figure,
                        const BootstrapOptions& options) {
  if (frames < 1 || block_frames < 1 || options.rounds < 1 || !(options.confidence > 0) ||
      !(options.confidence < 1))
    throw Error("confidence interval",
                "it needs frames, blocks, rounds and a share between 0 and 1",
                "give at least one of each and a confidence such as 0.95");
  const int64_t blocks = (frames + block_frames - 1) / block_frames;
  std::mt19937_64 random(options.seed);
  std::vector<double> values;
  std::vector<int64_t> drawn(blocks), chosen;
  for (int round = 0; round < options.rounds; ++round) {
    for (auto& block : drawn)
      block = static_cast<int64_t>(random() % static_cast<uint64_t>(blocks));
    std::sort(drawn.begin(), drawn.end());
    chosen.clear();
    for (const int64_t block : drawn)
      for (int64_t i = block * block_frames; i < std::min(frames, (block + 1) * block_frames); ++i)
        chosen.push_back(i);
    const double value = figure(chosen);
    if (!std::isnan(value)) values.push_back(value);
  }
  if (values.empty())
    throw Error("confidence interval", "the figure is not a number on any sample",
                "use more frames");
  std::sort(values.begin(), values.end());
  const double tail = (1 - options.confidence) / 2;
  return {Quantile(values, tail), Quantile(values, 1 - tail)};
}

Interval BlockBootstrapMean(const std::vector<double>& values, int64_t block_frames,
                            const BootstrapOptions& options) {
  return BlockBootstrap(
      static_cast<int64_t>(values.size()), block_frames,
      [&](const std::vector<int64_t>& frames) {
        double sum = 0;
        for (const int64_t frame : frames) sum += values[frame];
        return sum / static_cast<double>(frames.size());
      },
      options);
}

}  // namespace datasets
