// Which frames a person should label next.
#pragma once

#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/base/options.h"
#include "datasets/video/video.h"

namespace datasets {

struct SampleOptions {
  std::string method = "kmeans";
  int count = 20;
  int64_t seed = 1;
  int min_gap = 0;
  int candidates = 1500;
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field(
        "method", method,
        "stride (even in time), random, kmeans (unlike each other and the labeled ones), motion "
        "(most movement), uncertainty (where predictions are doubtful)");
    v.Field("count", count, "frames to propose", Range{1, 1e6});
    v.Field("seed", seed, "the same seed proposes the same frames", Range{0, 1e15});
    v.Field("min_gap", min_gap,
            "frames between two proposals, and between a proposal and a labeled frame; 0 chooses "
            "from the length; given up where there is no room",
            Range{0, 1e9});
    v.Field("candidates", candidates, "pictures that kmeans and motion look at", Range{2, 20000});
  }
};

// Frame numbers, increasing: exactly `count` of them, or all that are not labeled when there are
// fewer; never one of `already_labeled`, never one twice. `scores` (one a frame, higher = more
// doubtful, NaN = not known, least of all) is needed by `uncertainty` alone; what it picks differs
// in time and in looks too. Memory is bounded by `candidates` small pictures, whatever the length.
// kmeans is Lloyd's with k-means++ seeding (Arthur and Vassilvitskii 2007) on small grey pictures;
// labeled frames take part as centers that stay, so that what is labeled is not proposed again.
// Throws Error for an unknown method, an option out of range, or scores of the wrong number.
std::vector<int> SampleFrames(VideoReader& reader, const SampleOptions& options,
                              const std::vector<int>& already_labeled, Job& job,
                              const std::vector<double>& scores = {});

}  // namespace datasets
