// Where on the floor, in centimetres, a pixel of a video is. Everything that says a distance asks
// here.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "datasets/space/calibration.h"

namespace datasets {

// The camera that a calibration knows, for places in space: centimetres, z up from the floor.
// rotation may be a reflection (the corners of a floor can be given either way around).
struct SpaceCamera {
  Lens lens;
  CameraPose pose;
  cv::Vec3d Center() const { return -(pose.rotation.inv() * pose.translation); }
  // Unit vector from the center through a pixel; nothing where the lens folds over.
  std::optional<cv::Vec3d> Ray(const cv::Point2d& pixel) const;
  // Nothing behind the camera.
  std::optional<cv::Point2d> Pixel(const cv::Vec3d& place) const;
};

class FloorMap {
 public:
  // The same scale everywhere; the picture's corner is (0, 0).
  static FloorMap Uniform(double pixels_per_cm);
  // Of a calibration that CheckCalibration lets pass. A homography from four points (Hartley &
  // Zisserman 2004, 4.1) on the picture without distortion; of a camera the plane z = 0.
  explicit FloorMap(const Calibration& calibration);

  // Nothing where the pixel shows no floor: at or above the horizon.
  std::optional<cv::Point2d> FloorOf(const cv::Point2d& pixel) const;
  // The other way; nothing for what is behind the camera.
  std::optional<cv::Point2d> PixelOf(const cv::Point2d& cm) const;
  // Distance on the floor; nothing where one of them shows none.
  std::optional<double> Distance(const cv::Point2d& pixel, const cv::Point2d& other) const;

 private:
  FloorMap() = default;

  std::optional<Lens> lens_;
  cv::Matx33d to_floor_ = cv::Matx33d::eye();    // from pixels, or from the lens's plane
  cv::Matx33d to_picture_ = cv::Matx33d::eye();  // its inverse
  double side_ = 1;  // sign of the third coordinate this side of the horizon
};

// The camera of a calibration: given, or from the floor's corners where the focal length of the
// lens is known (pose from four points in a plane, OpenCV's IPPE: Collins & Bartoli 2014, refined).
// Nothing for a ruler and for a floor without such a lens.
std::optional<SpaceCamera> CameraOf(const Calibration& calibration);

}  // namespace datasets
