// What a training of behavior learns from, independent of the store. No torch type here.
#pragma once

#include <cstdint>
#include <functional>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "train/behavior/description.h"

namespace train {

inline constexpr uint8_t kNotLabeled = 255;

// One subject of one video, frame by frame.
struct BehaviorRow {
  std::string video, subject;
  int video_index = 0;  // rows of one video share it: they are never split between learn and test
  double fps = 25;
  int start_frame = 0, end_frame = 0;
  std::vector<std::vector<uint8_t>> labels;  // [head][frame - start]: class, or kNotLabeled
  std::vector<uint8_t> seen;                 // [frame - start]: 1 where there is a picture
  std::vector<float> motion;                 // [frame - start][kMotionFeatures], not normalized
  std::vector<float> points;  // [frame - start][2 * BehaviorData::points.count()], likewise
  int frames() const { return end_frame - start_frame; }
};

struct BehaviorSpan {  // [start_frame, end_frame) of a row
  int row = 0;
  int start_frame = 0, end_frame = 0;
};

// Which labels a mirrored picture has.
struct BehaviorFlips {
  bool horizontal = false, vertical = false;  // may be mirrored left-right, upside down
  bool turn = false;                          // may be turned by any angle
  std::vector<std::pair<std::string, std::string>> horizontal_swaps, vertical_swaps;
};
// "horizontal:left=right,a=b;vertical", "none", or "" (by the view: an animal's own picture may be
// turned and mirrored, a picture of a place may not). Throws Error for another text, a behavior
// that is not in `heads`, and a swap that crosses groups.
BehaviorFlips ParseFlips(const std::string& text, const std::string& view,
                         const std::vector<BehaviorHead>& heads);
// Labels [head] of a picture after mirroring.
std::vector<uint8_t> FlipLabels(std::vector<uint8_t> labels, bool horizontal, bool vertical,
                                const BehaviorFlips& flips, const std::vector<BehaviorHead>& heads);

struct BehaviorData {
  std::vector<BehaviorHead> heads;
  BehaviorInput input;  // mean and deviation are filled in by the training
  PointLayout points;   // the same
  BehaviorFlips flips;
  std::vector<BehaviorRow> rows;
  // The stored picture (CutPicture) of a frame that is `seen`; called from one thread.
  std::function<cv::Mat(int row, int frame)> picture;
};

// Frames of the spans by class: [head][class]; unlabeled ones are not counted.
std::vector<std::vector<int64_t>> CountClasses(const BehaviorData& data,
                                               const std::vector<BehaviorSpan>& spans);
std::vector<BehaviorSpan> WholeRows(const BehaviorData& data);
// Throws Error (one line) for a behavior without any positive frame in the spans, for one without
// any other frame, and for no labeled frame at all.
void CheckLearnable(const BehaviorData& data, const std::vector<BehaviorSpan>& spans);

struct BehaviorSplit {
  std::vector<BehaviorSpan> learn, held;
  bool by_video = false;
};
// Cuts the spans into what is learned from and what is held back: whole videos where there are at
// least kVideosToSplit, else blocks of time of every video, with `guard_frames` in neither around
// each block. Of several placements the one is taken that shows most behaviors on both sides.
// `share` 0 holds nothing back.
inline constexpr int kVideosToSplit = 5;
BehaviorSplit HoldBack(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                       double share, int guard_frames);

// `folds` ways to test on every frame once, by whole videos (`folds` 0: leave one video out) or by
// contiguous blocks of time where there are fewer videos than folds. Throws Error when that leaves
// nothing to learn from (leave one video out with one video).
std::vector<BehaviorSplit> Folds(const BehaviorData& data, int folds, int guard_frames);

// The part of `spans` outside [start, end) of rows of that video.
std::vector<BehaviorSpan> Without(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                                  int video_index, int start_frame, int end_frame);
// The part inside.
std::vector<BehaviorSpan> Within(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                                 int video_index, int start_frame, int end_frame);

}  // namespace train
