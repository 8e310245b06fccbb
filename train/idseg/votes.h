// Which pixels belong together: each votes for the center of its animal. No torch type here.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace train {

struct VoteScale {
  double body = 0;  // square root of a usual animal's area, pixels
  // Usual areas, pixels: of the smallest and of the largest of the animals.
  double usual_low = 0, usual_high = 0;
  double smallest = 0;  // area of the smallest group that may be an animal, pixels
  double favor = 0;     // natural log-odds for two animals rather than one, before anything is seen
};

struct VotedGroups {
  cv::Mat owners;            // CV_32SC1, 1..n inside, 0 elsewhere
  std::vector<float> apart;  // [n], as Detection::apart
};

// Groups the pixels of one component by the centers that they point at: k-means from the peaks of
// the votes, of which those are one that no valley and no size tells apart. `inside`: CV_8UC1;
// `to_center_x`, `to_center_y`: CV_32FC1, pixels, of the same size. Returns the number of groups
// and, if there are two or more, fills `groups`.
int GroupByCenters(const cv::Mat& inside, const cv::Mat& to_center_x, const cv::Mat& to_center_y,
                   const VoteScale& scale, VotedGroups& groups);

}  // namespace train
