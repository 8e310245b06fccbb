// Voles of a group: each follows a plan of its own; some meet, huddle, hide, leave and come back.
#include <algorithm>
#include <cmath>

#include "datasets/synthetic/body.h"
#include "datasets/synthetic/course.h"
#include "datasets/synthetic/gait.h"
#include "datasets/synthetic/plane.h"

namespace datasets::synthetic {
namespace {

enum class Purpose { kStay, kGroom, kWalk, kVisit, kHuddle, kStepBack, kClimbOver, kHide, kLeave };

struct Member : Gait {
  Purpose purpose = Purpose::kStay;
  double until = 0;  // seconds
  double speed = 0;  // body lengths a second
  cv::Point2d target;
  int other = -1;  // the animal that is visited
  int place = 0;   // in the huddle's row
  double phase = 0;
};

// Animals side by side in a row, each partly on the next.
struct Huddle {
  std::vector<int> members;
  cv::Point2d middle;
  double heading = 0, until = 0, next_climb = 0;
};

constexpr double kHuddleSeconds = 30, kGatherSeconds = 4;

class Walkers : public Course {
 public:
  explicit Walkers(const World& world)
      : world_(&world), random_(world.motion_seed * 1000003 + 29), dt_(1 / world.info.fps) {
    const size_t count = world.animals.size();
    poses_.resize(count);
    members_.resize(count);
    ranks_.resize(count);
    for (size_t i = 0; i < count; ++i) {
      poses_[i].heading = random_.Uniform(-kPi, kPi);
      poses_[i].center = FreePoint(i);
      for (int tries = 0; tries < 50 && Crowded(i); ++tries) poses_[i].center = FreePoint(i);
      poses_[i].breath = random_.Uniform(0, 6);
      ranks_[i] = random_.Uniform();
      members_[i].breath_rate = random_.Uniform(1.6, 2.6);
      for (int k = 0; k < 8; ++k) KeepIn(i);
    }
    next_huddle_ = random_.Uniform(2, 6);
  }

  std::unique_ptr<Course> Clone() const override { return std::make_unique<Walkers>(*this); }

  const std::vector<Pose>& Step() override {
    TendHuddle();
    for (size_t i = 0; i < poses_.size(); ++i) {
      if (now_ >= members_[i].until && !InHuddle(i)) Choose(i);
      Follow(i);
    }
    for (int k = 0; k < 2; ++k) {
      for (size_t i = 0; i < poses_.size(); ++i) KeepIn(i);
    }
    StackUp(*world_, random_, ranks_, poses_);
    now_ += dt_;
    return poses_;
  }

 private:
  double Length(size_t i) const { return world_->animals[i].length; }
  cv::Rect Box() const { return world_->regions[0].box; }

  cv::Point2d FreePoint(size_t i) {
    const cv::Rect box = Box();
    const double margin = 0.45 * Length(i);
    cv::Point2d point;
    for (int tries = 0; tries < 30; ++tries) {
      point = {random_.Uniform(box.x + margin, box.br().x - margin),
               random_.Uniform(box.y + margin, box.br().y - margin)};
      const bool free = std::all_of(
          world_->objects.begin(), world_->objects.end(),
          [&](const SceneObject& object) { return object.Distance(point) > 0.7 * Length(i); });
      if (free) break;
    }
    return point;
  }

  bool Crowded(size_t i) const {
    for (size_t k = 0; k < i; ++k) {
      if (Norm(poses_[k].center - poses_[i].center) < 1.1 * Length(i)) return true;
    }
    return false;
  }

  bool InHuddle(size_t i) const {
    const auto& all = huddle_.members;
    return std::find(all.begin(), all.end(), static_cast<int>(i)) != all.end();
  }

  void Begin(size_t i, Purpose purpose, double seconds, double speed, const cv::Point2d& target) {
    Member& member = members_[i];
    member.purpose = purpose;
    member.until = now_ + seconds;
    member.speed = speed;
    member.target = target;
  }

  void Choose(size_t i) {
    const double dice = random_.Uniform();
    const double walk = random_.Uniform(0.7, 1.6);
    if (members_[i].purpose == Purpose::kHide || members_[i].purpose == Purpose::kLeave) {
      return Begin(i, Purpose::kWalk, random_.Uniform(2, 4), walk, FreePoint(i));
    }
    std::vector<const SceneObject*> roofs;
    for (const SceneObject& object : world_->objects) {
      if (object.covers) roofs.push_back(&object);
    }
    if (!roofs.empty() && dice < 0.12) {
      const auto& roof = *roofs[static_cast<size_t>(random_.Below(static_cast<int>(roofs.size())))];
      const cv::Point2d off(random_.Uniform(-0.12, 0.12), random_.Uniform(-0.1, 0.1));
      return Begin(i, Purpose::kHide, random_.Uniform(8, 30), walk, roof.center + off * Length(i));
    }
    if (world_->leaving && dice > 0.92) {
      const cv::Point2d out(-0.95 * Length(i), world_->door.y + world_->door.height / 2.0);
      return Begin(i, Purpose::kLeave, random_.Uniform(9, 25), walk, out);
    }
    if (dice < 0.5) {
      Begin(i, Purpose::kWalk, random_.Uniform(1.5, 4), walk, FreePoint(i));
    } else if (dice < 0.65 && poses_.size() > 1) {
      const int count = static_cast<int>(poses_.size());
      const int other = (static_cast<int>(i) + 1 + random_.Below(count - 1)) % count;
      const bool open = world_->regions[0].box.contains(poses_[static_cast<size_t>(other)].center);
      Begin(i, open ? Purpose::kVisit : Purpose::kStay, random_.Uniform(3, 7), 1.5, {});
      members_[i].other = other;
    } else if (dice < 0.85) {
      Begin(i, Purpose::kStay, random_.Uniform(0.8, 6), 0, {});
    } else {
      Begin(i, Purpose::kGroom, random_.Uniform(2, 5), 0, {});
    }
  }

  // --- three or four lie together for half a minute
  void TendHuddle() {
    if (!world_->huddles || poses_.size() < 3) return;
    if (huddle_.members.empty()) {
      if (now_ >= next_huddle_) Gather();
      return;
    }
    if (now_ >= huddle_.until) {
      for (const int i : huddle_.members) {
        Begin(static_cast<size_t>(i), Purpose::kWalk, random_.Uniform(2, 5),
              random_.Uniform(1, 1.6), FreePoint(static_cast<size_t>(i)));
      }
      huddle_.members.clear();
      next_huddle_ = now_ + random_.Uniform(6, 25);
      return;
    }
    if (now_ < huddle_.next_climb) return;
    // One from an end steps back, then walks over the others to the other end.
    huddle_.next_climb = now_ + random_.Uniform(6, 11);
    const int count = static_cast<int>(huddle_.members.size());
    const bool first = random_.Chance(0.5);
    for (const int i : huddle_.members) {
      Member& member = members_[static_cast<size_t>(i)];
      if (member.purpose != Purpose::kHuddle || member.place != (first ? 0 : count - 1)) continue;
      const cv::Point2d out = Across() * ((first ? -1 : 1) * 0.9 * Length(static_cast<size_t>(i)));
      Begin(static_cast<size_t>(i), Purpose::kStepBack, 3, 1.2,
            Inside(poses_[static_cast<size_t>(i)].center + out, static_cast<size_t>(i)));
    }
  }

  void Gather() {
    std::vector<int> free;
    for (size_t i = 0; i < poses_.size(); ++i) {
      const Purpose purpose = members_[i].purpose;
      if (purpose != Purpose::kHide && purpose != Purpose::kLeave) {
        free.push_back(static_cast<int>(i));
      }
    }
    const size_t wanted = huddles_++ % 2 == 0 ? 3 : 4;
    if (free.size() < 3) return;
    const int host = free[static_cast<size_t>(random_.Below(static_cast<int>(free.size())))];
    const cv::Point2d at = poses_[static_cast<size_t>(host)].center;
    std::sort(free.begin(), free.end(), [&](int a, int b) {
      return Norm(poses_[static_cast<size_t>(a)].center - at) <
             Norm(poses_[static_cast<size_t>(b)].center - at);
    });
    if (free.size() > wanted) free.resize(wanted);
    huddle_.members = free;
    huddle_.heading = random_.Uniform(-kPi, kPi);
    const cv::Rect box = Box();
    const double room = 1.2 * Length(static_cast<size_t>(host));
    huddle_.middle = {Clamp(at.x, box.x + room, std::max(box.x + room, box.br().x - room)),
                      Clamp(at.y, box.y + room, std::max(box.y + room, box.br().y - room))};
    for (int tries = 0; tries < 20 && Roofed(huddle_.middle, room); ++tries) {
      huddle_.middle = {
          random_.Uniform(box.x + room, std::max(box.x + room + 1, box.br().x - room)),
          random_.Uniform(box.y + room, std::max(box.y + room + 1, box.br().y - room))};
    }
    huddle_.until = now_ + kGatherSeconds + kHuddleSeconds;
    huddle_.next_climb = now_ + kGatherSeconds + random_.Uniform(3, 6);
    // From one end to the other, in the order in which they stand, so that nobody crosses.
    std::sort(free.begin(), free.end(), [&](int a, int b) {
      return poses_[static_cast<size_t>(a)].center.dot(Across()) <
             poses_[static_cast<size_t>(b)].center.dot(Across());
    });
    for (size_t n = 0; n < free.size(); ++n) {
      const size_t i = static_cast<size_t>(free[n]);
      Begin(i, Purpose::kHuddle, 1e9, random_.Uniform(1.2, 1.7), {});
      members_[i].place = static_cast<int>(n);
      members_[i].phase = random_.Uniform(0, 2 * kPi);
    }
  }

  bool Roofed(const cv::Point2d& at, double room) const {
    return std::any_of(world_->objects.begin(), world_->objects.end(),
                       [&](const auto& object) { return object.Distance(at) < room; });
  }

  cv::Point2d Across() const { return Direction(huddle_.heading + kPi / 2); }

  cv::Point2d Inside(const cv::Point2d& at, size_t i) const {
    const cv::Rect box = Box();
    const double margin = 0.4 * Length(i);
    return {Clamp(at.x, box.x + margin, box.br().x - margin),
            Clamp(at.y, box.y + margin, box.br().y - margin)};
  }

  cv::Point2d PlaceInRow(size_t i) const {
    const double middle = (static_cast<double>(huddle_.members.size()) - 1) / 2;
    const double along = 0.06 * std::sin(0.5 * now_ + members_[i].phase);
    return huddle_.middle + Across() * ((members_[i].place - middle) * 0.3 * Length(i)) +
           Direction(huddle_.heading) * (along * Length(i));
  }

  // Who has come over to the other end: everybody's place moves by one.
  void TakeOtherEnd(size_t i) {
    const int count = static_cast<int>(huddle_.members.size());
    const bool was_first = members_[i].place == 0;
    for (const int k : huddle_.members) {
      Member& member = members_[static_cast<size_t>(k)];
      member.place += was_first ? -1 : 1;
    }
    members_[i].place = was_first ? count - 1 : 0;
    members_[i].purpose = Purpose::kHuddle;
  }

  // --- one step of one animal
  void Follow(size_t i) {
    Member& member = members_[i];
    Pose& pose = poses_[i];
    const double length = Length(i);
    Wish wish;
    wish.heading = pose.heading;
    const auto go_to = [&](const cv::Point2d& target) {
      const cv::Point2d way = target - pose.center;
      const double distance = Norm(way) / length;
      wish.heading = AngleOf(way);
      wish.speed = std::min(member.speed, 2.2 * distance);
      return distance;
    };
    const auto settle_at = [&](const cv::Point2d& place, double heading) {
      if (go_to(place) > 0.5) return;
      const double same = Wrap(heading - pose.heading);
      wish.heading = std::abs(same) < kPi / 2 ? heading : heading + kPi;
      wish.speed = 0;
      const cv::Point2d way = place - pose.center;
      wish.shuffle = way * std::min(0.08, 0.02 * length / std::max(1e-6, Norm(way)));
    };
    switch (member.purpose) {
      case Purpose::kStay:
        break;
      case Purpose::kGroom:
        wish.grooming = true;
        break;
      case Purpose::kWalk:
        if (go_to(member.target) < 0.3) member.until = now_;
        break;
      case Purpose::kVisit: {
        const size_t k = static_cast<size_t>(member.other);
        const cv::Point2d way = poses_[k].center - pose.center;
        if (!Box().contains(poses_[k].center)) {
          member.until = now_;
          break;
        }
        const double gap = Norm(way) > 2 * length
                               ? length
                               : BodyGap(BuildBody(world_->animals[i], pose),
                                         BuildBody(world_->animals[k], poses_[k]));
        wish.heading = AngleOf(way) + 0.25 * std::sin(now_ * 1.7);
        wish.speed = gap > 0.02 * length ? std::min(member.speed, 0.25 + 3 * gap / length) : 0;
        break;
      }
      case Purpose::kHuddle:
        settle_at(PlaceInRow(i), huddle_.heading);
        break;
      case Purpose::kStepBack:
        if (go_to(member.target) < 0.25 || now_ >= member.until) {
          // Apart from the others, or as far as it got: from here it climbs.
          ranks_[i] = 1 + *std::max_element(ranks_.begin(), ranks_.end());
          member.purpose = Purpose::kClimbOver;
          const double ends = (static_cast<double>(huddle_.members.size()) + 1) / 2;
          const cv::Point2d far = Across() * ((member.place == 0 ? 1 : -1) * 0.3 * ends * length);
          member.target = Inside(huddle_.middle + far, i);
          member.until = now_ + 5;
        }
        break;
      case Purpose::kClimbOver:
        if (go_to(member.target) < 0.3 || now_ >= member.until) TakeOtherEnd(i);
        break;
      case Purpose::kHide:
        if (go_to(member.target) < 0.1) wish.speed = 0;
        break;
      case Purpose::kLeave:
        GoThroughDoor(i, wish);
        break;
    }
    MoveBody(wish, length, dt_, random_, member, pose);
  }

  // First in front of the door, then straight through it.
  void GoThroughDoor(size_t i, Wish& wish) {
    Member& member = members_[i];
    const cv::Point2d at = poses_[i].center;
    const cv::Point2d before(Box().x + 0.7 * Length(i), member.target.y);
    const bool aligned = std::abs(at.y - member.target.y) < 0.12 * Length(i);
    const cv::Point2d target =
        aligned || at.x < before.x - 0.2 * Length(i) ? member.target : before;
    const cv::Point2d way = target - at;
    wish.heading = AngleOf(way);
    wish.speed = std::min(member.speed, 2.2 * Norm(way) / Length(i));
    if (target == member.target && Norm(way) < 0.1 * Length(i)) wish.speed = 0;
  }

  // Within the walls, but for the door.
  void KeepIn(size_t i) {
    Pose& pose = poses_[i];
    const double door = world_->door.y + world_->door.height / 2.0;
    const bool passes = world_->leaving && pose.center.x < Box().x + 0.75 * Length(i) &&
                        std::abs(pose.center.y - door) < 0.25 * Length(i);
    if (passes &&
        (members_[i].purpose == Purpose::kLeave || pose.center.x < Box().x + 0.45 * Length(i))) {
      // The door is as wide as an animal: whoever is in it goes straight.
      pose.center.y += Clamp(door - pose.center.y, -0.02 * Length(i), 0.02 * Length(i));
      if (members_[i].purpose != Purpose::kLeave) pose.center.x += 0.03 * Length(i);
      return;
    }
    pose.center += PushBack(*world_, world_->animals[i], pose, false);
  }

  const World* world_;
  Random random_;
  double dt_, now_ = 0, next_huddle_ = 0;
  int huddles_ = 0;
  std::vector<Pose> poses_;
  std::vector<Member> members_;
  std::vector<double> ranks_;
  Huddle huddle_;
};

}  // namespace

std::unique_ptr<Course> MakeWalkers(const World& world) { return std::make_unique<Walkers>(world); }

}  // namespace datasets::synthetic
