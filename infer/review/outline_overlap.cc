#include "infer/review/outline_overlap.h"

#include <algorithm>
#include <cmath>

namespace infer {
namespace {

constexpr double kReach = 3;                             // deviations
constexpr double kUsualAgreement = 0.7;                  // where the intercept is taken
const cv::Vec4d kPriorDeviations(0.15, 0.4, 0.1, 0.15);  // IoU; intercept, slopes
constexpr double kScatterExamples = 4;  // what is held before any counts as so many

cv::Vec4d TermsOf(const ReviewAnimal& animal) {
  const double touching = animal.signs[static_cast<size_t>(Sign::kTouching)];
  return {1, animal.agreement - kUsualAgreement, touching,
          std::log(std::clamp<double>(animal.area_ratio, 0.1, 10))};
}

}  // namespace

OverlapModel::OverlapModel(const std::vector<OverlapExample>& examples, size_t classes,
                           double picture_overlap) {
  // What follows the picture as well as a label does has an IoU of 1, what covers half covers half.
  const double slope = std::clamp(0.5 / std::max(0.1, picture_overlap - 0.5), 1.0, 1.5);
  const cv::Vec4d prior(0.5 + (kUsualAgreement - 0.5) * slope, slope, 0, 0);
  // Around the plane: the less, the better the picture model follows labels.
  const double usual_scatter = std::clamp(0.02 + 0.5 * (1 - picture_overlap), 0.03, 0.15);
  cv::Matx44d prior_precision = cv::Matx44d::zeros();
  for (int i = 0; i < 4; ++i)
    prior_precision(i, i) = 1 / (kPriorDeviations[i] * kPriorDeviations[i]);
  for (size_t k = 0; k < classes; ++k) {
    double weight = 0;
    cv::Matx44d squares = cv::Matx44d::zeros();
    cv::Vec4d products(0, 0, 0, 0);
    for (const OverlapExample& example : examples) {
      if (example.animal.class_index != static_cast<int>(k)) continue;
      const cv::Vec4d terms = TermsOf(example.animal);
      weight += example.weight;
      squares += example.weight * (terms * terms.t());
      products += example.weight * example.overlap * terms;
    }
    Plane plane;
    plane.weights = prior;
    double scatter = usual_scatter;
    for (int round = 0; round < 5; ++round) {
      const double noise = scatter * scatter;
      plane.weights =
          (squares * (1 / noise) + prior_precision)
              .solve(products * (1 / noise) + prior_precision * prior, cv::DECOMP_CHOLESKY);
      double off_squares = 0;
      for (const OverlapExample& example : examples) {
        if (example.animal.class_index != static_cast<int>(k)) continue;
        const double off = example.overlap - plane.weights.dot(TermsOf(example.animal));
        off_squares += example.weight * off * off;
      }
      scatter = std::sqrt((off_squares + kScatterExamples * usual_scatter * usual_scatter) /
                          (weight + kScatterExamples));
    }
    const double of_height = 1 / (weight / (scatter * scatter) + prior_precision(0, 0));
    plane.deviation = std::sqrt(scatter * scatter + of_height);
    planes_.push_back(plane);
  }
}

double OverlapModel::Expected(const ReviewAnimal& animal) const {
  return std::clamp(Of(animal.class_index).weights.dot(TermsOf(animal)), 0.0, 1.0);
}

float OverlapModel::SignOf(const ReviewAnimal& animal) const {
  const double below = (0.5 - Expected(animal)) / Deviation(animal.class_index);
  return static_cast<float>(std::clamp((below + kReach) / (2 * kReach), 0.0, 1.0));
}

void JudgeByOverlap(const OverlapModel& model, ReviewData& data) {
  for (ReviewAnimal& animal : data.animals) {
    if (animal.agreement < 0) continue;
    animal.signs[static_cast<size_t>(Sign::kOffPicture)] = model.SignOf(animal);
  }
}

}  // namespace infer
