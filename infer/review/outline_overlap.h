// From how well an outline follows the picture to how well it would overlap a label.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "infer/review/review_data.h"

namespace infer {

struct OverlapExample {  // a predicted outline in a labeled frame
  ReviewAnimal animal;   // its agreement is known
  double overlap = 0;    // IoU with the label, 0..1
  double weight = 1;
};

// For each class the IoU with a label as a linear function of the agreement with the picture, of
// touching another animal (what the picture shows then belongs to two) and of the area. Bayesian
// linear regression (Bishop 2006, section 3.3) around what holds before anything was checked: the
// line through an IoU of half at half agreement and of 1 at `picture_overlap`.
class OverlapModel {
 public:
  OverlapModel(const std::vector<OverlapExample>& examples, size_t classes, double picture_overlap);
  double Expected(const ReviewAnimal& animal) const;  // IoU with a label
  double Deviation(int class_index) const { return Of(class_index).deviation; }
  // 0 where an IoU of half lies 3 deviations below the expected, 1 where as far above it; times 10,
  // it is nearly a log odds.
  float SignOf(const ReviewAnimal& animal) const;

 private:
  struct Plane {
    cv::Vec4d weights{0, 0, 0, 0};
    double deviation = 0.2;  // of an IoU around it
  };
  const Plane& Of(int class_index) const { return planes_[static_cast<size_t>(class_index)]; }
  std::vector<Plane> planes_;
};

// Sets Sign::kOffPicture of every animal whose agreement is known.
void JudgeByOverlap(const OverlapModel& model, ReviewData& data);

}  // namespace infer
