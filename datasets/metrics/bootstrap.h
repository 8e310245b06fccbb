// How sure a figure is, when neighboring frames resemble each other.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace datasets {

struct Interval {
  double low = 0, high = 0;
};

struct BootstrapOptions {
  int rounds = 1000;
  double confidence = 0.95;
  uint64_t seed = 1;
};

// Cuts frames 0 .. frames - 1 into neighboring blocks of `block_frames` (the last may be shorter),
// draws as many blocks with replacement, and asks for `figure` of the frames drawn (in order of
// time, repeats kept). Percentile interval (Efron 1979; blocks after Carlstein 1986). NaN figures
// are left out. Throws Error when there is no frame or an option makes no sense.
Interval BlockBootstrap(int64_t frames, int64_t block_frames,
                        const std::function<double(const std::vector<int64_t>&)>& figure,
                        const BootstrapOptions& options = {});

// The same for the mean of one value per frame.
Interval BlockBootstrapMean(const std::vector<double>& values, int64_t block_frames,
                            const BootstrapOptions& options = {});

}  // namespace datasets
