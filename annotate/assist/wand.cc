// Magic wand: the connected pixels whose color is like the one pressed on.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/shape/mask.h"

namespace annotate {
namespace {

// Distance in YCrCb with half the weight on luminance, so that shading counts less than color.
cv::Mat Alike(const cv::Mat& bgr, cv::Vec3d target, double tolerance) {
  constexpr double kLuminanceWeight = 0.5;
  cv::Mat ycrcb, alike(bgr.size(), CV_8UC1);
  cv::cvtColor(bgr, ycrcb, cv::COLOR_BGR2YCrCb);
  cv::medianBlur(ycrcb, ycrcb, 3);  // no in-between colors at edges: they would join what is apart
  for (int y = 0; y < bgr.rows; ++y) {
    const cv::Vec3b* row = ycrcb.ptr<cv::Vec3b>(y);
    uchar* out = alike.ptr(y);
    for (int x = 0; x < bgr.cols; ++x) {
      const double dy = row[x][0] - target[0], dr = row[x][1] - target[1],
                   db = row[x][2] - target[2];
      out[x] = kLuminanceWeight * dy * dy + dr * dr + db * db <= tolerance * tolerance ? 255 : 0;
    }
  }
  return alike;
}

}  // namespace

Proposal WandAt(const cv::Mat& frame, cv::Point2d seed, double tolerance) {
  const auto seed_pixel = PixelAt(seed, frame.size());
  if (!seed_pixel || frame.type() != CV_8UC3 || !std::isfinite(tolerance)) return {};
  tolerance = std::clamp(tolerance, 0.0, 255.0);
  cv::Mat near, region;
  cv::cvtColor(
      frame(WindowAround(cv::Point2d(*seed_pixel) + cv::Point2d(0.5, 0.5), 1, frame.size())), near,
      cv::COLOR_BGR2YCrCb);
  const cv::Scalar mean = cv::mean(near);
  const cv::Vec3d target(mean[0], mean[1], mean[2]);
  cv::Rect window;
  for (double half_side = 96;; half_side *= 2) {
    window = WindowAround(seed, half_side, frame.size());
    region = ComponentAt(Alike(frame(window), target, tolerance), *seed_pixel - window.tl(), 1);
    if (window.size() == frame.size() || !LeavesWindow(region, window, frame.size())) break;
  }
  if (region.empty()) return {};
  cv::Mat rounded;
  cv::morphologyEx(region, rounded, cv::MORPH_CLOSE,
                   cv::getStructuringElement(cv::MORPH_ELLIPSE, {5, 5}));
  Proposal proposal;
  proposal.polygons = datasets::TraceMask(FillHoles(rounded), 0.7, window.tl(), 4);
  proposal.quality = proposal.polygons.empty() ? 0 : 0.5;
  return proposal;
}

}  // namespace annotate
