// Which pixels belong together: each votes for the center of its animal. No torch type here.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace train {

struct VoteScale {
  double body = 0;      // square root of a usual animal's area, pixels
  double smallest = 0;  // area of the smallest group that may be an animal, pixels
};

struct VotedGroups {
  cv::Mat owners;            // CV_32SC1, 1..n inside, 0 elsewhere
  std::vector<float> apart;  // [n], as Detection::apart
};

// Groups the pixels of one component by the centers that they point at: the peaks of the votes that
// are well apart and have votes enough, then k-means from these. `inside`: CV_8UC1; `to_center_x`,
// `to_center_y`: CV_32FC1, pixels, of the same size. Returns the number of groups and, if there are
// two or more, fills `groups`.
int GroupByCenters(const cv::Mat& inside, const cv::Mat& to_center_x, const cv::Mat& to_center_y,
                   const VoteScale& scale, VotedGroups& groups);

}  // namespace train
