#include "infer/behavior/motion_features.h"

#include <algorithm>
#include <cmath>

namespace infer {
namespace {

constexpr size_t kFeatures = train::kMotionFeatures;
// asinh is a line below its knee and a logarithm above. The knees lie just above what the outline
// of a motionless animal trembles by, so that creeping differs from resting as running from
// walking.
constexpr double kSlowLengths = 0.1, kSlowTurn = 0.2;  // a second; radians a second

struct Reach {
  int before = 0, after = 0;
};

Reach Around(int frame, int frames, int half, bool causal) {
  if (causal) return {std::max(0, frame - 2 * half), frame};
  return {std::max(0, frame - half), std::min(frames - 1, frame + half)};
}

cv::Point2d Center(const SubjectFrame& frame) { return {frame.moments.x, frame.moments.y}; }

double Length(const cv::Point2d& v) { return std::hypot(v.x, v.y); }

class Meter {
 public:
  Meter(const std::vector<SubjectFrame>& frames, double fps, double scale_px, bool causal)
      : frames_(frames), fps_(fps), scale_px_(std::max(1.0, scale_px)), causal_(causal) {}

  void Fill(int f, float* out) const {
    const SubjectFrame& now = At(f);
    const double heading = now.moments.angle_deg * CV_PI / 180;
    const cv::Point2d step = Moved(f, 2);
    const auto put = [&](MotionFeature column, double value) {
      out[column] = static_cast<float>(value);
    };
    put(kSeen, 1);
    put(kStepSpeed, std::asinh(Speed(f, 1) / kSlowLengths));
    put(kSpeed, std::asinh(Speed(f, 3) / kSlowLengths));
    put(kLongSpeed, std::asinh(Speed(f, 8) / kSlowLengths));
    put(kArea, std::log(std::max(1.0, now.moments.area) / (scale_px_ * scale_px_)));
    put(kElongation, std::log(std::max(1.0, now.moments.elongation)));
    put(kLength, now.moments.length / scale_px_);
    put(kTurn, std::asinh(Turn(f) / kSlowTurn));
    put(kShapeChange, 1 - now.same_iou);
    put(kTouching, now.touching);
    put(kAlone, now.alone);
    if (!now.alone) {
      const cv::Point2d way = now.nearest - Center(now);
      const double distance = Length(way);
      put(kDistance, std::asinh(distance / scale_px_));
      put(kApproach, std::asinh(Approach(f)));
      const double along = std::abs(way.x * std::cos(heading) + way.y * std::sin(heading));
      put(kFacing, distance > 0 ? along / distance : 0);
      const double moved = Length(step);
      put(kToward, distance > 0 && moved > 0.02 * scale_px_ ? way.dot(step) / distance / moved : 0);
    }
    put(kAreaChange, AreaChange(f));
  }

 private:
  const SubjectFrame& At(int f) const { return frames_[static_cast<size_t>(f)]; }
  // The ends of the difference around f, where both are seen.
  bool Ends(int f, int half, Reach* reach) const {
    *reach = Around(f, static_cast<int>(frames_.size()), half, causal_);
    while (reach->before < f && !At(reach->before).seen) ++reach->before;
    while (reach->after > f && !At(reach->after).seen) --reach->after;
    return reach->after > reach->before;
  }
  cv::Point2d Moved(int f, int half) const {
    Reach reach;
    return Ends(f, half, &reach) ? Center(At(reach.after)) - Center(At(reach.before))
                                 : cv::Point2d();
  }
  double Speed(int f, int half) const {
    Reach reach;
    if (!Ends(f, half, &reach)) return 0;
    return Length(Moved(f, half)) / scale_px_ / (reach.after - reach.before) * fps_;
  }
  double Turn(int f) const {
    Reach reach;
    if (!Ends(f, 2, &reach)) return 0;
    const double difference =
        At(reach.after).moments.angle_deg - At(reach.before).moments.angle_deg;
    return std::abs(std::remainder(difference, 180)) * CV_PI / 180 / (reach.after - reach.before) *
           fps_;
  }
  double AreaChange(int f) const {
    Reach reach;
    if (!Ends(f, 2, &reach)) return 0;
    return std::log(std::max(1.0, At(reach.after).moments.area) /
                    std::max(1.0, At(reach.before).moments.area));
  }
  // Lengths a second by which the nearest comes nearer.
  double Approach(int f) const {
    Reach reach;
    if (!Ends(f, 2, &reach) || At(reach.after).alone || At(reach.before).alone) return 0;
    const auto distance = [&](int at) { return Length(At(at).nearest - Center(At(at))); };
    return (distance(reach.before) - distance(reach.after)) / scale_px_ /
           (reach.after - reach.before) * fps_;
  }

  const std::vector<SubjectFrame>& frames_;
  double fps_, scale_px_;
  bool causal_;
};

}  // namespace

std::vector<float> MotionFeatures(const std::vector<SubjectFrame>& frames, double fps,
                                  double scale_px, bool causal) {
  std::vector<float> features(frames.size() * kFeatures, 0.0f);
  const Meter meter(frames, fps, scale_px, causal);
  for (size_t f = 0; f < frames.size(); ++f) {
    if (frames[f].seen) meter.Fill(static_cast<int>(f), features.data() + f * kFeatures);
  }
  return features;
}

}  // namespace infer
