#include "infer/track/follow.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace infer {

double BodyLength(double area) { return std::sqrt(std::max(area, 1.0)); }

double Fit::value() const { return near ? iou + 0.3 * std::exp(-distance) : 0; }

Fit FitOf(const Follow& from, const Blob& to) {
  Fit fit;
  const double body = BodyLength(from.usual_area);
  const double from_expected = cv::norm(from.last.centroid + from.velocity - to.centroid);
  const double from_last = cv::norm(from.last.centroid - to.centroid);
  fit.distance = std::min(from_expected, from_last) / body;
  const cv::Point shift(cvRound(from.velocity.x), cvRound(from.velocity.y));
  for (const cv::Point& by : {shift, cv::Point()}) {
    const double common = Intersection(from.last, by, to);
    if (common <= 0) continue;
    fit.iou = std::max(fit.iou, common / (from.last.area + to.area - common));
    fit.inside = std::max(fit.inside, common / from.last.area);
    fit.near = fit.near || common > 0.1 * std::min(from.last.area, to.area);
  }
  fit.near = fit.near || fit.distance < 0.7;
  return fit;
}

void AddOpinion(Follow& follow, const Blob& blob) {
  const std::vector<float>& log_prob =
      blob.crop_log_prob.empty() ? blob.pixel_log_prob : blob.crop_log_prob;
  if (log_prob.empty()) return;
  follow.opinion.resize(log_prob.size(), 0);
  for (size_t k = 0; k < log_prob.size(); ++k) {
    const double value = std::isfinite(log_prob[k]) ? std::max<double>(log_prob[k], -3.0) : -3.0;
    follow.opinion[k] = 0.98 * follow.opinion[k] + 0.1 * value;
  }
}

std::vector<double> ClassWeights(const Follow& follow) {
  if (follow.opinion.empty()) return {};
  const double highest = *std::max_element(follow.opinion.begin(), follow.opinion.end());
  std::vector<double> weights;
  for (double value : follow.opinion) weights.push_back(std::exp(std::max(value - highest, -6.0)));
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace infer
