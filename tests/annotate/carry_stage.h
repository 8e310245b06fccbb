// Pictures of an animal that turns on its way, and its outline in each.
#pragma once

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/shape/mask.h"

namespace tests {

// An animal whose fur has a pattern that moves with it.
inline void Draw(cv::Mat* picture, cv::Point2d center, double angle, int fur, double scale = 1) {
  const cv::Mat mask = [&] {
    cv::Mat drawn(picture->size(), CV_8UC1, cv::Scalar(0));
    cv::ellipse(drawn, cv::RotatedRect(center, cv::Size2d(60 * scale, 30 * scale), angle), 255,
                cv::FILLED);
    return drawn;
  }();
  const double c = std::cos(angle * CV_PI / 180), s = std::sin(angle * CV_PI / 180);
  for (int y = 0; y < picture->rows; ++y) {
    for (int x = 0; x < picture->cols; ++x) {
      if (!mask.at<uchar>(y, x)) continue;
      const double u = c * (x - center.x) + s * (y - center.y);
      const double v = c * (y - center.y) - s * (x - center.x);
      picture->at<cv::Vec3b>(y, x) = cv::Vec3b::all(
          cv::saturate_cast<uchar>(fur + 25 * std::sin(u / 4) + 15 * std::cos(v / 3)));
    }
  }
}

inline datasets::Polygons Ellipse(cv::Point2d center, double angle, double scale = 1) {
  cv::Mat mask(240, 320, CV_8UC1, cv::Scalar(0));
  cv::ellipse(mask, cv::RotatedRect(center, cv::Size2d(60 * scale, 30 * scale), angle), 255,
              cv::FILLED);
  return datasets::TraceMask(mask);
}

inline cv::Mat Ground() {
  cv::Mat ground(240, 320, CV_8UC3);
  cv::RNG random(5);
  random.fill(ground, cv::RNG::UNIFORM, 196, 204);
  return ground;
}

inline cv::Point2d Way(int frame) { return {70.0 + 3 * frame, 90.0 + 12 * std::sin(frame / 6.0)}; }

inline cv::Mat Alone(int frame) {
  cv::Mat picture = Ground();
  if (frame < 200) Draw(&picture, Way(frame), 4.0 * frame, 90);
  return picture;
}

}  // namespace tests
