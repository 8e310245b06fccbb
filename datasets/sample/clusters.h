// Small pictures of frames and their grouping. Internal to datasets/sample.
#pragma once

#include <opencv2/core.hpp>
#include <random>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/video/video.h"

namespace datasets {

// CV_32F [frames.size(), values]: each row a small grey picture without its mean brightness.
// `frames` must increase.
cv::Mat SmallPictures(VideoReader& reader, const std::vector<int>& frames, Job& job,
                      const std::string& text);

double SquaredDistance(const cv::Mat& a, int row_of_a, const cv::Mat& b, int row_of_b);

struct Cluster {
  int nearest = 0;  // row that is nearest to the center
  int size = 0;
};

// Groups the rows of `points` around `fixed.rows` centers that stay and `count` that move. Returns
// the moving ones that own points, biggest first.
std::vector<Cluster> GroupPictures(const cv::Mat& points, const cv::Mat& fixed, int count,
                                   std::mt19937_64* random, Job& job);

}  // namespace datasets
