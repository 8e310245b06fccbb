// How a subject moves, as numbers that cost nothing beside its masks: speed, shape, contact,
// distance. They join the temporal network (train/nets/behavior_nets.h).
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/behavior/mask_moments.h"
#include "train/behavior/description.h"

namespace infer {

// The columns.
enum MotionFeature : size_t {
  kSeen,
  kStepSpeed,  // over one frame to each side
  kSpeed,      // over three
  kLongSpeed,  // over eight
  kArea,
  kElongation,
  kLength,
  kTurn,
  kShapeChange,
  kTouching,
  kDistance,  // to the nearest other animal
  kAlone,     // there is none; the distances are zero then
  kApproach,
  kFacing,
  kToward,  // how much of its way leads to the other animal
  kAreaChange,
  kMotionFeatureCount
};
static_assert(kMotionFeatureCount == train::kMotionFeatures);

struct SubjectFrame {  // one frame of one subject
  bool seen = false;
  datasets::MaskMoments moments;
  double same_iou = 1;    // with its mask one frame before; 1 where that is not known
  bool touching = false;  // another animal
  bool alone = true;
  cv::Point2d nearest;  // centroid of the nearest other animal, where not alone
};

// [frames][train::kMotionFeatures]. Lengths are in `scale_px` (square root of the subject's median
// area), times in seconds, heavy-tailed quantities as asinh (speeds in tenths of a length, turns in
// fifths of a radian a second). `causal`: differences reach back only, else as far forward as back.
// Zeros where the subject is not seen.
std::vector<float> MotionFeatures(const std::vector<SubjectFrame>& frames, double fps,
                                  double scale_px, bool causal);

}  // namespace infer
