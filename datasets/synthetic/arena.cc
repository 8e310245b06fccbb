// The empty arena: floor, walls, furniture.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/random.h"
#include "datasets/synthetic/world.h"

namespace datasets::synthetic {
namespace {

// Smooth noise, mean 0 and deviation about 1, with features of about `grain` pixels.
cv::Mat Noise(cv::Size size, double grain, Random& random) {
  cv::Mat small(static_cast<int>(size.height / grain) + 3, static_cast<int>(size.width / grain) + 3,
                CV_32F);
  for (int y = 0; y < small.rows; ++y) {
    for (int x = 0; x < small.cols; ++x)
      small.at<float>(y, x) = static_cast<float>(random.Normal());
  }
  cv::Mat large;
  cv::resize(small, large, size, 0, 0, cv::INTER_CUBIC);
  return large;
}

void Brighten(cv::Mat& picture, const cv::Mat& gain) {  // CV_32FC3 by CV_32F
  cv::Mat three;
  cv::merge(std::vector<cv::Mat>{gain, gain, gain}, three);
  picture = picture.mul(three);
}

// A soft dark rim outside a shape; `mask` CV_8U.
void CastShadow(cv::Mat& picture, const cv::Mat& mask, double reach, double strength) {
  cv::Mat soft;
  mask.convertTo(soft, CV_32F, 1 / 255.0);
  const int side = std::max(1, static_cast<int>(reach)) * 2 + 1;
  cv::Mat moved = cv::Mat::zeros(soft.size(), CV_32F);
  const cv::Matx23d by(1, 0, reach * 0.6, 0, 1, reach * 0.8);
  cv::warpAffine(soft, moved, by, soft.size());
  cv::blur(moved, moved, {side, side});
  cv::blur(moved, moved, {side, side});
  Brighten(picture, cv::Mat(1 - strength * moved));
}

std::vector<cv::Point> Outline(const SceneObject& object, double shrink) {
  std::vector<cv::Point> points;
  const double c = std::cos(object.angle), s = std::sin(object.angle);
  const auto add = [&](double x, double y) {
    points.emplace_back(static_cast<int>(std::lround(16 * (object.center.x + c * x - s * y))),
                        static_cast<int>(std::lround(16 * (object.center.y + s * x + c * y))));
  };
  const double w = object.half_size.width - shrink, h = object.half_size.height - shrink;
  if (object.round) {
    for (int k = 0; k < 72; ++k) add(w * std::cos(k * CV_PI / 36), w * std::sin(k * CV_PI / 36));
  } else {
    add(-w, -h), add(w, -h), add(w, h), add(-w, h);
  }
  return points;
}

void Fill(cv::Mat& picture, const std::vector<cv::Point>& points, const cv::Scalar& color) {
  cv::fillPoly(picture, std::vector<std::vector<cv::Point>>{points}, color, cv::LINE_AA, 4);
}

void PaintFloor(cv::Mat& picture, const cv::Rect& box, bool bedding, double unit, Random& random) {
  cv::Mat floor = picture(box);
  const cv::Scalar base = bedding ? cv::Scalar(112, 146, 170) : cv::Scalar(178, 186, 190);
  floor.setTo(base);
  if (bedding) {
    cv::Mat bytes;
    floor.convertTo(bytes, CV_8UC3);
    const int shavings = static_cast<int>(box.area() / (unit * unit) / 14);
    for (int k = 0; k < shavings; ++k) {
      const double length = random.Uniform(3, 15) * unit, angle = random.Uniform(0, CV_PI);
      const cv::Point2d at(random.Uniform(0, box.width), random.Uniform(0, box.height));
      const cv::Point2d half(std::cos(angle) * length / 2, std::sin(angle) * length / 2);
      const double shade = 0.72 + 0.5 * random.Uniform();
      const double warm = random.Uniform(-8, 8);
      const cv::Scalar color(base[0] * shade - warm, base[1] * shade, base[2] * shade + warm);
      const auto fixed = [](const cv::Point2d& p) {
        return cv::Point(static_cast<int>(p.x * 16), static_cast<int>(p.y * 16));
      };
      cv::line(bytes, fixed(at - half), fixed(at + half), color,
               std::max(1, static_cast<int>(random.Uniform(0.8, 2.9) * unit)), cv::LINE_AA, 4);
    }
    bytes.convertTo(floor, CV_32FC3);
    cv::GaussianBlur(floor, floor, {3, 3}, 0.7);
  }
  const double grain = bedding ? 1 : 0.35;
  const cv::Mat coarse = Noise(box.size(), 46 * unit, random),
                fine = Noise(box.size(), 9 * unit, random);
  Brighten(floor, cv::Mat(1 + (0.045 * coarse + 0.03 * fine) * grain));
  // Corners and edges get less light.
  cv::Mat shade(box.size(), CV_32F);
  for (int y = 0; y < box.height; ++y) {
    for (int x = 0; x < box.width; ++x) {
      const int rim = std::min(std::min(x, box.width - 1 - x), std::min(y, box.height - 1 - y));
      shade.at<float>(y, x) = static_cast<float>(1 - 0.32 * std::exp(-rim / (9.0 * unit)));
    }
  }
  Brighten(floor, shade);
}

void PaintWalls(cv::Mat& picture, const cv::Rect& box, double unit) {
  const int thick = std::max(2, static_cast<int>(14 * unit));
  for (int k = thick; k >= 1; --k) {
    const double u = static_cast<double>(k) / thick;  // 1 at the top of the wall
    const cv::Rect ring(box.x - k, box.y - k, box.width + 2 * k, box.height + 2 * k);
    const double level = 108 + 62 * u;
    cv::rectangle(picture, ring, cv::Scalar(level * 0.98, level, level), 1);
  }
  const cv::Rect rim(box.x - thick - 1, box.y - thick - 1, box.width + 2 * thick + 2,
                     box.height + 2 * thick + 2);
  cv::rectangle(picture, rim, cv::Scalar(206, 208, 208), std::max(1, static_cast<int>(2.5 * unit)));
}

void PaintObject(cv::Mat& picture, const SceneObject& object, double unit, Random& random) {
  cv::Mat mask = cv::Mat::zeros(picture.size(), CV_8U);
  Fill(mask, Outline(object, 0), 255);
  CastShadow(picture, mask, 7 * unit, 0.5);
  cv::Mat bytes;
  picture.convertTo(bytes, CV_8UC3);
  if (object.name == "bottle") {
    Fill(bytes, Outline(object, 0), {150, 138, 126});
    SceneObject shine = object;
    shine.half_size.width *= 0.3;
    shine.center.x -= object.half_size.width * 0.35;
    Fill(bytes, Outline(shine, 3 * unit), {206, 200, 194});
    SceneObject cap = object;
    cap.half_size = {object.half_size.width * 0.8, 7 * unit};
    cap.center.y += object.half_size.height - 7 * unit;
    Fill(bytes, Outline(cap, 0), {46, 44, 120});
  } else if (object.name == "hut" || object.covers) {
    Fill(bytes, Outline(object, 0), {72, 104, 138});
    for (int k = 1; k < 6; ++k) {
      const int y = static_cast<int>(object.center.y + object.half_size.height * (k / 3.0 - 1));
      const int x = static_cast<int>(object.center.x), w = static_cast<int>(object.half_size.width);
      cv::line(bytes, {x - w, y}, {x + w - 1, y}, cv::Scalar(50, 76, 104), 1, cv::LINE_AA);
    }
    Fill(bytes, Outline(object, object.half_size.height * 0.42), {80, 114, 148});
  } else {
    const bool round = object.round;
    const cv::Scalar body = round ? cv::Scalar(150, 96, 48) : cv::Scalar(62, 132, 96);
    Fill(bytes, Outline(object, 0), body * 0.72);
    Fill(bytes, Outline(object, 3 * unit), body);
    SceneObject top = object;
    top.center -= cv::Point2d(2, 2) * unit;
    Fill(bytes, Outline(top, object.half_size.height * 0.5), body * 1.3);
  }
  cv::Mat painted;
  bytes.convertTo(painted, CV_32FC3);
  Brighten(painted, cv::Mat(1 + 0.035 * Noise(picture.size(), 3 * unit, random)));
  painted.copyTo(picture, mask);
}

// Where animals leave: a dark gap in the wall.
void PaintDoor(cv::Mat& picture, const cv::Rect& door) {
  cv::rectangle(picture, door, cv::Scalar(58, 70, 80), cv::FILLED);
}

// Bright water, and dark bodies of the tank on both sides.
void PaintTank(cv::Mat& picture, const cv::Rect& box, double unit, Random& random) {
  picture.setTo(cv::Scalar(196, 198, 198));
  Brighten(picture, cv::Mat(1 + 0.012 * Noise(picture.size(), 24 * unit, random)));
  for (const int side : {0, 1}) {
    const double reach = box.x - 4.0;
    const double middle = picture.rows * random.Uniform(0.4, 0.6);
    for (int y = 0; y < picture.rows; ++y) {
      const double bow = (y - middle) / picture.rows;
      const int width = static_cast<int>(reach * (1 - 0.9 * bow * bow));
      picture.row(y)
          .colRange(side ? picture.cols - width : 0, side ? picture.cols : width)
          .setTo(cv::Scalar(24, 24, 24));
    }
  }
}

}  // namespace

cv::Mat PaintWorld(const World& world, uint64_t seed) {
  Random random(seed * 7919 + 1);
  const double unit = world.animals[0].length / 90;
  cv::Mat picture(world.size, CV_32FC3, cv::Scalar(70, 72, 74));
  Brighten(picture, cv::Mat(1 + 0.1 * Noise(world.size, 30 * unit, random)));
  const bool tank = world.animals[0].larva;
  if (tank) PaintTank(picture, world.regions[0].box, unit, random);
  const bool bedding = world.info.name != "one-mouse" && !world.objects_to_explore;
  for (const Scene::Region& region : world.regions) {
    if (tank) break;
    PaintWalls(picture, region.box, unit);
    PaintFloor(picture, region.box, bedding, unit, random);
  }
  if (!world.door.empty()) PaintDoor(picture, world.door);
  for (const SceneObject& object : world.objects) PaintObject(picture, object, unit, random);
  // One lamp to the upper left.
  cv::Mat lamp(world.size, CV_32F);
  for (int y = 0; y < lamp.rows; ++y) {
    for (int x = 0; x < lamp.cols; ++x) {
      const double dx = x / static_cast<double>(lamp.cols) - world.lamp.x,
                   dy = y / static_cast<double>(lamp.rows) - world.lamp.y;
      lamp.at<float>(y, x) = static_cast<float>(1.07 - 0.38 * (dx * dx + dy * dy));
    }
  }
  Brighten(picture, lamp);
  cv::Mat result;
  picture.convertTo(result, CV_8UC3);
  return result;
}

}  // namespace datasets::synthetic
