#include "datasets/shape/contrast.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace datasets {
namespace {

constexpr double kWeberFloor = 40;  // grey levels; below it, sensor noise would look like contrast
constexpr double kLegRadiusShare = 0.075;  // of the square root of an animal's area

}  // namespace

cv::Mat Open(const cv::Mat& mask, int radius) {
  if (radius <= 0) return mask.clone();
  const cv::Mat disc =
      cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
  cv::Mat opened;
  cv::morphologyEx(mask, opened, cv::MORPH_OPEN, disc);
  return opened;
}

int LegRadius(double area) {
  return static_cast<int>(std::lround(kLegRadiusShare * std::sqrt(std::max(0.0, area))));
}

cv::Mat FillHoles(const cv::Mat& mask) {
  if (mask.empty()) return mask;
  cv::Mat around;
  cv::copyMakeBorder(mask, around, 1, 1, 1, 1, cv::BORDER_CONSTANT | cv::BORDER_ISOLATED,
                     cv::Scalar(0));
  cv::floodFill(around, {0, 0}, cv::Scalar(128));
  return around(cv::Rect(1, 1, mask.cols, mask.rows)) != 128;
}

cv::Mat ContrastTo(const cv::Mat& frame, const cv::Mat& ground) {
  cv::Mat smooth;
  cv::GaussianBlur(frame, smooth, {0, 0}, 1.0);
  cv::Mat contrast(frame.size(), CV_8UC1);
  const int channels = frame.channels();
  for (int y = 0; y < frame.rows; ++y) {
    const uchar* f = smooth.ptr(y);
    const uchar* b = ground.ptr(y);
    uchar* out = contrast.ptr(y);
    for (int x = 0; x < frame.cols; ++x) {
      float largest = 0;
      for (int c = 0; c < channels; ++c, ++f, ++b) {
        const float difference = static_cast<float>(std::abs(*f - *b));
        largest = std::max(largest, difference / (static_cast<float>(std::max(*f, *b)) +
                                                  static_cast<float>(kWeberFloor)));
      }
      out[x] = cv::saturate_cast<uchar>(255 * largest);
    }
  }
  return contrast;
}

}  // namespace datasets
