#include "train/learn/split.h"

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

// A split with at most `most_blocks` blocks a video.
Split Cut(const std::vector<LabeledFrame>& frames, double share, int most_blocks) {
  Split split;
  std::map<int, std::vector<int>> by_video;
  for (size_t i = 0; i < frames.size(); ++i) {
    by_video[frames[i].video].push_back(static_cast<int>(i));
  }
  for (auto& [video, list] : by_video) {
    std::stable_sort(list.begin(), list.end(),
                     [&](int a, int b) { return frames[a].frame_index < frames[b].frame_index; });
    const int count = static_cast<int>(list.size());
    const int wanted = static_cast<int>(std::lround(share * count));
    const int blocks = std::clamp(wanted / 4, 1, most_blocks);
    std::vector<bool> held(list.size(), false);
    for (int b = 0; b < blocks; ++b) {
      const int length = wanted / blocks + (b < wanted % blocks ? 1 : 0);
      // The last block ends with the last label: the furthest from what is learned.
      const int end = static_cast<int>(static_cast<int64_t>(b + 1) * count / blocks);
      for (int i = std::max(0, end - length); i < end; ++i) held[i] = true;
    }
    for (int i = 0; i < count; ++i) {
      bool near = false;
      for (int j = 0; j < count && !near; ++j) {
        near = held[j] &&
               std::abs(frames[list[j]].frame_index - frames[list[i]].frame_index) <= kGuardFrames;
      }
      (held[i] ? split.held : near ? split.left_out : split.learn).push_back(list[i]);
    }
  }
  std::sort(split.learn.begin(), split.learn.end());
  std::sort(split.held.begin(), split.held.end());
  std::sort(split.left_out.begin(), split.left_out.end());
  return split;
}

}  // namespace

Split SplitByTime(const std::vector<LabeledFrame>& frames, int classes, double share) {
  Split all;
  all.learn.resize(frames.size());
  std::iota(all.learn.begin(), all.learn.end(), 0);
  if (static_cast<int>(frames.size()) < kFewestToSplit || share <= 0) return all;
  const std::vector<int> total = Counts(frames, all.learn, classes);
  // Many blocks show more of the video; where labels lie densely the guards would cost too much.
  for (int most_blocks = 4; most_blocks >= 1; --most_blocks) {
    Split split = Cut(frames, share, most_blocks);
    bool enough = !split.held.empty() && split.learn.size() * 2 > frames.size();
    const std::vector<int> kept = Counts(frames, split.learn, classes);
    for (int k = 0; k < classes; ++k) enough = enough && 2 * kept[k] >= total[k];
    if (enough) return split;
  }
  return all;
}

}  // namespace train
