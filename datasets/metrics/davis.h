// DAVIS' figures of video object segmentation: region J, boundary F, temporal stability T
// (Perazzi et al. 2016). Masks are CV_8UC1, nonzero = object.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace datasets {

// J = |predicted & truth| / |predicted | truth|, the IoU; both empty: 1.
double RegionSimilarity(const cv::Mat& truth, const cv::Mat& predicted);

// F = 2 P R / (P + R): P is the share of the predicted boundary's pixels, R that of the truth's,
// that lie within a disk of radius ceil(bound * diagonal) pixels of the other boundary. Boundaries
// are the pixels that differ from their east, south or south-east neighbor. Both empty: 1; one
// empty: 0.
double BoundaryAccuracy(const cv::Mat& truth, const cv::Mat& predicted, double bound = 0.008);

// How much the outline changes its shape from one RESULT mask to the next, after the best matching
// of its points: lower is steadier; NaN when either mask is empty. Longest contour, simplified
// within 3 pixels, resampled to steps of at most 3 pixels, shape contexts of 12 angles x 5 radii
// (1/8 to 2 times the mean distance), chi-square cost, least mean cost of a monotone matching.
// The original's figures look like 100 times the mean of this.
double TemporalInstability(const cv::Mat& mask, const cv::Mat& next_mask);

struct DavisStatistics {
  double mean = 0;    // NaN values are left out, as in the decay
  double recall = 0;  // share of the values above 0.5 (NaN is not)
  double decay = 0;   // mean of the first quarter - mean of the last
};
// Values of one object in order of time. All zero for no values.
DavisStatistics DavisStatisticsOf(const std::vector<double>& values);

struct DavisFigures {
  DavisStatistics j, f;
  double t = 0;  // mean of TemporalInstability; NaN when it is never defined
};
// One object over a video. The first and the last frame are left out where there are more than two,
// as in the benchmark (the first is given to the methods). T compares predictions only. Throws
// Error when the lengths or sizes differ.
DavisFigures EvaluateDavis(const std::vector<cv::Mat>& truth,
                           const std::vector<cv::Mat>& predicted);

}  // namespace datasets
