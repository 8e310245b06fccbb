#include "datasets/space/floor_map.h"

#include <cmath>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"

namespace datasets {
namespace {

std::array<cv::Point2d, 4> FloorCorners(const Calibration& calibration) {
  const double w = calibration.width_cm, d = calibration.depth_cm;
  return {cv::Point2d(0, 0), cv::Point2d(w, 0), cv::Point2d(w, d), cv::Point2d(0, d)};
}

// Solved in doubles, after both sides were brought to the same size (Hartley 1997): pixels and
// centimetres may be far apart in size.
cv::Matx33d Homography(const std::array<cv::Point2d, 4>& from,
                       const std::array<cv::Point2d, 4>& to) {
  const auto normalizer = [](const std::array<cv::Point2d, 4>& points) {
    cv::Point2d middle;
    for (const cv::Point2d& point : points) middle += point * 0.25;
    double size = 0;
    for (const cv::Point2d& point : points) size += cv::norm(point - middle) / 4;
    const double s = 1 / size;
    return cv::Matx33d(s, 0, -s * middle.x, 0, s, -s * middle.y, 0, 0, 1);
  };
  const cv::Matx33d a = normalizer(from), b = normalizer(to);
  cv::Matx<double, 8, 8> left;
  cv::Matx<double, 8, 1> right;
  for (int i = 0; i < 4; ++i) {
    const cv::Vec3d p = a * cv::Vec3d(from[i].x, from[i].y, 1);
    const cv::Vec3d q = b * cv::Vec3d(to[i].x, to[i].y, 1);
    for (int row = 0; row < 2; ++row) {
      const int at = 2 * i + row;
      left(at, 3 * row) = p[0];
      left(at, 3 * row + 1) = p[1];
      left(at, 3 * row + 2) = 1;
      left(at, 6) = -q[row] * p[0];
      left(at, 7) = -q[row] * p[1];
      right(at) = q[row];
    }
  }
  const cv::Matx<double, 8, 1> h = left.solve(right, cv::DECOMP_SVD);
  return b.inv() * cv::Matx33d(h(0), h(1), h(2), h(3), h(4), h(5), h(6), h(7), 1) * a;
}

std::array<cv::Point2d, 4> StraightCorners(const Calibration& calibration) {
  std::array<cv::Point2d, 4> corners = calibration.corners;
  if (!calibration.lens) return corners;
  for (cv::Point2d& corner : corners) {
    const auto place = calibration.lens->Normalized(corner);
    if (!place) throw Error("floor", "its lens does not see its corners", "calibrate again");
    corner = *place;
  }
  return corners;
}

}  // namespace

std::optional<cv::Vec3d> SpaceCamera::Ray(const cv::Point2d& pixel) const {
  const auto place = lens.Normalized(pixel);
  if (!place) return {};
  return cv::normalize(cv::Vec3d(pose.rotation.inv() * cv::Vec3d(place->x, place->y, 1)));
}

std::optional<cv::Point2d> SpaceCamera::Pixel(const cv::Vec3d& place) const {
  const cv::Vec3d seen = pose.rotation * place + pose.translation;
  if (!(seen[2] > 0)) return {};
  return lens.Pixel({seen[0] / seen[2], seen[1] / seen[2]});
}

FloorMap FloorMap::Uniform(double pixels_per_cm) {
  VOLE_CHECK(pixels_per_cm > 0);
  FloorMap map;
  map.to_floor_ = cv::Matx33d::diag({1 / pixels_per_cm, 1 / pixels_per_cm, 1});
  map.to_picture_ = cv::Matx33d::diag({pixels_per_cm, pixels_per_cm, 1});
  return map;
}

FloorMap::FloorMap(const Calibration& calibration) {
  if (calibration.kind == Calibration::Kind::kRuler) {
    *this = Uniform(cv::norm(calibration.ruler[1] - calibration.ruler[0]) / calibration.length_cm);
    return;
  }
  lens_ = calibration.lens;
  if (calibration.kind == Calibration::Kind::kFloor) {
    const auto corners = StraightCorners(calibration);
    to_floor_ = Homography(corners, FloorCorners(calibration));
    to_picture_ = to_floor_.inv();
    const cv::Point2d middle = (corners[0] + corners[1] + corners[2] + corners[3]) * 0.25;
    side_ = (to_floor_ * cv::Vec3d(middle.x, middle.y, 1))[2] > 0 ? 1 : -1;
    return;
  }
  const cv::Matx33d& r = calibration.pose->rotation;
  const cv::Vec3d& t = calibration.pose->translation;
  to_picture_ = cv::Matx33d(r(0, 0), r(0, 1), t[0], r(1, 0), r(1, 1), t[1], r(2, 0), r(2, 1), t[2]);
  to_floor_ = to_picture_.inv();
  // What lies before the camera has a depth above 0, and the two matrices are inverse.
  side_ = 1;
}

std::optional<cv::Point2d> FloorMap::FloorOf(const cv::Point2d& pixel) const {
  cv::Point2d at = pixel;
  if (lens_) {
    const auto place = lens_->Normalized(pixel);
    if (!place) return {};
    at = *place;
  }
  const cv::Vec3d floor = to_floor_ * cv::Vec3d(at.x, at.y, 1);
  if (!(floor[2] * side_ > 1e-12)) return {};
  return cv::Point2d(floor[0] / floor[2], floor[1] / floor[2]);
}

std::optional<cv::Point2d> FloorMap::PixelOf(const cv::Point2d& cm) const {
  const cv::Vec3d seen = to_picture_ * cv::Vec3d(cm.x, cm.y, 1);
  if (!(seen[2] * side_ > 1e-12)) return {};
  const cv::Point2d at(seen[0] / seen[2], seen[1] / seen[2]);
  return lens_ ? lens_->Pixel(at) : at;
}

std::optional<double> FloorMap::Distance(const cv::Point2d& pixel, const cv::Point2d& other) const {
  const auto a = FloorOf(pixel), b = FloorOf(other);
  if (!a || !b) return {};
  return cv::norm(*a - *b);
}

std::optional<SpaceCamera> CameraOf(const Calibration& calibration) {
  if (calibration.kind == Calibration::Kind::kCamera) {
    SpaceCamera camera{*calibration.lens, *calibration.pose};
    return camera;
  }
  if (calibration.kind != Calibration::Kind::kFloor || !calibration.lens ||
      !calibration.lens_in_pixels) {
    return {};
  }
  std::vector<cv::Point3d> places;
  for (const cv::Point2d& corner : FloorCorners(calibration)) {
    places.emplace_back(corner.x, corner.y, 0);
  }
  const auto corners = StraightCorners(calibration);
  const std::vector<cv::Point2d> seen(corners.begin(), corners.end());
  cv::Mat turn, translation;
  if (!cv::solvePnP(places, seen, cv::Matx33d::eye(), cv::noArray(), turn, translation, false,
                    cv::SOLVEPNP_IPPE)) {
    return {};
  }
  cv::solvePnPRefineLM(places, seen, cv::Matx33d::eye(), cv::noArray(), turn, translation);
  SpaceCamera camera;
  camera.lens = *calibration.lens;
  cv::Mat rotation;
  cv::Rodrigues(turn, rotation);
  camera.pose.rotation = cv::Matx33d(rotation.ptr<double>());
  camera.pose.translation = cv::Vec3d(translation.ptr<double>());
  if (camera.Center()[2] < 0) {  // up is where the camera is
    camera.pose.rotation = camera.pose.rotation * cv::Matx33d::diag({1, 1, -1});
  }
  return camera;
}

}  // namespace datasets
