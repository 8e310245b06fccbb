// Outlines of animals that nobody labeled: what differs from the empty scene, where it is certain.
#pragma once

#include <functional>
#include <opencv2/core.hpp>
#include <set>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/shape/mask.h"

namespace infer {

struct SceneToSearch {
  // BGR CV_8UC3, all of one size; called from one thread, with frames in increasing order.
  std::function<cv::Mat(int frame)> picture;
  // The scene without animals, of the same size. Empty (the camera moves): each frame is compared
  // with its own even ground, the color that most of it has.
  cv::Mat background;
  int frame_count = 0;
  std::set<int> known_frames;  // labeled by a person: never proposed
  int animals = 0;             // how many there are; 0: as many as the frames show
};

struct ClearFrame {
  int frame = 0;
  std::vector<datasets::Rle> outlines;  // full image, one an animal, from left to right
};

// Looks at up to kMostLooks frames spread over the video. A frame is clear when what stands out
// from the ground is exactly the number of animals, apart from each other and of consistent size
// (each 0.45 to 1.8 times the usual area), besides specks. What differs at one place on most frames
// moves too little to be an animal and is left out. The contrast that counts is the one, near what
// parts most animals from their ground, at which most frames are clear.
struct ClearFrames {
  std::vector<ClearFrame> frames;  // at most kMostClear, spread over the video
  int looked = 0, clear = 0;       // frames looked at; those that are clear
  int apart = 0;                   // those that would be with another number of animals, too
  int animals = 0;                 // on each clear frame, or the most on one where that differs
  bool changing = false;           // their number differs from frame to frame
  double area = 0;                 // usual area of one, pixels
  int cut = 0;                     // the contrast (0..255) above which a pixel stands out
  // Too few frames are clear: why, in a few words, and the frame on which one outline by hand would
  // help most. Empty: enough are.
  std::string why_not;
  int ask_frame = 0;
};

// Of the usual area: one whole animal alone, however it bends.
constexpr double kLeastWhole = 0.45, kMostWhole = 1.8;
constexpr int kMostLooks = 120, kMostClear = 40, kLeastClear = 5;

ClearFrames FindClearFrames(const SceneToSearch& scene, datasets::Job& job);

}  // namespace infer
