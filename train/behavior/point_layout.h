// Which numbers a behavior network takes from key points: what they are called, how they are
// normalized, and what they become in a mirror. No torch type here.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace train {

// Of K points: each point's place in the frame of the animal (x ahead, y to its right, in sizes of
// the animal), how sure it is, how fast it moves within that frame and how near another animal's
// points are; of each pair of mirror images their distance and how far out the outer one stands; of
// each joint its angle; how the animal as a whole moves; and where the nearest other animal is and
// looks.
struct PointLayout {
  std::vector<std::string> names;          // [K]; empty: the network takes no points
  std::vector<std::pair<int, int>> pairs;  // left and right
  std::vector<std::array<int, 3>> joints;  // the angle at the middle one
  // The animal's usual pose [K]: mean 0, root mean square 1 (a size), looking along x; and how
  // little each point leaves it (mean 1): what the frame of the animal is fitted to.
  std::vector<std::pair<double, double>> pose;
  std::vector<double> rigidity;
  std::vector<double> mean, deviation;  // [count()], over what was learned from

  static constexpr int kOwnMotion = 6, kOther = 4;
  int points() const { return static_cast<int>(names.size()); }
  int count() const;
  // Where each kind begins.
  int x() const { return 0; }
  int y() const { return points(); }
  int sureness() const { return 2 * points(); }
  int speed() const { return 3 * points(); }
  int nearness() const { return 4 * points(); }
  int pair_distance() const { return 5 * points(); }
  int pair_outermost() const { return pair_distance() + static_cast<int>(pairs.size()); }
  int angle() const { return pair_outermost() + static_cast<int>(pairs.size()); }
  // Speed over one, three and eight frames to each side, and ahead, sideways, turning.
  int own_motion() const { return angle() + static_cast<int>(joints.size()); }
  int other() const { return own_motion() + kOwnMotion; }  // x, y, cosine and sine of its look
};

// By point: its mirror image, itself where it has none.
std::vector<int> PartnersOf(const PointLayout& layout);

// In a mirror feature i is `sign[i]` times feature `from[i]` of the animal as it is.
struct PointMirror {
  std::vector<int> from;
  std::vector<float> sign;
};
PointMirror MirrorOf(const PointLayout& layout);
// Whether the usual pose is its own mirror image: that of an animal has the mirror of its numbers
// only then.
bool HasMirror(const PointLayout& layout);

// A frame's numbers: [2 * count()], first values, then weights in 0..1 (0: missing).
// Normalized, and times its weight: what is missing is 0, the usual. `sureness` stays as it is.
void NormalizePoints(const PointLayout& layout, const float* raw, float* out);
// Fills in mean and deviation, alike for what a mirror exchanges. `frames`: their raw numbers.
void MeasurePoints(const std::vector<const float*>& frames, PointLayout& layout);

nlohmann::json ToJson(const PointLayout& layout);
// Throws std::exception for what cannot be a layout.
PointLayout PointLayoutFrom(const nlohmann::json& json);

}  // namespace train
