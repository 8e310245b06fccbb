#include "datasets/synthetic/rules.h"

#include <algorithm>
#include <cmath>

#include "datasets/synthetic/body.h"
#include "datasets/synthetic/plane.h"

namespace datasets::synthetic {
namespace {

unsigned BitOf(const World& world, const std::string& name) {
  for (size_t i = 0; i < world.behaviors.size(); ++i) {
    if (world.behaviors[i].name == name) return 1u << i;
  }
  return 0;
}

// Runs of `flags` shorter than `frames` take the value before them.
void DropShortRuns(std::vector<char>& flags, size_t frames) {
  for (size_t start = 0; start < flags.size();) {
    size_t stop = start;
    while (stop < flags.size() && flags[stop] == flags[start]) ++stop;
    if (start > 0 && stop - start < frames) {
      std::fill(flags.begin() + start, flags.begin() + stop, flags[start - 1]);
    }
    start = stop;
  }
}

std::vector<char> Walks(const std::vector<std::vector<Pose>>& poses, size_t animal, double length,
                        double fps) {
  const int count = static_cast<int>(poses.size());
  std::vector<char> walks(count);
  bool walking = false;
  for (int f = 0; f < count; ++f) {
    const int before = std::max(0, f - 2), after = std::min(count - 1, f + 2);
    const double moved = Norm(poses[after][animal].center - poses[before][animal].center);
    const double speed = moved / std::max(1, after - before) * fps / length;
    walking = speed >= (walking ? 0.25 : 0.4);
    walks[f] = walking;
  }
  DropShortRuns(walks, 5);
  return walks;
}

}  // namespace

void ScoreBehaviors(const World& world, std::vector<std::vector<Pose>>& poses) {
  const size_t frames = poses.size(), count = world.animals.size();
  const unsigned rest = BitOf(world, "rest"), walk = BitOf(world, "walk") | BitOf(world, "swim");
  const unsigned groom = BitOf(world, "groom"), rear = BitOf(world, "rear");
  const unsigned contact = BitOf(world, "contact"), chase = BitOf(world, "chase");
  for (size_t i = 0; i < count; ++i) {
    const AnimalSpec& animal = world.animals[i];
    const std::vector<char> walks = Walks(poses, i, animal.length, world.info.fps);
    for (size_t f = 0; f < frames; ++f) {
      Pose& pose = poses[f][i];
      unsigned state = walks[f] ? walk : rest;
      if (rear && pose.rear >= 0.5) state = rear;
      if (pose.groom >= 0.5) state = groom;
      if (world.objects_to_explore) {
        const Body body = BuildBody(animal, pose);
        for (const SceneObject& object : world.objects) {
          if (!object.explorable || object.region != world.regions[animal.region].name) continue;
          if (ExploresObject(object, body.nose(), body.neck(), body.middle(), world.mm_per_pixel)) {
            state = BitOf(world, object.name == "object_left" ? "explore_left" : "explore_right");
          }
        }
      }
      pose.behaviors = state;
    }
  }
  if (!contact) return;
  const double near = kContactMm / world.mm_per_pixel;
  for (size_t f = 0; f < frames; ++f) {
    std::vector<Body> bodies;
    for (size_t i = 0; i < count; ++i) bodies.push_back(BuildBody(world.animals[i], poses[f][i]));
    for (size_t i = 0; i < count; ++i) {
      for (size_t k = i + 1; k < count; ++k) {
        if (Norm(poses[f][i].center - poses[f][k].center) > 2 * world.animals[i].length) continue;
        if (BodyGap(bodies[i], bodies[k]) > near) continue;
        poses[f][i].behaviors |= contact;
        poses[f][k].behaviors |= contact;
      }
    }
  }
  for (size_t i = 0; i < count; ++i) {
    std::vector<char> chases(frames);
    for (size_t f = 0; f < frames; ++f) {
      const Pose& self = poses[f][i];
      for (size_t k = 0; k < count; ++k) {
        const Pose& other = poses[f][k];
        if (k == i || !(self.behaviors & walk) || !(other.behaviors & walk)) continue;
        const cv::Point2d way = other.center - self.center;
        const double off = std::remainder(std::atan2(way.y, way.x) - self.heading, 2 * kPi);
        const double apart = std::remainder(other.heading - self.heading, 2 * kPi);
        if (Norm(way) < 2.5 * world.animals[i].length && std::abs(off) < 50 * kPi / 180 &&
            std::abs(apart) < kPi / 2) {
          chases[f] = 1;
        }
      }
    }
    for (size_t start = 0; start < frames;) {
      size_t stop = start;
      while (stop < frames && chases[stop] == chases[start]) ++stop;
      if (chases[start] && stop - start >= 8) {
        for (size_t f = start; f < stop; ++f) poses[f][i].behaviors |= chase;
      }
      start = stop;
    }
  }
}

}  // namespace datasets::synthetic
