// One animal-like thing on its way from frame to frame.
#pragma once

#include <vector>

#include "infer/track/blob.h"

namespace infer {

struct Follow {
  int tracklet = -1;
  Blob last;                    // area 0: never seen alone
  cv::Point2d velocity;         // image pixels a frame
  double usual_area = 0;        // pixels, when it stands alone
  double full_area = 0;         // the same while all of it was seen: does not shrink with it
  int claims = -1;              // tracklet of a hidden animal that it may be, since it came up
  bool beside = false;          // where another one hides
  int contact = -1;             // of the merged blob that it is in, or -1
  int frames_alone = 0;         // since it was first seen
  std::vector<double> opinion;  // [K] running sum of what the frames say it is, log-probabilities
};

double BodyLength(double area);  // pixels: side of a square of that area

// How a followed animal fits a blob of the next frame.
struct Fit {
  double iou = 0;
  double inside = 0;     // share of the animal that the blob covers
  double distance = 0;   // of the blob from where the animal was or should be now, body lengths
  bool near = false;     // could be the same at all
  double value() const;  // 0 .. 1.3, 0 when not near
};
Fit FitOf(const Follow& from, const Blob& to);

// Adds one frame's opinion, forgetting old ones slowly.
void AddOpinion(Follow& follow, const Blob& blob);
// The running opinion as shares that sum to 1; empty when there is none.
std::vector<double> ClassWeights(const Follow& follow);

}  // namespace infer
