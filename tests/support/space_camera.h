// A camera over a floor of 60 x 40 cm, for tests of places in space.
#pragma once

#include <array>
#include <cmath>

#include "datasets/space/floor_map.h"

namespace tests {

// Looks at the middle of the floor from one side, from 60 cm above; k1, k2: distortion.
inline datasets::SpaceCamera SlantedCamera(int width, int height, double k1, double k2) {
  datasets::SpaceCamera camera;
  const double focal = 0.85 * width;
  camera.lens.matrix =
      cv::Matx33d(focal, 0, width / 2.0 - 0.5, 0, focal, height / 2.0 - 0.5, 0, 0, 1);
  camera.lens.distortion = {k1, k2, 0, 0, 0};
  const cv::Vec3d center(24, -22, 60), target(30, 20, 0);
  const cv::Vec3d forward = cv::normalize(target - center);
  const cv::Vec3d right = cv::normalize(forward.cross(cv::Vec3d(0, 0, 1)));
  const cv::Vec3d down = forward.cross(right);
  for (int k = 0; k < 3; ++k) {
    camera.pose.rotation(0, k) = right[k];
    camera.pose.rotation(1, k) = down[k];
    camera.pose.rotation(2, k) = forward[k];
  }
  camera.pose.translation = -(camera.pose.rotation * center);
  return camera;
}

// Pixels of (0, 0), (60, 0), (60, 40), (0, 40).
inline std::array<cv::Point2d, 4> FloorCornersOf(const datasets::SpaceCamera& camera) {
  return {camera.Pixel({0, 0, 0}).value(), camera.Pixel({60, 0, 0}).value(),
          camera.Pixel({60, 40, 0}).value(), camera.Pixel({0, 40, 0}).value()};
}

}  // namespace tests
