#include <algorithm>
#include <cmath>

#include "datasets/synthetic/body.h"

namespace datasets::synthetic {
namespace {

void Shift(Body& body, const cv::Point2d& by) {
  for (Disc& disc : body.spine) disc.center += by;
  for (Disc& disc : body.tail) disc.center += by;
}

}  // namespace

cv::Point2d PushBack(const World& world, const AnimalSpec& animal, const Pose& pose,
                     bool climbing) {
  const Scene::Region& region = world.regions[animal.region];
  const cv::Rect box = region.box;
  Body body = BuildBody(animal, pose);
  cv::Point2d push(0, 0);
  for (int k = 0; k < kSpinePoints; k += 4) {
    for (const SceneObject& object : world.objects) {
      if (object.region != region.name || object.covers) continue;
      const bool over = climbing || object.Distance(pose.center) < 0.12 * animal.length;
      if (object.explorable && over) continue;
      const cv::Point2d at = body.spine[k].center, right(1, 0), down(0, 1);
      const double inside = body.spine[k].radius * 0.8 - object.Distance(at);
      if (inside <= 0) continue;
      const cv::Point2d uphill(object.Distance(at + right) - object.Distance(at - right),
                               object.Distance(at + down) - object.Distance(at - down));
      const double norm = std::max(1e-6, std::hypot(uphill.x, uphill.y));
      const cv::Point2d by = uphill * (std::min(inside, 0.04 * animal.length) / norm);
      push += by;
      Shift(body, by);
    }
  }
  double left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
  const auto include = [&](const Disc& disc) {
    left = std::min(left, disc.center.x - disc.radius);
    right = std::max(right, disc.center.x + disc.radius);
    top = std::min(top, disc.center.y - disc.radius);
    bottom = std::max(bottom, disc.center.y + disc.radius);
  };
  for (const Disc& disc : body.spine) include(disc);
  for (const Disc& disc : body.tail) include(disc);
  push.x += std::max(0.0, box.x - left) - std::max(0.0, right - (box.x + box.width));
  push.y += std::max(0.0, box.y - top) - std::max(0.0, bottom - (box.y + box.height));
  return push;
}

}  // namespace datasets::synthetic
