// The key points of one animal over time: what the frames before and after say about them.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/keypoints/skeleton.h"

namespace infer {

struct TrackedPoint {
  cv::Point2d at;  // image pixels
  double confidence = 0;
  bool found = false;
  bool visible = true;
};

struct PointTrack {  // frames in which the animal was found, ascending
  std::vector<int> frames;
  std::vector<std::vector<TrackedPoint>> points;  // [frames][place in the skeleton]
};

enum class PointFaultKind { kJump, kBone, kSides };

struct PointFault {
  PointFaultKind kind = PointFaultKind::kJump;
  int place = 0, other = -1;  // points of the skeleton: the one, or the two of a bone or a pair
  size_t begin = 0, end = 0;  // of PointTrack::frames, [begin, end)
  double strength = 1;        // 1: just out of what is usual for this animal; more is worse
  bool mended = false;
};

// Half the animal's length: over the frames, the median of the largest distance of two of its
// points, halved. 0 when there are never two.
double ReachOf(const PointTrack& track);

// By kind, then by time:
//  - jump: a point leaves where the neighboring frames have it (a running median of its place) and
//    comes back within `fps` / 10 frames;
//  - bone: the distance of two points that an edge joins is far from this animal's usual;
//  - sides: two points that mirror each other change places: the cheapest way through time on which
//    each pair is either as found or exchanged (Viterbi 1967), steps in units of the usual step.
// Unusual means many median absolute deviations of the whole track, and a visible share of the
// animal's length. Edges and pairs that the skeleton lacks have no faults.
std::vector<PointFault> FindPointFaults(const PointTrack& track, const datasets::Skeleton& skeleton,
                                        double fps);

// Exchanges the pairs of those faults of sides whose way in and way out are both clear and at most
// a second apart, which it marks as mended; lowers the confidence of the points that faults name.
void MendPoints(const datasets::Skeleton& skeleton, double fps, PointTrack& track,
                std::vector<PointFault>& faults);

// "left_ear jumps", "nose and neck are 2.1 times as far apart as usual", ...
std::string Describe(const PointFault& fault, const datasets::Skeleton& skeleton);

}  // namespace infer
