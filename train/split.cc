#include "train/split.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>

namespace train {
namespace {

std::vector<int> Counts(const std::vector<LabeledFrame>& frames, const std::vector<int>& which,
                        int classes) {
  std::vector<int> counts(static_cast<size_t>(classes), 0);
  for (int frame : which) {
    for (const LabeledObject& object : frames[frame].objects) {
      if (!object.ignore) ++counts[object.class_index];
    }
  }
  return counts;
}

}  // namespace

Split SplitByTime(const std::vector<LabeledFrame>& frames, int classes, double share) {
  Split split;
  std::vector<int> all(frames.size());
  std::iota(all.begin(), all.end(), 0);
  std::map<int, std::vector<int>> by_video;
  for (int i : all) by_video[frames[i].video].push_back(i);
  if (static_cast<int>(frames.size()) >= kFewestToSplit && share > 0) {
    for (auto& [video, list] : by_video) {
      std::stable_sort(list.begin(), list.end(),
                       [&](int a, int b) { return frames[a].frame_index < frames[b].frame_index; });
      const int count = static_cast<int>(list.size());
      const int wanted = static_cast<int>(std::lround(share * count));
      if (wanted < 1) continue;
      const int blocks = std::clamp(wanted / 4, 1, 4);
      std::vector<bool> held(list.size(), false);
      for (int b = 0; b < blocks; ++b) {
        const int length = wanted / blocks + (b < wanted % blocks ? 1 : 0);
        // The last block ends with the last label: the furthest from what is learned.
        const int end = static_cast<int>(static_cast<int64_t>(b + 1) * count / blocks);
        for (int i = std::max(0, end - length); i < end; ++i) held[i] = true;
      }
      for (int i = 0; i < count; ++i) {
        if (held[i]) {
          split.held.push_back(list[i]);
          continue;
        }
        const bool near = std::any_of(list.begin(), list.end(), [&](const int& other) {
          return held[static_cast<size_t>(&other - list.data())] &&
                 std::abs(frames[other].frame_index - frames[list[i]].frame_index) <= kGuardFrames;
        });
        (near ? split.left_out : split.learn).push_back(list[i]);
      }
    }
  }
  bool enough = !split.held.empty() && !split.learn.empty();
  const std::vector<int> total = Counts(frames, all, classes);
  const std::vector<int> kept = Counts(frames, split.learn, classes);
  for (int k = 0; k < classes; ++k) enough = enough && 2 * kept[k] >= total[k];
  if (!enough) {
    split = {};
    split.learn = all;
  }
  std::sort(split.learn.begin(), split.learn.end());
  std::sort(split.held.begin(), split.held.end());
  std::sort(split.left_out.begin(), split.left_out.end());
  return split;
}

}  // namespace train
