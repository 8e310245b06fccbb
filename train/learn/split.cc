#include "train/learn/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <utility>

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
    std::vector<int> judges;  // in order of time
    for (const int frame : list) {
      if (!frames[frame].filled_in) judges.push_back(frame);
    }
    const int count = static_cast<int>(judges.size());
    const int wanted = static_cast<int>(std::lround(share * count));
    const int blocks = std::clamp(wanted / 4, 1, most_blocks);
    std::set<int> held;
    std::vector<std::pair<int, int>> spans;  // from the first to the last frame of a block
    for (int b = 0; b < blocks; ++b) {
      const int length = wanted / blocks + (b < wanted % blocks ? 1 : 0);
      // The last block ends with the last label: the furthest from what is learned.
      const int end = static_cast<int>(static_cast<int64_t>(b + 1) * count / blocks);
      const int begin = std::max(0, end - length);
      held.insert(judges.begin() + begin, judges.begin() + end);
      if (begin < end) {
        spans.emplace_back(frames[judges[begin]].frame_index, frames[judges[end - 1]].frame_index);
      }
    }
    for (const int frame : list) {
      const int at = frames[frame].frame_index;
      const bool near = std::any_of(spans.begin(), spans.end(), [&](const auto& span) {
        return at >= span.first - kGuardFrames && at <= span.second + kGuardFrames;
      });
      (held.count(frame) ? split.held : near ? split.left_out : split.learn).push_back(frame);
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
  const auto of_people = std::count_if(frames.begin(), frames.end(),
                                       [](const LabeledFrame& frame) { return !frame.filled_in; });
  if (of_people < kFewestToSplit || share <= 0) return all;
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
