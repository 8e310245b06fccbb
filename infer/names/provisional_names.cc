#include "infer/names/provisional_names.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/assignment.h"

namespace infer {

ProvisionalNames::ProvisionalNames(const train::ModelInfo& info) : classes_(info.classes.size()) {
  for (size_t k = 0; k < classes_; ++k) {
    const int instances = k < info.max_instances.size() ? std::max(1, info.max_instances[k]) : 1;
    class_of_slot_.insert(class_of_slot_.end(), static_cast<size_t>(instances), k);
  }
}

std::vector<size_t> ProvisionalNames::Of(const std::vector<Blob>& blobs) {
  std::vector<std::vector<double>> value;
  for (const Blob& blob : blobs) {
    const size_t t = static_cast<size_t>(std::max(0, blob.tracklet));
    if (sums_.size() <= t) sums_.resize(t + 1);
    sums_[t].resize(classes_, 0);
    const auto& opinion = blob.crop_log_prob.empty() ? blob.pixel_log_prob : blob.crop_log_prob;
    for (size_t k = 0; k < classes_ && opinion.size() == classes_; ++k) {
      const float said = std::isfinite(opinion[k]) ? std::max(opinion[k], -3.f) : -3.f;
      sums_[t][k] = 0.98f * sums_[t][k] + 0.1f * said;
    }
    const float highest = classes_ ? *std::max_element(sums_[t].begin(), sums_[t].end()) : 0.f;
    std::vector<double> row;
    for (size_t k : class_of_slot_) row.push_back(1000.0 + sums_[t][k] - highest);
    value.push_back(std::move(row));
  }
  const std::vector<int> slots = datasets::BestAssignment(value);
  std::vector<size_t> names;
  for (size_t b = 0; b < blobs.size(); ++b) {
    if (slots[b] >= 0) {
      names.push_back(class_of_slot_[static_cast<size_t>(slots[b])]);
    } else {
      const auto& sum = sums_[static_cast<size_t>(std::max(0, blobs[b].tracklet))];
      names.push_back(static_cast<size_t>(std::max_element(sum.begin(), sum.end()) - sum.begin()));
    }
  }
  return names;
}

}  // namespace infer
