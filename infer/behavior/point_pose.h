// The pose of an animal as complex numbers, x + iy in image pixels: its usual pose, and the frame
// that is fitted to it.
#pragma once

#include <complex>
#include <optional>
#include <utility>
#include <vector>

namespace infer {

struct PosePoint {
  std::complex<double> at;
  double sure = 0;  // 0..1; 0: there is none
};
using Pose = std::vector<PosePoint>;

// z = (p - center) / turn / size is how p stands in the frame of the animal, beside the usual pose.
struct PoseFrame {
  std::complex<double> center;
  std::complex<double> turn{1, 0};  // of length 1
  double size = 0;                  // pixels, of this very frame
};

struct UsualPose {
  std::vector<std::complex<double>> at;  // mean 0, root mean square 1, looking along x
  std::vector<double> rigidity;          // mean 1
};

// Least squares, points weighted by rigidity and how sure they are; nothing where fewer than two
// points say anything.
std::optional<PoseFrame> FitFrame(const Pose& pose, const UsualPose& usual);

// The mean of poses laid over each other (generalized Procrustes analysis, Gower 1975). Left and
// right, as `partners` pair them ([K], itself where it has none), are as rigid as each other and
// across; x leads to where the first of the points that are away from the middle stands. The pose
// is its own mirror image over x; not so where nothing is paired and the points lie in no line:
// then nobody can say what its mirror image is. Empty where no pose has two points.
UsualPose UsualOf(const std::vector<Pose>& poses, const std::vector<int>& partners);

}  // namespace infer
