// Cuts a merged blob into the animals that were followed into it.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "infer/track/blob.h"

namespace infer {

struct SplitTemplate {
  const Blob* blob = nullptr;  // how the animal looked last; null: unknown, takes what is left over
  cv::Point2d velocity;        // image pixels a frame
  double usual_area = 0;       // pixels when it stands alone; 0: not known
  // Which classes the animal is likely to be [K], sums to 1; empty when that is not known.
  std::vector<double> class_weights;
};

// Splits `merged` among the templates. Each pixel goes to the outline that it lies deepest in (or
// least far from); the outlines are moved by their velocity, then fitted to the blob by a few
// rounds of "assign, then move to the center of what was assigned" (k-means with outlines instead
// of points, cf. Lloyd 1982), and each gets a share of the area like its usual one. `found` gives
// the class opinion per pixel, used where the templates' class weights differ. Where that opinion
// is decisive all over the blob, in one piece for each animal, and fits where each animal was, it
// alone cuts (`cut_by_classes`): what hides what, only the pixels know. Returns one blob a
// template, in order; their masks do not overlap and lie within `merged`. A template that got
// nothing has area 0.
std::vector<Blob> SplitMerged(const Blob& merged, const std::vector<SplitTemplate>& templates,
                              const train::FrameDetections& found);

}  // namespace infer
