// How pixels of a camera that stands still become places in centimetres: a ruler, the four corners
// of the floor, or the camera itself. Kept with the video as one row (store/calibrations/).
//
// Pixels are Vole's: continuous, the first pixel's center is (0.5, 0.5). OpenCV's camera has that
// center at (0, 0); Lens keeps OpenCV's numbers, and the half pixel is taken off where it is used.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

namespace datasets {

// OpenCV's pinhole camera with the distortion of Brown (1966), as in its calib3d:
// x" = x' (1 + k1 r^2 + k2 r^4 + k3 r^6) + 2 p1 x' y' + p2 (r^2 + 2 x'^2), and y" alike.
struct Lens {
  cv::Matx33d matrix = cv::Matx33d::eye();  // pixels
  std::array<double, 5> distortion{};       // k1 k2 p1 p2 k3

  // Pixel of Vole <-> place on the plane at distance 1 (x', y'). Nothing where the distortion folds
  // over: such a pixel shows what no ray of the model reaches.
  std::optional<cv::Point2d> Normalized(const cv::Point2d& pixel) const;
  std::optional<cv::Point2d> Pixel(const cv::Point2d& normalized) const;
};

struct CameraPose {  // place in camera = rotation * place in space + translation; centimetres
  cv::Matx33d rotation = cv::Matx33d::eye();
  cv::Vec3d translation;
};

struct Calibration {
  enum class Kind { kRuler, kFloor, kCamera };
  Kind kind = Kind::kRuler;
  std::array<cv::Point2d, 2> ruler;  // kRuler: two points of the picture,
  double length_cm = 0;              // and how far they are from each other
  // kFloor: the corners of a rectangle, in order around it; from the first to the second is
  // width_cm, from the second to the third depth_cm. On the floor the first corner is (0, 0), the
  // second (width_cm, 0).
  std::array<cv::Point2d, 4> corners;
  double width_cm = 0, depth_cm = 0;
  std::optional<Lens> lens;        // kCamera has one, kFloor may
  bool lens_in_pixels = false;     // kFloor: the focal length of the lens is a measured one
  std::optional<CameraPose> pose;  // kCamera: the floor is the plane z = 0 of its space
  std::string note;                // where the lens comes from, for a person
};

// "ruler", "floor", "camera".
std::string KindName(Calibration::Kind kind);
// One line for a person.
std::string CalibrationText(const Calibration& calibration);

// Throws Error that says what is wrong: points outside of the picture, a length of 0, corners that
// cross or of which three lie in a line, a camera that cannot be one.
void CheckCalibration(const Calibration& calibration, int width, int height);

nlohmann::json CalibrationToJson(const Calibration& calibration);
// Throws Error for what is malformed.
Calibration CalibrationFromJson(const nlohmann::json& json);

// "30cm", "0.3 m", "12 in" -> centimetres; the unit must be there (mm, cm, m, in). "60x40cm" is
// two. Throws Error naming `what`.
double ParseLength(const std::string& text, const std::string& what);
std::array<double, 2> ParseSize(const std::string& text, const std::string& what);
// Centimetres of one mm, cm, m or in. Throws Error naming `what` for another unit.
double CmOfUnit(const std::string& unit, const std::string& what);

}  // namespace datasets
