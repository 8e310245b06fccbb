#include "datasets/synthetic/gait.h"

#include <algorithm>
#include <cmath>

#include "datasets/synthetic/body.h"
#include "datasets/synthetic/plane.h"

namespace datasets::synthetic {

void MoveBody(const Wish& wish, double length, double dt, Random& random, Gait& gait, Pose& pose) {
  const double error = Wrap(wish.heading - pose.heading);
  const bool goes = wish.speed > 0.05;
  const double limit = (goes ? 5.0 : 2.5) * wish.brisk;
  const double wanted = Clamp(4.5 * error, -limit, limit) * (wish.grooming || wish.rearing ? 0 : 1);
  gait.turn += (wanted - gait.turn) * 0.28;
  pose.heading = Wrap(pose.heading + gait.turn * dt);
  const double goal = wish.speed * std::max(0.08, std::cos(error));
  gait.speed += (goal - gait.speed) * (goal > gait.speed ? 0.14 : 0.25);
  pose.center += Direction(pose.heading) * (gait.speed * length * dt) + wish.shuffle;

  pose.bend += (Clamp(gait.turn * 0.3, -0.9, 0.9) - pose.bend) * 0.2;
  gait.yaw_noise += -0.04 * gait.yaw_noise + 0.035 * random.Normal();
  const double yaw =
      Clamp(0.35 * error, -0.5, 0.5) * (goes ? 1 : 0) + gait.yaw_noise * (wish.busy ? 0.35
                                                                          : goes    ? 0.5
                                                                                    : 0.8);
  gait.groom_phase += 2 * kPi * 3.1 * dt;
  pose.groom += ((wish.grooming ? 1.0 : 0.0) - pose.groom) * 0.16;
  pose.rear += ((wish.rearing ? 1.0 : 0.0) - pose.rear) * 0.18;
  pose.head_yaw += (yaw - pose.head_yaw) * 0.3;
  // The strokes of grooming: the head goes to and fro three times a second.
  pose.head_yaw += pose.groom * 0.11 * std::sin(gait.groom_phase);
  pose.stride += (Clamp(gait.speed / 0.9, 0, 1) - pose.stride) * 0.25;
  pose.gait += 2 * kPi * dt * gait.speed / 0.55;
  pose.breath += 2 * kPi * dt * gait.breath_rate;
  gait.swing_noise += -0.03 * gait.swing_noise + 0.03 * random.Normal();
  pose.tail_swing += (Clamp(-2 * pose.bend + gait.swing_noise, -1.6, 1.6) - pose.tail_swing) * 0.1;
}

void StackUp(const World& world, Random& random, std::vector<double>& ranks,
             std::vector<Pose>& poses) {
  const size_t count = poses.size();
  std::vector<Body> bodies;
  for (size_t i = 0; i < count; ++i) bodies.push_back(BuildBody(world.animals[i], poses[i]));
  std::vector<double> gaps(count, 1e9), lift(count, 0);
  for (size_t i = 0; i < count; ++i) {
    const double length = world.animals[i].length;
    for (size_t k = 0; k < count; ++k) {
      if (i == k || world.animals[i].region != world.animals[k].region) continue;
      double gap = 1e9;
      if (Norm(poses[i].center - poses[k].center) < 2.2 * length)
        gap = BodyGap(bodies[i], bodies[k]);
      gaps[i] = std::min(gaps[i], gap);
      if (ranks[i] > ranks[k] && gap < 0) {
        lift[i] = std::max(lift[i], std::min(-gap, 0.25 * world.animals[k].length) * 0.9);
      }
    }
    for (const SceneObject& object : world.objects) {
      if (object.explorable && object.Distance(poses[i].center) < 0) lift[i] = 0.3 * length;
    }
    // With tails: nothing of two animals overlaps beyond this gap.
    const double apart = (0.6 + world.animals[i].tail) * length;
    if (gaps[i] > apart && random.Chance(0.05)) ranks[i] = random.Uniform();
  }
  for (size_t i = 0; i < count; ++i) {
    poses[i].elevation += (lift[i] - poses[i].elevation) * 0.25;
    poses[i].z_order = 0;
    for (size_t k = 0; k < count; ++k) {
      if (ranks[k] < ranks[i] || (ranks[k] == ranks[i] && k < i)) ++poses[i].z_order;
    }
  }
}

}  // namespace datasets::synthetic
