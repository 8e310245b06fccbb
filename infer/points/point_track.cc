#include "infer/points/point_track.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "datasets/base/as_index.h"
#include "datasets/base/median.h"

namespace infer {
namespace {

constexpr double kToDeviation = 1.4826;  // from the median absolute deviation, of a normal one
constexpr double kJumpDeviations = 8, kBoneDeviations = 6;
constexpr double kJumpShare = 0.3;      // of the animal's reach, that a jump must exceed
constexpr double kBoneRatio = 1.6;      // of a bone to its usual length, that is odd
constexpr double kExchangeCost = 0.05;  // of a pair that stays exchanged, a frame, in usual steps
constexpr double kDoubtfulGain = 4, kClearGain = 12;  // usual steps that an exchange saves
constexpr double kMostSteps = 12;                     // that one step of a point may count as
constexpr double kFloor = 0.02;  // of the reach: a point that stands still is not exact either

const TrackedPoint& PointOf(const PointTrack& track, size_t t, int place) {
  return track.points[t][datasets::AsIndex(place)];
}

// Frames that follow each other closely enough that their points can be compared.
bool AreNeighbors(const PointTrack& track, size_t one, size_t next) {
  constexpr int kLargestGap = 2;
  return track.frames[next] - track.frames[one] <= kLargestGap;
}

double DeviationOf(const std::vector<double>& values) {
  const double middle = datasets::Median(values);
  std::vector<double> apart;
  apart.reserve(values.size());
  for (double value : values) apart.push_back(std::abs(value - middle));
  return kToDeviation * datasets::Median(apart);
}

// Runs of frames whose strength is at least 1, at most `between` frames between two of them
// included.
void AddRuns(const PointTrack& track, const std::vector<double>& strengths, size_t between,
             PointFault fault, std::vector<PointFault>& faults) {
  bool open = false;
  size_t last = 0;
  for (size_t t = 0; t < strengths.size(); ++t) {
    if (!(strengths[t] >= 1)) continue;
    const bool joins = open && t - last <= between + 1 &&
                       track.frames[t] - track.frames[last] <= 2 * static_cast<int>(between + 1);
    if (!joins) {
      if (open) faults.push_back(fault);
      fault.begin = t;
      fault.strength = 0;
      open = true;
    }
    fault.end = t + 1;
    fault.strength = std::max(fault.strength, strengths[t]);
    last = t;
  }
  if (open) faults.push_back(fault);
}

// Around each frame as many frames before as after: the running median then lies where an even
// motion leads, however fast.
void FindJumps(const PointTrack& track, int place, double reach, double fps,
               std::vector<PointFault>& faults) {
  const size_t half = static_cast<size_t>(std::max(2.0, std::round(fps / 10)));
  const size_t frames = track.frames.size();
  std::vector<double> apart(frames, -1), known;
  std::vector<double> x, y;
  const auto is_known = [&](size_t t) { return PointOf(track, t, place).found; };
  for (size_t t = 0; t < frames; ++t) {
    if (!is_known(t)) continue;
    const cv::Point2d at = PointOf(track, t, place).at;
    x = {at.x};
    y = {at.y};
    for (size_t k = 1; k <= std::min({half, t, frames - 1 - t}); ++k) {
      if (!is_known(t - k) || !is_known(t + k) ||
          track.frames[t + k] - track.frames[t - k] > 4 * static_cast<int>(half)) {
        continue;
      }
      for (const size_t u : {t - k, t + k}) {
        x.push_back(PointOf(track, u, place).at.x);
        y.push_back(PointOf(track, u, place).at.y);
      }
    }
    if (x.size() < 2 * half + 1) continue;  // too few to know where it should be
    apart[t] = cv::norm(at - cv::Point2d(datasets::Median(x), datasets::Median(y)));
    known.push_back(apart[t]);
  }
  if (known.empty()) return;
  const double bound =
      std::max(kJumpShare * reach, datasets::Median(known) + kJumpDeviations * DeviationOf(known));
  for (double& value : apart) value /= bound;
  AddRuns(track, apart, 1, {PointFaultKind::kJump, place, -1, 0, 0, 1, false}, faults);
}

void FindOddBones(const PointTrack& track, std::pair<int, int> edge,
                  std::vector<PointFault>& faults) {
  std::vector<double> logs(track.frames.size(), 0), known;
  std::vector<bool> is_known(logs.size(), false);
  for (size_t t = 0; t < logs.size(); ++t) {
    const TrackedPoint &a = PointOf(track, t, edge.first), &b = PointOf(track, t, edge.second);
    if (!a.found || !b.found) continue;
    logs[t] = std::log(std::max(0.5, cv::norm(a.at - b.at)));  // half a pixel: no logarithm of 0
    is_known[t] = true;
    known.push_back(logs[t]);
  }
  constexpr size_t kEnough = 10;  // frames, to know what is usual
  if (known.size() < kEnough) return;
  const double usual = datasets::Median(known);
  const double bound = std::max(std::log(kBoneRatio), kBoneDeviations * DeviationOf(known));
  for (size_t t = 0; t < logs.size(); ++t) {
    logs[t] = is_known[t] ? std::abs(logs[t] - usual) / bound : -1;
  }
  AddRuns(track, logs, 5, {PointFaultKind::kBone, edge.first, edge.second, 0, 0, 1, false}, faults);
}

// By frame: how the animal as a whole moved from the frame before, the median of its points.
std::vector<cv::Point2d> Moves(const PointTrack& track) {
  std::vector<cv::Point2d> moves(track.frames.size());
  for (size_t t = 1; t < moves.size(); ++t) {
    std::vector<double> x, y;
    for (size_t place = 0; place < track.points[t].size(); ++place) {
      const TrackedPoint &before = track.points[t - 1][place], &now = track.points[t][place];
      if (!before.found || !now.found) continue;
      x.push_back(now.at.x - before.at.x);
      y.push_back(now.at.y - before.at.y);
    }
    moves[t] = {datasets::Median(x), datasets::Median(y)};
  }
  return moves;
}

// Two points that mirror each other.
class Sides {
 public:
  Sides(const PointTrack& track, const std::vector<cv::Point2d>& moves, int left, int right,
        double reach)
      : track_(track), moves_(moves), left_(left), right_(right) {
    std::vector<double> steps;
    for (size_t t = 1; t < track.frames.size(); ++t) {
      if (!Linked(t)) continue;
      steps.push_back(0.5 * std::min(Motion(t, false), Motion(t, true)));
    }
    step_ = std::max(kFloor * reach, datasets::Median(steps));
  }

  void Find(std::vector<PointFault>& faults) const {
    for (size_t begin = 0; begin < track_.frames.size();) {
      size_t end = begin + 1;
      while (end < track_.frames.size() && Linked(end)) ++end;
      if (end - begin > 2) FindIn(begin, end, faults);
      begin = end;
    }
  }

 private:
  bool Linked(size_t t) const {  // to the frame before
    for (const size_t u : {t - 1, t}) {
      if (!PointOf(track_, u, left_).found || !PointOf(track_, u, right_).found) return false;
    }
    return AreNeighbors(track_, t - 1, t);
  }

  // How far the two move on their own from the frame before, if they changed places or not.
  double Motion(size_t t, bool change) const {
    const cv::Point2d left = PointOf(track_, t - 1, left_).at + moves_[t];
    const cv::Point2d right = PointOf(track_, t - 1, right_).at + moves_[t];
    const cv::Point2d now_left = PointOf(track_, t, change ? right_ : left_).at;
    const cv::Point2d now_right = PointOf(track_, t, change ? left_ : right_).at;
    return cv::norm(now_left - left) + cv::norm(now_right - right);
  }
  double Steps(size_t t, bool change) const {
    return std::min(2 * kMostSteps, Motion(t, change) / step_);
  }

  void FindIn(size_t begin, size_t end, std::vector<PointFault>& faults) const {
    const size_t frames = end - begin;
    std::vector<std::array<int, 2>> from(frames);
    std::array<double, 2> costs = {0, kExchangeCost};
    for (size_t i = 1; i < frames; ++i) {
      const double stay = Steps(begin + i, false), change = Steps(begin + i, true);
      std::array<double, 2> next{};
      for (const size_t state : {size_t{0}, size_t{1}}) {
        const double same = costs[state] + stay, other = costs[1 - state] + change;
        from[i][state] = static_cast<int>(same <= other ? state : 1 - state);
        next[state] = std::min(same, other) + (state == 1 ? kExchangeCost : 0);
      }
      costs = next;
    }
    std::vector<bool> exchanged(frames);
    size_t state = costs[0] <= costs[1] ? 0 : 1;
    for (size_t i = frames; i-- > 0;) {
      exchanged[i] = state == 1;
      if (i > 0) state = static_cast<size_t>(from[i][state]);
    }
    for (size_t i = 0; i < frames;) {
      if (!exchanged[i]) {
        ++i;
        continue;
      }
      size_t last = i;
      while (last + 1 < frames && exchanged[last + 1]) ++last;
      // What each border saves; one that is not seen says nothing.
      const double in = i > 0 ? Gain(begin + i) : 0;
      const double out = last + 1 < frames ? Gain(begin + last + 1) : 0;
      if (std::max(in, out) >= kDoubtfulGain) {
        PointFault fault{PointFaultKind::kSides, left_, right_, begin + i,
                         begin + last + 1,       1,     false};
        fault.strength = std::max(in, out) / kDoubtfulGain;
        fault.mended = std::min(in, out) >= kClearGain;  // for MendPoints, which bounds the length
        faults.push_back(fault);
      }
      i = last + 1;
    }
  }

  double Gain(size_t t) const { return Steps(t, false) - Steps(t, true); }

  const PointTrack& track_;
  const std::vector<cv::Point2d>& moves_;
  const int left_, right_;
  double step_ = 1;  // pixels, of one point
};

}  // namespace

double ReachOf(const PointTrack& track) {
  std::vector<double> lengths;
  for (const auto& points : track.points) {
    double longest = 0;
    for (size_t a = 0; a < points.size(); ++a) {
      for (size_t b = a + 1; b < points.size(); ++b) {
        if (points[a].found && points[b].found) {
          longest = std::max(longest, cv::norm(points[a].at - points[b].at));
        }
      }
    }
    if (longest > 0) lengths.push_back(longest);
  }
  return lengths.empty() ? 0 : datasets::Median(lengths) / 2;
}

std::vector<PointFault> FindPointFaults(const PointTrack& track, const datasets::Skeleton& skeleton,
                                        double fps) {
  std::vector<PointFault> faults;
  const double reach = ReachOf(track);
  if (!(reach > 0)) return faults;
  const int places = static_cast<int>(skeleton.points.size());
  // A pair that changes places jumps too: the exchange is what is said of it.
  std::vector<PointFault> exchanges;
  const std::vector<cv::Point2d> moves = Moves(track);
  for (int place = 0; place < places; ++place) {
    const int partner = skeleton.points[datasets::AsIndex(place)].partner;
    if (partner > place) Sides(track, moves, place, partner, reach).Find(exchanges);
  }
  const auto is_told = [](const std::vector<PointFault>& told, const PointFault& fault) {
    return std::any_of(told.begin(), told.end(), [&](const PointFault& one) {
      const auto names = [&](int place) {
        return place >= 0 && (place == one.place || place == one.other);
      };
      const size_t from = std::max(one.begin, fault.begin), to = std::min(one.end, fault.end);
      return from < to && 2 * (to - from) >= fault.end - fault.begin &&  // most of it
             (names(fault.place) || names(fault.other));
    });
  };
  std::vector<PointFault> jumps, bones;
  for (int place = 0; place < places; ++place) {
    FindJumps(track, place, reach, fps, jumps);
  }
  for (const PointFault& jump : jumps) {
    if (!is_told(exchanges, jump)) faults.push_back(jump);
  }
  for (const auto& edge : skeleton.edges) FindOddBones(track, edge, bones);
  const std::vector<PointFault> told = faults;
  for (const PointFault& bone : bones) {
    if (!is_told(exchanges, bone) && !is_told(told, bone)) faults.push_back(bone);
  }
  faults.insert(faults.end(), exchanges.begin(), exchanges.end());
  return faults;
}

void MendPoints(const datasets::Skeleton& skeleton, double fps, PointTrack& track,
                std::vector<PointFault>& faults) {
  for (PointFault& fault : faults) {
    const auto lower = [&](size_t t, int place, double factor) {
      if (place >= 0) track.points[t][datasets::AsIndex(place)].confidence *= factor;
    };
    const bool has_pair = fault.kind == PointFaultKind::kSides &&
                          skeleton.points[datasets::AsIndex(fault.place)].partner == fault.other;
    const int span = track.frames[fault.end - 1] - track.frames[fault.begin] + 1;
    fault.mended = fault.mended && has_pair && span <= std::max(1.0, fps);
    for (size_t t = fault.begin; t < fault.end; ++t) {
      if (fault.mended)
        std::swap(track.points[t][datasets::AsIndex(fault.place)],
                  track.points[t][datasets::AsIndex(fault.other)]);
      const double factor = fault.mended ? 0.8
                            : fault.kind == PointFaultKind::kSides
                                ? 0.5
                                : 0.5 / std::max(1.0, fault.strength);
      lower(t, fault.place, factor);
      lower(t, fault.other, factor);
    }
  }
}

std::string Describe(const PointFault& fault, const datasets::Skeleton& skeleton) {
  const std::string one = skeleton.points[datasets::AsIndex(fault.place)].name;
  const std::string other =
      fault.other >= 0 ? skeleton.points[datasets::AsIndex(fault.other)].name : "";
  switch (fault.kind) {
    case PointFaultKind::kJump:
      return one + " jumps away from where the frames before and after have it";
    case PointFaultKind::kBone:
      return one + " and " + other + " are not as far apart as they usually are";
    case PointFaultKind::kSides:
      break;
  }
  return fault.mended ? one + " and " + other + " had changed places for a moment: put back"
                      : one + " and " + other + " seem to have changed places";
}

}  // namespace infer
