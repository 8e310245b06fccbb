// Which frames of behavior are learned from and which are held back: never neighbors in time.
#include <algorithm>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "train/behavior/data.h"

namespace train {
namespace {

std::vector<int> VideosOf(const BehaviorData& data, const std::vector<BehaviorSpan>& spans) {
  std::set<int> videos;
  for (const BehaviorSpan& span : spans) {
    if (span.end_frame > span.start_frame) {
      videos.insert(data.rows[static_cast<size_t>(span.row)].video_index);
    }
  }
  return {videos.begin(), videos.end()};
}

int VideoOf(const BehaviorData& data, const BehaviorSpan& span) {
  return data.rows[static_cast<size_t>(span.row)].video_index;
}

// [first, last) frame of the video in the spans.
std::pair<int, int> ExtentOf(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                             int video) {
  int first = INT32_MAX, last = 0;
  for (const BehaviorSpan& span : spans) {
    if (VideoOf(data, span) != video) continue;
    first = std::min(first, span.start_frame);
    last = std::max(last, span.end_frame);
  }
  return {first, std::max(first, last)};
}

// Behaviors that both sides show, then those that the learning side keeps half of.
int64_t Worth(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
              const BehaviorSplit& split) {
  const auto all = CountClasses(data, spans), learn = CountClasses(data, split.learn),
             held = CountClasses(data, split.held);
  int64_t worth = 0;
  for (size_t h = 0; h < all.size(); ++h) {
    for (size_t c = 0; c < all[h].size(); ++c) {
      if (all[h][c] == 0) continue;
      if (2 * learn[h][c] < all[h][c]) worth -= 1000;
      if (learn[h][c] == 0) worth -= 100000;
      if (held[h][c] > 0) worth += 10;
    }
  }
  return worth;
}

BehaviorSplit ByVideos(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                       const std::set<int>& held_videos) {
  BehaviorSplit split;
  split.by_video = true;
  for (const BehaviorSpan& span : spans) {
    (held_videos.count(VideoOf(data, span)) ? split.held : split.learn).push_back(span);
  }
  return split;
}

struct Block {
  int video = 0, start_frame = 0, end_frame = 0;
};

BehaviorSplit ByBlocks(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                       const std::vector<Block>& blocks, int guard_frames) {
  BehaviorSplit split;
  split.learn = spans;
  for (const Block& block : blocks) {
    for (const BehaviorSpan& span :
         Within(data, spans, block.video, block.start_frame, block.end_frame)) {
      split.held.push_back(span);
    }
    split.learn = Without(data, split.learn, block.video, block.start_frame - guard_frames,
                          block.end_frame + guard_frames);
  }
  return split;
}

}  // namespace

std::vector<BehaviorSpan> Without(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                                  int video_index, int start_frame, int end_frame) {
  std::vector<BehaviorSpan> left;
  for (const BehaviorSpan& span : spans) {
    if (VideoOf(data, span) != video_index || span.end_frame <= start_frame ||
        span.start_frame >= end_frame) {
      left.push_back(span);
      continue;
    }
    if (span.start_frame < start_frame) left.push_back({span.row, span.start_frame, start_frame});
    if (span.end_frame > end_frame) left.push_back({span.row, end_frame, span.end_frame});
  }
  return left;
}

std::vector<BehaviorSpan> Within(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                                 int video_index, int start_frame, int end_frame) {
  std::vector<BehaviorSpan> inside;
  for (const BehaviorSpan& span : spans) {
    const int start = std::max(span.start_frame, start_frame);
    const int end = std::min(span.end_frame, end_frame);
    if (VideoOf(data, span) == video_index && end > start) inside.push_back({span.row, start, end});
  }
  return inside;
}

BehaviorSplit HoldBack(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                       double share, int guard_frames) {
  BehaviorSplit none;
  none.learn = spans;
  if (share <= 0) return none;
  const std::vector<int> videos = VideosOf(data, spans);
  std::vector<BehaviorSplit> candidates;
  if (static_cast<int>(videos.size()) >= kVideosToSplit) {
    const size_t count =
        std::max<size_t>(1, static_cast<size_t>(share * static_cast<double>(videos.size()) + 0.5));
    for (uint64_t attempt = 0; attempt < 12; ++attempt) {
      std::vector<int> order = videos;
      datasets::Random random({17, attempt});
      for (size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[static_cast<size_t>(random.Below(static_cast<int>(i)))]);
      }
      candidates.push_back(ByVideos(
          data, spans, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count)}));
    }
  } else {
    for (int blocks = 1; blocks <= 3; ++blocks) {
      for (int place = 0; place < 4; ++place) {
        std::vector<Block> chosen;
        for (const int video : videos) {
          const auto [first, last] = ExtentOf(data, spans, video);
          const double part = static_cast<double>(last - first) / blocks;
          const int length = static_cast<int>(share * part);
          if (length < 8) continue;
          for (int b = 0; b < blocks; ++b) {
            const int start =
                first + static_cast<int>(b * part + (part - length) * (3 - place) / 3.0);
            chosen.push_back({video, start, start + length});
          }
        }
        candidates.push_back(ByBlocks(data, spans, chosen, guard_frames));
      }
    }
  }
  const BehaviorSplit* best = nullptr;
  int64_t best_worth = 0;
  for (const BehaviorSplit& candidate : candidates) {
    if (candidate.held.empty()) continue;
    const int64_t worth = Worth(data, spans, candidate);
    if (!best || worth > best_worth) {
      best = &candidate;
      best_worth = worth;
    }
  }
  // A behavior that could only be held back whole is better learned.
  return best && best_worth > -100000 ? *best : none;
}

std::vector<BehaviorSplit> Folds(const BehaviorData& data, int folds, int guard_frames) {
  const std::vector<BehaviorSpan> spans = WholeRows(data);
  const std::vector<int> videos = VideosOf(data, spans);
  const int count = static_cast<int>(videos.size());
  std::vector<BehaviorSplit> result;
  if (folds == 0 && count < 2) {
    throw datasets::Error("cross-validation", "there is one video only, so none can be left out",
                          "give --folds 5: blocks of time are left out instead");
  }
  if (folds == 0 || (folds > 1 && count >= folds)) {
    const int parts = folds == 0 ? count : folds;
    for (int k = 0; k < parts; ++k) {
      std::set<int> held;
      for (int i = k; i < count; i += parts) held.insert(videos[static_cast<size_t>(i)]);
      result.push_back(ByVideos(data, spans, held));
    }
    return result;
  }
  if (folds < 2) {
    throw datasets::Error("cross-validation", "one fold leaves nothing to learn from",
                          "give --folds 2 or more");
  }
  for (int k = 0; k < folds; ++k) {
    std::vector<Block> blocks;
    for (const int video : videos) {
      const auto [first, last] = ExtentOf(data, spans, video);
      const int64_t length = last - first;
      blocks.push_back({video, first + static_cast<int>(length * k / folds),
                        first + static_cast<int>(length * (k + 1) / folds)});
    }
    result.push_back(ByBlocks(data, spans, blocks, guard_frames));
  }
  return result;
}

}  // namespace train
