#include <algorithm>
#include <cmath>

#include "datasets/base/random.h"
#include "datasets/synthetic/body.h"
#include "datasets/synthetic/gait.h"
#include "datasets/synthetic/plane.h"
#include "datasets/synthetic/rules.h"
#include "datasets/synthetic/world.h"

namespace datasets::synthetic {
namespace {

constexpr int kNobody = -1;

enum class Aim { kStill, kGroom, kRear, kGo, kFollow, kCross, kSniff, kHuddle, kExplore, kClimb };

struct Plan {
  Aim aim = Aim::kStill;
  double until = 0;  // seconds
  cv::Point2d target;
  int partner = kNobody;  // animal, or object of kExplore and kClimb
  double speed = 0;       // body lengths a second
  bool met = false;       // kCross: has come to the partner
};

// What an animal carries beside its pose.
struct Mind : Gait {
  Plan plan;
  std::vector<int> cards;  // what it will do among objects, next one last
  bool directed = false;   // its plan belongs to a social event
};

class Simulation {
 public:
  Simulation(const World& world, uint64_t seed)
      : world_(world), random_(seed * 1000003 + 17), dt_(1 / world.info.fps) {
    const int count = static_cast<int>(world.animals.size());
    poses_.resize(count);
    minds_.resize(count);
    ranks_.resize(count);
    for (int i = 0; i < count; ++i) {
      poses_[i].heading = random_.Uniform(-kPi, kPi);
      poses_[i].center = FreePoint(i);
      for (int tries = 0; tries < 200 && NearOthers(i, i, 1.4); ++tries) {
        poses_[i].center = FreePoint(i);
      }
      poses_[i].breath = random_.Uniform(0, 6);
      ranks_[i] = random_.Uniform();
      minds_[i].breath_rate = random_.Uniform(1.6, 2.6);
      for (int k = 0; k < 8; ++k) KeepInside(i);
    }
  }

  const std::vector<Pose>& Step() {
    const int count = static_cast<int>(poses_.size());
    if (world_.animals.size() > 1 && SharedRegion() && now_ >= event_until_) NextEvent();
    for (int i = 0; i < count; ++i) {
      if (!minds_[i].directed && now_ >= minds_[i].plan.until) ChooseAlone(i);
    }
    for (int i = 0; i < count; ++i) Move(i);
    if (world_.camera_follows) KeepTogether();
    for (int k = 0; k < 2; ++k) {
      for (int i = 0; i < count; ++i) KeepInside(i);
    }
    StackUp(world_, random_, ranks_, poses_);
    now_ += dt_;
    return poses_;
  }

 private:
  bool SharedRegion() const {
    for (const AnimalSpec& animal : world_.animals) {
      if (animal.region != world_.animals[0].region) return false;
    }
    return true;
  }

  double Length(int i) const { return world_.animals[i].length; }

  const std::string& RegionOf(int i) const { return world_.regions[world_.animals[i].region].name; }

  cv::Point2d FreePoint(int i) {
    const cv::Rect box = world_.regions[world_.animals[i].region].box;
    const double margin = 0.42 * Length(i);
    cv::Point2d point;
    for (int tries = 0; tries < 100; ++tries) {
      point = {random_.Uniform(box.x + margin, box.x + box.width - margin),
               random_.Uniform(box.y + margin, box.y + box.height - margin)};
      bool free = true;
      for (const SceneObject& object : world_.objects) {
        free = free && object.Distance(point) > 0.6 * Length(i);
      }
      if (free) break;
    }
    return point;
  }

  bool NearOthers(int i, int before, double lengths) const {
    for (int k = 0; k < before; ++k) {
      if (Norm(poses_[k].center - poses_[i].center) < lengths * Length(i)) return true;
    }
    return false;
  }

  void Begin(int i, Aim aim, double seconds, double speed = 0, int partner = kNobody) {
    Plan& plan = minds_[i].plan;
    plan = Plan{aim, now_ + seconds, FreePoint(i), partner, speed, false};
  }

  // --- what an animal does when it is left to itself
  void ChooseAlone(int i) {
    if (world_.objects_to_explore) return ChooseAmongObjects(i);
    const double dice = random_.Uniform();
    if (dice < 0.55) {
      Begin(i, Aim::kGo, random_.Uniform(1.5, 4), random_.Uniform(0.7, 1.6));
    } else if (dice < 0.75) {
      Begin(i, Aim::kStill, random_.Uniform(0.5, 2));
    } else if (dice < 0.85) {
      Begin(i, Aim::kStill, random_.Uniform(4, 14));
    } else {
      Begin(i, Aim::kGroom, random_.Uniform(2, 5));
    }
  }

  enum Card { kVisit, kStroll, kClean, kStand, kPause };

  // Also a shuffled deck, so that short videos hold every behavior.
  void ChooseAmongObjects(int i) {
    Mind& mind = minds_[i];
    if (mind.cards.empty()) {
      mind.cards = {kVisit, kVisit, kVisit, kVisit, kVisit, kStroll, kClean, kStand, kPause};
      for (int k = static_cast<int>(mind.cards.size()) - 1; k > 0; --k) {
        std::swap(mind.cards[k], mind.cards[random_.Below(k + 1)]);
      }
    }
    const int card = mind.cards.back();
    bool clear = true;  // it grooms, rears and rests away from the objects
    for (const SceneObject& object : world_.objects) {
      clear = clear && object.Distance(poses_[i].center) > 0.95 * Length(i);
    }
    const bool was_visit = mind.plan.aim == Aim::kExplore || mind.plan.aim == Aim::kClimb;
    if (was_visit || (!clear && card != kVisit && card != kStroll)) {
      return Begin(i, Aim::kGo, random_.Uniform(1, 1.8), random_.Uniform(0.9, 1.5));
    }
    mind.cards.pop_back();
    switch (card) {
      case kVisit:
        BeginVisit(i);
        break;
      case kStroll:
        Begin(i, Aim::kGo, random_.Uniform(1.5, 3), random_.Uniform(0.7, 1.5));
        break;
      case kClean:
        Begin(i, Aim::kGroom, random_.Uniform(2, 5));
        break;
      case kStand:
        Begin(i, Aim::kRear, random_.Uniform(1.5, 3));
        break;
      default:
        Begin(i, Aim::kStill, random_.Uniform(1, 6));
        break;
    }
  }

  void BeginVisit(int i) {
    const bool right = random_.Chance(world_.right_probability);
    const Aim aim = random_.Chance(0.12) ? Aim::kClimb : Aim::kExplore;
    const double seconds = random_.Uniform(4, 9), speed = random_.Uniform(0.9, 1.4);
    for (size_t k = 0; k < world_.objects.size(); ++k) {
      const SceneObject& object = world_.objects[k];
      if (!object.explorable || object.region != RegionOf(i)) continue;
      if ((object.name == "object_right") != right) continue;
      Begin(i, aim, seconds, speed, static_cast<int>(k));
      // Where around the object it will stand: on the side that it comes from, more or less.
      const double side = AngleOf(poses_[i].center - object.center);
      minds_[i].plan.target = object.center + Direction(side + random_.Uniform(-1.2, 1.2));
    }
  }

  // --- what two animals do together: a shuffled deck, so that none is missing for long
  void NextEvent() {
    const int count = static_cast<int>(poses_.size());
    bool parting = false;
    for (int i = 0; i < count; ++i) {
      parting |= minds_[i].directed;
      if (minds_[i].directed) Part(i);
    }
    if (parting) {
      event_until_ = now_ + (round_ == 1 ? 1.3 : random_.Uniform(1.5, 5));
      return;
    }
    if (deck_.empty()) {
      deck_ = {0, 1, 2, 3, 4};
      for (int k = 4; k > 0; --k) std::swap(deck_[k], deck_[random_.Below(k + 1)]);
      ++round_;
    }
    const int card = deck_.back();
    deck_.pop_back();
    const int a = random_.Below(count);
    const int b = (a + 1 + random_.Below(count - 1)) % count;
    const double longer = round_ == 1 ? 1 : random_.Uniform(1, 2.2);
    double seconds = 0;
    const auto engage = [&](int i, Aim aim, double speed, int partner) {
      Begin(i, aim, seconds, speed, partner);
      minds_[i].directed = true;
    };
    switch (card) {
      case 0:  // one sniffs the other
        seconds = 4.2 * longer;
        engage(a, Aim::kSniff, 1.5, b);
        engage(b, random_.Chance(0.4) ? Aim::kGroom : Aim::kStill, 0, a);
        break;
      case 1: {  // they walk over each other's path, one over the other
        seconds = 3.8;
        const cv::Point2d from_a = poses_[a].center, from_b = poses_[b].center;
        engage(a, Aim::kCross, 1.5, b);
        engage(b, Aim::kCross, 1.5, a);
        minds_[a].plan.target = from_b + (from_b - from_a) * 0.3;
        minds_[b].plan.target = from_a + (from_a - from_b) * 0.3;
        break;
      }
      case 2:  // a chase
        seconds = 3.4 * longer;
        engage(a, Aim::kFollow, 2.5, b);
        engage(b, Aim::kGo, 1.9, a);
        break;
      case 3:  // they rest side by side, the flank of one over the other's
        seconds = 4.6 * longer;
        engage(a, Aim::kHuddle, 1.4, b);
        engage(b, Aim::kStill, 0, a);
        break;
      default:
        seconds = 3.5 * longer;
        break;  // each by itself
    }
    event_until_ = now_ + seconds;
  }

  // Those who were together go to places of their own.
  void Part(int i) {
    const int partner = minds_[i].plan.partner;
    Begin(i, Aim::kGo, random_.Uniform(2, 4), random_.Uniform(1, 1.7));
    minds_[i].directed = false;
    const cv::Point2d other = poses_[partner].center;
    for (int tries = 0; tries < 3; ++tries) {
      const cv::Point2d place = FreePoint(i);
      if (Norm(place - other) > Norm(minds_[i].plan.target - other)) minds_[i].plan.target = place;
    }
  }

  // --- one time step of one animal
  void Move(int i) {
    Mind& mind = minds_[i];
    Pose& pose = poses_[i];
    Plan& plan = mind.plan;
    const double length = Length(i);
    double heading = pose.heading, speed = 0, brisk = 1;
    cv::Point2d shuffle(0, 0);
    bool grooming = false, rearing = false;

    const auto go_to = [&](const cv::Point2d& target, double cruise) {
      const cv::Point2d way = target - pose.center;
      const double distance = Norm(way) / length;
      heading = AngleOf(way);
      speed = std::min(cruise, 2.2 * distance);
      return distance;
    };
    switch (plan.aim) {
      case Aim::kStill:
        break;
      case Aim::kGroom:
        grooming = true;
        break;
      case Aim::kRear:
        rearing = true;
        break;
      case Aim::kGo:
        if (go_to(plan.target, plan.speed) < 0.3) {
          if (plan.partner != kNobody) {
            plan.target = FreePoint(i);  // the one that is chased does not stop
          } else {
            plan.until = now_;
          }
        }
        break;
      case Aim::kFollow: {
        const Pose& other = poses_[plan.partner];
        go_to(other.center - Direction(other.heading) * (0.75 * Length(plan.partner)), plan.speed);
        if (speed < 0.5) heading = AngleOf(other.center - pose.center);
        break;
      }
      case Aim::kCross: {
        const cv::Point2d other = poses_[plan.partner].center;
        if (!plan.met && Norm(other - pose.center) < 0.45 * length) plan.met = true;
        go_to(plan.met ? plan.target : other, plan.speed);
        if (!plan.met) speed = plan.speed;
        break;
      }
      case Aim::kSniff: {
        const Pose& other = poses_[plan.partner];
        const cv::Point2d way = other.center - pose.center;
        const double gap = BodyGap(BuildBody(world_.animals[i], pose),
                                   BuildBody(world_.animals[plan.partner], other));
        heading = AngleOf(way) + 0.25 * std::sin(now_ * 1.7);
        speed = gap > 0.02 * length ? std::min(plan.speed, 0.25 + 3 * gap / length) : 0;
        if (gap < -0.06 * length) shuffle = way * (-0.6 / std::max(1.0, Norm(way)));
        break;
      }
      case Aim::kHuddle: {
        const Pose& other = poses_[plan.partner];
        const cv::Point2d normal = Direction(other.heading + kPi / 2);
        const double side = (pose.center - other.center).dot(normal) > 0 ? 1 : -1;
        const cv::Point2d place = other.center + normal * (side * 0.33 * length);
        const double distance = go_to(place, plan.speed);
        if (distance < 0.5) {
          const double same = Wrap(other.heading - pose.heading);
          heading = std::abs(same) < kPi / 2 ? other.heading : other.heading + kPi;
          speed = 0;
          const cv::Point2d way = place - pose.center;
          shuffle = way * std::min(0.08, 0.02 * length / std::max(1e-6, Norm(way)));
        }
        break;
      }
      case Aim::kExplore: {
        const SceneObject& object = world_.objects[plan.partner];
        const cv::Point2d side = plan.target - object.center;  // a unit vector
        const double reach = 0.5 * length;
        // The outline lies where the distance along `side` becomes zero.
        double out = 0;
        while (object.Distance(object.center + side * out) < 0) out += 0.5;
        const cv::Point2d place = object.center + side * (out + reach + 5 / world_.mm_per_pixel);
        const double distance = go_to(place, plan.speed);
        if (distance < 0.35) {
          heading = AngleOf(object.center - pose.center) + 0.2 * std::sin(now_ * 2.1);
          speed = 0;
          const cv::Point2d way = place - pose.center;
          shuffle = way * std::min(0.12, 0.02 * length / std::max(1e-6, Norm(way)));
          brisk = 0.8;
        }
        break;
      }
      case Aim::kClimb:
        if (go_to(world_.objects[plan.partner].center, plan.speed) < 0.12) speed = 0;
        break;
    }
    if (speed > 0.05 && plan.aim != Aim::kClimb) heading = AvoidObjects(i, heading);

    Wish wish;
    wish.heading = heading;
    wish.speed = speed;
    wish.brisk = brisk;
    wish.shuffle = shuffle;
    wish.grooming = grooming;
    wish.rearing = rearing;
    wish.busy = plan.aim == Aim::kExplore;
    MoveBody(wish, length, dt_, random_, mind, pose);
  }

  double AvoidObjects(int i, double heading) const {
    for (size_t k = 0; k < world_.objects.size(); ++k) {
      const SceneObject& object = world_.objects[k];
      if (object.region != RegionOf(i)) continue;
      const Plan& plan = minds_[i].plan;
      if (plan.aim == Aim::kExplore && plan.partner == static_cast<int>(k) &&
          Norm(plan.target - object.center) > 0 &&
          (poses_[i].center - object.center).dot(plan.target - object.center) > 0) {
        continue;
      }
      const cv::Point2d ahead = poses_[i].center + Direction(heading) * (0.6 * Length(i));
      const double room = object.Distance(ahead) / Length(i);
      if (room > 0.35 || object.Distance(poses_[i].center) / Length(i) > 1.2) continue;
      const double side = Wrap(heading - AngleOf(object.center - poses_[i].center));
      if (std::abs(side) < kPi / 2) heading += (side >= 0 ? 1 : -1) * (kPi / 2 - std::abs(side));
    }
    return heading;
  }

  void KeepInside(int i) {
    const bool climbing = minds_[i].plan.aim == Aim::kClimb;
    poses_[i].center += PushBack(world_, world_.animals[i], poses_[i], climbing);
  }

  // With a camera that follows, the animals stay within what it can see.
  void KeepTogether() {
    cv::Point2d middle(0, 0);
    for (const Pose& pose : poses_) middle += pose.center * (1.0 / poses_.size());
    for (size_t i = 0; i < poses_.size(); ++i) {
      const cv::Point2d off = poses_[i].center - middle;
      const double wide = 0.5 * world_.view.width - 1.15 * Length(static_cast<int>(i));
      const double high = 0.5 * world_.view.height - 1.15 * Length(static_cast<int>(i));
      poses_[i].center.x -= off.x - Clamp(off.x, -wide, wide);
      poses_[i].center.y -= off.y - Clamp(off.y, -high, high);
      if (std::abs(off.x) > 0.8 * wide || std::abs(off.y) > 0.8 * high)
        minds_[i].plan.target = middle;
    }
  }

  const World& world_;
  Random random_;
  double dt_, now_ = 0, event_until_ = 1.5;
  int round_ = 0;
  std::vector<int> deck_;
  std::vector<Pose> poses_;
  std::vector<Mind> minds_;
  std::vector<double> ranks_;
};

}  // namespace

Motion Simulate(const World& world, int frames, uint64_t seed) {
  Simulation simulation(world, seed);
  Motion motion;
  motion.poses.reserve(frames);
  for (int f = 0; f < frames; ++f) motion.poses.push_back(simulation.Step());
  motion.camera_offset = FollowWithCamera(world, motion.poses);
  ScoreBehaviors(world, motion.poses);
  return motion;
}

}  // namespace datasets::synthetic
