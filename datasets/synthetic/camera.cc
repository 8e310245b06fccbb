#include <algorithm>

#include "datasets/synthetic/plane.h"
#include "datasets/synthetic/world.h"

namespace datasets::synthetic {
std::vector<cv::Point2d> FollowWithCamera(const World& world,
                                          const std::vector<std::vector<Pose>>& poses) {
  std::vector<cv::Point2d> path(poses.size());
  if (!world.camera_follows) return path;
  for (size_t f = 0; f < poses.size(); ++f) {
    for (const Pose& pose : poses[f]) path[f] += pose.center * (1.0 / poses[f].size());
  }
  for (int pass = 0; pass < 2; ++pass) {
    for (size_t f = 1; f < path.size(); ++f) path[f] = path[f - 1] + (path[f] - path[f - 1]) * 0.12;
    std::reverse(path.begin(), path.end());
  }
  const double room_x = world.size.width - world.view.width;
  const double room_y = world.size.height - world.view.height;
  for (size_t f = 0; f < path.size(); ++f) {
    cv::Point2d corner = path[f] - cv::Point2d(world.view.width / 2.0, world.view.height / 2.0);
    for (size_t i = 0; i < poses[f].size(); ++i) {
      const double reach = 1.0 * world.animals[i].length;
      const cv::Point2d at = poses[f][i].center;
      corner.x = Clamp(corner.x, at.x + reach - world.view.width, at.x - reach);
      corner.y = Clamp(corner.y, at.y + reach - world.view.height, at.y - reach);
    }
    path[f] = {Clamp(corner.x, 0, room_x), Clamp(corner.y, 0, room_y)};
  }
  return path;
}

}  // namespace datasets::synthetic
