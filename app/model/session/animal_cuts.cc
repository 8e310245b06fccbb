#include "app/model/session/animal_cuts.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <optional>

namespace app {
namespace {

constexpr double kRoomAround = 1.25;  // of the largest outline, so that the surroundings show

struct Lie {  // how an outline lies in its picture
  cv::Point2d center;
  double angle = 0;   // degrees, of its length
  double radius = 0;  // farthest point
};

Lie LieOf(const datasets::Polygons& outline) {
  std::vector<cv::Point2f> points;
  Lie lie;
  double area = -1;
  for (const datasets::Ring& ring : outline) {  // its largest part says how it lies
    std::vector<cv::Point2f> own(ring.begin(), ring.end());
    const double size = own.size() < 3 ? 0 : cv::contourArea(own);
    if (size > area) area = size, points = std::move(own);
  }
  if (points.empty()) return lie;
  const cv::Moments m = cv::moments(points);
  if (m.m00 > 0) {
    lie.center = {m.m10 / m.m00, m.m01 / m.m00};
    lie.angle = 0.5 * std::atan2(2 * m.mu11, m.mu20 - m.mu02) * 180 / CV_PI;
    // The heavier end to the left.
    const double c = std::cos(lie.angle * CV_PI / 180), s = std::sin(lie.angle * CV_PI / 180);
    const double skew =
        c * c * c * m.mu30 + 3 * c * c * s * m.mu21 + 3 * c * s * s * m.mu12 + s * s * s * m.mu03;
    if (skew < 0) lie.angle += 180;
  } else {
    lie.center = points.front();
  }
  for (const auto& point : points) {
    lie.radius = std::max(lie.radius, cv::norm(cv::Point2d(point) - lie.center));
  }
  return lie;
}

}  // namespace

std::vector<AnimalCut> CutAnimals(const datasets::Project& project,
                                  const std::vector<CutWish>& wishes) {
  double radius = 0;
  for (const CutWish& wish : wishes) radius = std::max(radius, LieOf(wish.outline).radius);
  std::vector<AnimalCut> cuts;
  std::optional<datasets::VideoReader> reader;
  datasets::Id open = 0;
  cv::Mat picture;
  int at = -1;
  for (const CutWish& wish : wishes) {
    AnimalCut cut;
    if (!wish.outline.empty()) {
      if (wish.video_id != open) {
        reader.reset();
        reader.emplace(project.OpenVideo(project.VideoById(open = wish.video_id)));
        at = -1;
      }
      if (wish.frame != at) picture = reader->Read(at = wish.frame);
      cut = CutAnimal(picture, wish.outline, 2 * kRoomAround * radius);
    }
    cut.video_id = wish.video_id;
    cut.frame = wish.frame;
    cuts.push_back(std::move(cut));
  }
  return cuts;
}

AnimalCut CutAnimal(const cv::Mat& picture, const datasets::Polygons& outline, double pixels) {
  const Lie lie = LieOf(outline);
  const double scale = kSidePixels / std::max(1.0, pixels);
  cv::Mat turn = cv::getRotationMatrix2D(
      cv::Point2f(static_cast<float>(lie.center.x), static_cast<float>(lie.center.y)), lie.angle,
      scale);
  turn.at<double>(0, 2) += kSidePixels / 2.0 - lie.center.x;
  turn.at<double>(1, 2) += kSidePixels / 2.0 - lie.center.y;
  AnimalCut side;
  cv::warpAffine(picture, side.bgr, turn, {kSidePixels, kSidePixels},
                 scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  for (datasets::Ring ring : outline) {
    for (cv::Point2d& point : ring) {
      point = {
          turn.at<double>(0, 0) * point.x + turn.at<double>(0, 1) * point.y + turn.at<double>(0, 2),
          turn.at<double>(1, 0) * point.x + turn.at<double>(1, 1) * point.y +
              turn.at<double>(1, 2)};
    }
    side.outline.push_back(std::move(ring));
  }
  return side;
}

}  // namespace app
