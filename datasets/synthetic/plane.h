// Angles and lengths in the picture plane: x right, y down, radians.
#pragma once

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

namespace datasets::synthetic {

constexpr double kPi = 3.14159265358979323846;

inline double Wrap(double angle) { return std::remainder(angle, 2 * kPi); }  // into [-pi, pi]
inline double Norm(const cv::Point2d& v) { return std::sqrt(v.x * v.x + v.y * v.y); }
inline cv::Point2d Direction(double angle) { return {std::cos(angle), std::sin(angle)}; }
inline double AngleOf(const cv::Point2d& v) { return std::atan2(v.y, v.x); }
inline double Clamp(double v, double low, double high) { return std::min(high, std::max(low, v)); }

}  // namespace datasets::synthetic
