// Swimmers: bursts and glides, as larvae of fish swim, along the walls, at each other and away.
#include <algorithm>
#include <cmath>

#include "datasets/base/random.h"
#include "datasets/synthetic/body.h"
#include "datasets/synthetic/course.h"
#include "datasets/synthetic/plane.h"

namespace datasets::synthetic {
namespace {

struct Swimmer {
  double speed = 0, turn = 0;  // body lengths and radians a second
  double next_burst = 0;       // seconds
  double away_until = 0;       // outside of the picture
  double rank = 0;
};

class Swimmers : public Course {
 public:
  explicit Swimmers(const World& world)
      : world_(&world), random_(world.motion_seed * 1000003 + 53), dt_(1 / world.info.fps) {
    poses_.resize(world.animals.size());
    swimmers_.resize(world.animals.size());
    const cv::Rect box = Box();
    for (size_t i = 0; i < poses_.size(); ++i) {
      const double margin = 0.6 * Length(i);
      poses_[i].center = {random_.Uniform(box.x + margin, box.br().x - margin),
                          random_.Uniform(box.y + margin, box.br().y - margin)};
      poses_[i].heading = random_.Uniform(-kPi, kPi);
      poses_[i].gait = random_.Uniform(0, 2 * kPi);
      swimmers_[i].next_burst = random_.Uniform(0, 0.6);
      swimmers_[i].rank = random_.Uniform();
    }
    for (size_t i = 0; i < poses_.size(); ++i) {
      for (size_t k = 0; k < poses_.size(); ++k) {
        poses_[i].z_order += swimmers_[k].rank < swimmers_[i].rank ||
                             (swimmers_[k].rank == swimmers_[i].rank && k < i);
      }
    }
  }

  std::unique_ptr<Course> Clone() const override { return std::make_unique<Swimmers>(*this); }

  const std::vector<Pose>& Step() override {
    for (size_t i = 0; i < poses_.size(); ++i) Swim(i);
    now_ += dt_;
    return poses_;
  }

 private:
  double Length(size_t i) const { return world_->animals[i].length; }
  cv::Rect Box() const { return world_->regions[0].box; }

  void Burst(size_t i) {
    Swimmer& swimmer = swimmers_[i];
    const Pose& pose = poses_[i];
    swimmer.next_burst = now_ + random_.Uniform(0.15, 0.9);
    swimmer.speed += random_.Chance(0.1) ? random_.Uniform(4, 8) : random_.Uniform(0.8, 3);
    const double dice = random_.Uniform();
    double turn = 0.4 * random_.Normal();
    if (dice < 0.07) {
      turn = random_.Chance(0.5) ? 2.2 : -2.2;  // bends like a C and is off
    } else if (dice < 0.25) {
      const int other = random_.Below(static_cast<int>(poses_.size()));
      const cv::Point2d way = poses_[static_cast<size_t>(other)].center - pose.center;
      if (Norm(way) > 1) turn = Clamp(Wrap(AngleOf(way) - pose.heading), -1.2, 1.2);
    }
    swimmer.turn += turn / 0.12;
  }

  void Swim(size_t i) {
    Swimmer& swimmer = swimmers_[i];
    Pose& pose = poses_[i];
    if (now_ >= swimmer.next_burst) Burst(i);
    Steer(i);
    swimmer.turn *= std::exp(-dt_ / 0.12);
    swimmer.speed = 0.25 + (swimmer.speed - 0.25) * std::exp(-dt_ / 0.35);
    pose.heading = Wrap(pose.heading + swimmer.turn * dt_);
    pose.center += Direction(pose.heading) * (swimmer.speed * Length(i) * dt_);
    pose.bend += (Clamp(swimmer.turn * 0.16, -2.4, 2.4) - pose.bend) * std::min(1.0, 25 * dt_);
    pose.stride += (Clamp(swimmer.speed / 3, 0.12, 1) - pose.stride) * std::min(1.0, 12 * dt_);
    pose.gait += 2 * kPi * dt_ * (4 + 10 * pose.stride);
    if (!world_->leaving || swimmer.away_until <= now_) Confine(i);
  }

  // Away from walls ahead; those that leave come back after a while.
  void Steer(size_t i) {
    Swimmer& swimmer = swimmers_[i];
    const Pose& pose = poses_[i];
    const cv::Rect box = Box();
    const cv::Point2d ahead = pose.center + Direction(pose.heading) * (0.8 * Length(i));
    const bool inside = box.contains(cv::Point(cvFloor(ahead.x), cvFloor(ahead.y)));
    if (inside) return;
    if (world_->leaving && swimmer.away_until <= now_ && ahead.x > box.x && ahead.x < box.br().x &&
        random_.Chance(0.02)) {
      swimmer.away_until = now_ + random_.Uniform(1.5, 6);
    }
    const bool outside = !box.contains(cv::Point(cvFloor(pose.center.x), cvFloor(pose.center.y)));
    const bool away = swimmer.away_until > now_;
    if (away &&
        Norm(pose.center - Middle()) < 0.5 * Norm(cv::Point2d(box.br() - box.tl())) + Length(i)) {
      return;
    }
    const double to_middle = Wrap(AngleOf(Middle() - pose.center) - pose.heading);
    const double strength = outside ? 9 : 5;
    swimmer.turn += (to_middle > 0 ? 1 : -1) * strength * dt_ / 0.12;
  }

  cv::Point2d Middle() const { return cv::Point2d(Box().tl() + Box().br()) / 2; }

  void Confine(size_t i) {
    Pose& pose = poses_[i];
    const cv::Rect box = Box();
    if (world_->leaving &&
        !box.contains(cv::Point(cvFloor(pose.center.x), cvFloor(pose.center.y)))) {
      return;  // on its way back
    }
    pose.center += PushBack(*world_, world_->animals[i], pose, false);
  }

  const World* world_;
  Random random_;
  double dt_, now_ = 0;
  std::vector<Pose> poses_;
  std::vector<Swimmer> swimmers_;
};

}  // namespace

std::unique_ptr<Course> MakeSwimmers(const World& world) {
  return std::make_unique<Swimmers>(world);
}

}  // namespace datasets::synthetic
