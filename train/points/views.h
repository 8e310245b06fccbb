// Where the points network looks: a turned square of the picture, the same for learning and
// finding. No torch type here.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/base/random.h"
#include "train/points/description.h"
#include "train/points/points.h"

namespace train {

// A square of `side` image pixels around `center`; its x axis points along `turn_radians` in the
// image. flip: mirrored left-right after that.
struct PointView {
  cv::Point2d center;
  double side = 1;
  double turn_radians = 0;
  bool flip = false;
};

// Image pixels -> pixels of a view that is `pixels` wide, as a 2 x 3 matrix (CV_64F), and a point
// through such a matrix; backwards through cv::invertAffineTransform's.
cv::Mat ViewMatrix(const PointView& view, int pixels);
cv::Point2d Through(const cv::Mat& matrix, const cv::Point2d& point);

// What `matrix` (as ViewMatrix) shows of an image whose first pixel lies at `origin` in the
// picture: [pixels, pixels], of the image's type. Averages areas where it shrinks a lot. `border`
// as OpenCV's.
cv::Mat Warped(const cv::Mat& image, const cv::Point& origin, const cv::Mat& matrix, int pixels,
               int border);

// What places a view: center of gravity, direction of the long axis in (-pi/2, pi/2], and length
// along it (four standard deviations: the whole length of an evenly filled bar is 3.5).
struct Extent {
  cv::Point2d center;
  double axis_radians = 0;
  double length = 0;
};
// Of a mask (0 or 255) that covers `region` of the image. Length 0 for an empty one.
Extent ExtentOf(const cv::Rect& region, const cv::Mat& mask);
Extent ExtentOf(const std::vector<cv::Point2d>& points);

// The view of an animal of this extent: its length decides the side, within half to twice of what
// is usual.
PointView ViewOf(const Extent& extent, double usual_length);
// The same as labels shake it while learning: outlines and first looks are never exact.
PointView Shaken(const PointView& view, bool free_turn, datasets::Random& random);

// Writes pixels * pixels * 4 floats (R, G, B normalized; 1 inside the animal's own outline),
// channels last. `mask` covers `region`, or is empty. gain and offset (grey levels) change the
// brightness.
void FillPointsInput(const cv::Mat& bgr, const cv::Rect& region, const cv::Mat& mask,
                     const PointView& view, int pixels, const PointsInput& input, double gain,
                     double offset, float* out);

// The whole picture as a view: a square that holds it all.
PointView WholeView(const cv::Size& image);

}  // namespace train
