#include "train/behavior/point_layout.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

namespace train {
namespace {

using nlohmann::json;

constexpr size_t kMostPoints = 1000;
constexpr float kFarthest = 6;  // deviations

// The place of the joint that a mirror makes of it; its own where the skeleton lacks that one.
int MirroredJoint(const PointLayout& layout, size_t joint, const std::vector<int>& partners) {
  const auto partner = [&](int k) { return partners[static_cast<size_t>(k)]; };
  const std::array<int, 3>& own = layout.joints[joint];
  for (size_t j = 0; j < layout.joints.size(); ++j) {
    const std::array<int, 3>& other = layout.joints[j];
    const std::set<int> ends = {other[0], other[2]};
    if (other[1] == partner(own[1]) && ends == std::set<int>{partner(own[0]), partner(own[2])}) {
      return static_cast<int>(j);
    }
  }
  return static_cast<int>(joint);
}

void Require(bool good, const char* what) {
  if (!good) throw std::invalid_argument(std::string("'points' ") + what);
}

void RequireList(const std::vector<double>& values, int count) {
  Require(values.size() == static_cast<size_t>(count), "hold a list of another length");
  for (const double value : values) {
    Require(std::isfinite(value) && std::abs(value) < 1e6, "hold no usable number");
  }
}

}  // namespace

int PointLayout::count() const { return names.empty() ? 0 : other() + kOther; }

std::vector<int> PartnersOf(const PointLayout& layout) {
  std::vector<int> partners;
  for (int k = 0; k < layout.points(); ++k) partners.push_back(k);
  for (const auto& [left, right] : layout.pairs) {
    partners[static_cast<size_t>(left)] = right;
    partners[static_cast<size_t>(right)] = left;
  }
  return partners;
}

PointMirror MirrorOf(const PointLayout& layout) {
  PointMirror mirror;
  const auto count = static_cast<size_t>(layout.count());
  mirror.from.resize(count);
  mirror.sign.assign(count, 1);
  for (size_t i = 0; i < count; ++i) mirror.from[i] = static_cast<int>(i);
  if (count == 0) return mirror;
  const std::vector<int> partners = PartnersOf(layout);
  const auto turn = [&](int at) { mirror.sign[static_cast<size_t>(at)] = -1; };
  for (int k = 0; k < layout.points(); ++k) {
    for (const int kind :
         {layout.x(), layout.y(), layout.sureness(), layout.speed(), layout.nearness()}) {
      mirror.from[static_cast<size_t>(kind + k)] = kind + partners[static_cast<size_t>(k)];
    }
    turn(layout.y() + k);
  }
  for (size_t j = 0; j < layout.joints.size(); ++j) {
    mirror.from[static_cast<size_t>(layout.angle()) + j] =
        layout.angle() + MirroredJoint(layout, j, partners);
  }
  turn(layout.own_motion() + 4);  // sideways
  turn(layout.own_motion() + 5);  // turning
  turn(layout.other() + 1);       // on the other side
  turn(layout.other() + 3);       // looking the other way round
  return mirror;
}

bool HasMirror(const PointLayout& layout) {
  constexpr double kRounding = 1e-6;
  const std::vector<int> partners = PartnersOf(layout);
  for (size_t k = 0; k < layout.pose.size(); ++k) {
    const auto& [x, y] = layout.pose[k];
    const auto& [other_x, other_y] = layout.pose[static_cast<size_t>(partners[k])];
    if (std::abs(x - other_x) > kRounding || std::abs(y + other_y) > kRounding) return false;
  }
  return true;
}

void NormalizePoints(const PointLayout& layout, const float* raw, float* out) {
  const int count = layout.count(), sure = layout.sureness();
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    if (i >= sure && i < sure + layout.points()) {
      out[i] = raw[i];
      continue;
    }
    const auto value = static_cast<float>((raw[i] - layout.mean[at]) / layout.deviation[at]);
    out[i] = std::clamp(value, -kFarthest, kFarthest) * raw[count + i];
  }
}

void MeasurePoints(const std::vector<const float*>& frames, PointLayout& layout) {
  const auto count = static_cast<size_t>(layout.count());
  std::vector<double> weights(count, 0), sum(count, 0), squares(count, 0);
  for (const float* raw : frames) {
    for (size_t i = 0; i < count; ++i) {
      const double weight = raw[count + i];
      weights[i] += weight;
      sum[i] += weight * raw[i];
      squares[i] += weight * raw[i] * raw[i];
    }
  }
  layout.mean.assign(count, 0);
  layout.deviation.assign(count, 1);
  const PointMirror mirror = MirrorOf(layout);
  for (size_t i = 0; i < count; ++i) {
    const auto other = static_cast<size_t>(mirror.from[i]);
    const double weight = weights[i] + weights[other];
    if (weight <= 0) continue;
    const double mean = (sum[i] + mirror.sign[i] * sum[other]) / weight;
    const double square = (squares[i] + squares[other]) / weight;
    layout.mean[i] = mean;
    layout.deviation[i] = std::max(1e-3, std::sqrt(std::max(0.0, square - mean * mean)));
  }
}

json ToJson(const PointLayout& layout) {
  if (layout.names.empty()) return nullptr;
  return {{"names", layout.names},        {"pairs", layout.pairs},       {"joints", layout.joints},
          {"pose", layout.pose},          {"rigidity", layout.rigidity}, {"mean", layout.mean},
          {"deviation", layout.deviation}};
}

PointLayout PointLayoutFrom(const json& json) {
  PointLayout layout;
  if (json.is_null()) return layout;
  json.at("names").get_to(layout.names);
  json.at("pairs").get_to(layout.pairs);
  json.at("joints").get_to(layout.joints);
  json.at("pose").get_to(layout.pose);
  json.at("rigidity").get_to(layout.rigidity);
  json.at("mean").get_to(layout.mean);
  json.at("deviation").get_to(layout.deviation);
  Require(!layout.names.empty() && layout.names.size() <= kMostPoints, "have no or too many names");
  Require(layout.pairs.size() <= kMostPoints && layout.joints.size() <= 10 * kMostPoints,
          "hold too many pairs or joints");
  const auto is_place = [&](int k) { return k >= 0 && k < layout.points(); };
  for (const auto& [left, right] : layout.pairs) {
    Require(is_place(left) && is_place(right) && left != right, "pair what is not there");
  }
  for (const auto& joint : layout.joints) {
    for (const int k : joint) Require(is_place(k), "join what is not there");
  }
  Require(layout.pose.size() == layout.names.size(), "have no pose");
  std::vector<double> places;
  for (const auto& [x, y] : layout.pose) {
    places.push_back(x);
    places.push_back(y);
  }
  RequireList(places, 2 * layout.points());
  RequireList(layout.rigidity, layout.points());
  for (const double value : layout.rigidity) Require(value >= 0, "have a negative rigidity");
  RequireList(layout.mean, layout.count());
  RequireList(layout.deviation, layout.count());
  for (const double value : layout.deviation) Require(value > 0, "have no deviation");
  return layout;
}

}  // namespace train
