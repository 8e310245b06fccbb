#include "infer/behavior/point_pose.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/median.h"

namespace infer {
namespace {

using Complex = std::complex<double>;

constexpr int kRounds = 10;
constexpr double kLeastSure = 0.05;
constexpr double kInLine = 0.25;     // root mean square beside x, of a pose that is a line; sizes
constexpr double kSoftening = 0.01;  // variance of the distances of the most rigid that can be

int Known(const Pose& pose) {
  return static_cast<int>(std::count_if(
      pose.begin(), pose.end(), [](const PosePoint& point) { return point.sure > kLeastSure; }));
}

// Mean 0, root mean square 1.
void Normalize(std::vector<Complex>& at) {
  Complex mean = 0;
  for (const Complex& z : at) mean += z / static_cast<double>(at.size());
  double squares = 0;
  for (Complex& z : at) {
    z -= mean;
    squares += std::norm(z) / static_cast<double>(at.size());
  }
  for (Complex& z : at) z /= std::sqrt(std::max(1e-12, squares));
}

// Looking along x: left and right are across; without pairs x is the longest axis.
void Turn(std::vector<Complex>& at, const std::vector<int>& partners) {
  Complex across = 0, axis = 0;
  for (size_t k = 0; k < at.size(); ++k) {
    const auto other = static_cast<size_t>(partners[k]);
    // Squares, so that left to right and right to left add up.
    if (other > k) across += (at[k] - at[other]) * (at[k] - at[other]);
    axis += at[k] * at[k];
  }
  const Complex along = std::abs(across) > 1e-9 ? -across : axis;
  const Complex turn = std::polar(1.0, -std::arg(along) / 2);
  for (Complex& z : at) z *= turn;
  const auto away =
      std::find_if(at.begin(), at.end(), [](const Complex& z) { return std::abs(z.real()) > 0.3; });
  if (away != at.end() && away->real() < 0) {
    for (Complex& z : at) z = -z;
  }
}

// Left and right alike, and what has no partner on x.
void MakeSymmetric(std::vector<Complex>& at, const std::vector<int>& partners) {
  double beside = 0;  // squares
  bool paired = false;
  for (size_t k = 0; k < at.size(); ++k) {
    beside += at[k].imag() * at[k].imag() / static_cast<double>(at.size());
    paired = paired || partners[k] != static_cast<int>(k);
  }
  if (!paired && beside > kInLine * kInLine) return;
  std::vector<Complex> symmetric;
  for (size_t k = 0; k < at.size(); ++k) {
    symmetric.push_back((at[k] + std::conj(at[static_cast<size_t>(partners[k])])) / 2.0);
  }
  at = std::move(symmetric);
  Normalize(at);
}

// How steady its distances to other points are: those to half of them at least. Does not depend on
// any frame that would have to be fitted first.
std::vector<double> RigidityOf(const std::vector<Pose>& poses, const std::vector<int>& partners) {
  const size_t points = partners.size();
  struct Moments {
    double weight = 0, sum = 0, squares = 0;
    void Add(double weight_of, double value) {
      weight += weight_of;
      sum += weight_of * value;
      squares += weight_of * value * value;
    }
    double Mean() const { return sum / weight; }
    double Variance() const { return std::max(0.0, squares / weight - Mean() * Mean()); }
  };
  std::vector<Moments> of_pairs(points * points);
  Moments all;
  for (const Pose& pose : poses) {
    for (size_t a = 0; a < points; ++a) {
      for (size_t b = 0; b < a; ++b) {
        const double sure = std::min(pose[a].sure, pose[b].sure);
        if (sure <= kLeastSure) continue;
        const double distance = std::abs(pose[a].at - pose[b].at);
        of_pairs[a * points + b].Add(sure, distance);
        of_pairs[b * points + a].Add(sure, distance);
        all.Add(sure, distance);
      }
    }
  }
  std::vector<double> rigidity(points, 0);
  const double unit = all.weight > 0 ? std::max(1e-9, all.Mean() * all.Mean()) : 1;
  for (size_t a = 0; a < points; ++a) {
    std::vector<double> variances;
    for (size_t b = 0; b < points; ++b) {
      const Moments& pair = of_pairs[a * points + b];
      if (pair.weight > 0) variances.push_back(pair.Variance() / unit);
    }
    if (!variances.empty()) rigidity[a] = 1 / (datasets::Median(variances) + kSoftening);
  }
  std::vector<double> both = rigidity;  // left and right alike
  double total = 0;
  for (size_t k = 0; k < points; ++k) {
    both[k] = (rigidity[k] + rigidity[static_cast<size_t>(partners[k])]) / 2;
    total += both[k];
  }
  for (double& value : both) value *= static_cast<double>(points) / std::max(1e-12, total);
  return both;
}

}  // namespace

std::optional<PoseFrame> FitFrame(const Pose& pose, const UsualPose& usual) {
  double weight = 0;
  Complex center = 0, middle = 0;
  int known = 0;
  for (size_t k = 0; k < pose.size(); ++k) {
    if (pose[k].sure <= kLeastSure) continue;
    const double w = pose[k].sure * usual.rigidity[k];
    ++known;
    weight += w;
    center += w * pose[k].at;
    middle += w * usual.at[k];
  }
  if (known < 2 || weight <= 0) return {};
  center /= weight;
  middle /= weight;
  Complex product = 0;
  double squares = 0;
  for (size_t k = 0; k < pose.size(); ++k) {
    if (pose[k].sure <= kLeastSure) continue;
    const double w = pose[k].sure * usual.rigidity[k];
    product += w * (pose[k].at - center) * std::conj(usual.at[k] - middle);
    squares += w * std::norm(usual.at[k] - middle);
  }
  if (squares <= 1e-12 || std::abs(product) <= 1e-12) return {};
  PoseFrame frame;
  frame.size = std::abs(product) / squares;
  frame.turn = product / std::abs(product);
  frame.center = center - frame.turn * frame.size * middle;
  return frame;
}

UsualPose UsualOf(const std::vector<Pose>& poses, const std::vector<int>& partners) {
  UsualPose usual;
  const size_t points = partners.size();
  const auto most = std::max_element(
      poses.begin(), poses.end(), [](const Pose& a, const Pose& b) { return Known(a) < Known(b); });
  if (most == poses.end() || Known(*most) < 2) return usual;
  Complex middle = 0;
  for (const PosePoint& point : *most) {
    if (point.sure > kLeastSure) middle += point.at / static_cast<double>(Known(*most));
  }
  for (const PosePoint& point : *most) {
    usual.at.push_back(point.sure > kLeastSure ? point.at : middle);
  }
  usual.rigidity = RigidityOf(poses, partners);
  Normalize(usual.at);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Complex> sum(points, 0);
    std::vector<double> weights(points, 0);
    for (const Pose& pose : poses) {
      const auto frame = FitFrame(pose, usual);
      if (!frame) continue;
      for (size_t k = 0; k < points; ++k) {
        if (pose[k].sure <= kLeastSure) continue;
        sum[k] += pose[k].sure * (pose[k].at - frame->center) / frame->turn / frame->size;
        weights[k] += pose[k].sure;
      }
    }
    for (size_t k = 0; k < points; ++k) {
      if (weights[k] > 0) usual.at[k] = sum[k] / weights[k];
    }
    Normalize(usual.at);
  }
  Turn(usual.at, partners);
  MakeSymmetric(usual.at, partners);
  return usual;
}

}  // namespace infer
