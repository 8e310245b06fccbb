#include "infer/run/models.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "datasets/models/decide_model.h"
#include "datasets/recorded_job.h"

namespace infer {
namespace {

std::string Percent(double share) {
  char text[16];
  snprintf(text, sizeof text, "%.0f %%", 100 * share);
  return text;
}

// Of a mean of `count` values between 0 and 1; never 0, however few agree.
double Variance(const HeldBack& held) {
  const double mean = (held.score * held.count + 1) / (held.count + 2);
  return mean * (1 - mean) / (held.count + 2);
}

bool IsBetterByMoreThanChance(const HeldBack& one, const HeldBack& other) {
  return one.score - other.score > std::sqrt(Variance(one) + Variance(other));
}

}  // namespace

std::optional<HeldBack> HeldBackOf(const datasets::ModelRow& model) {
  const auto figures = nlohmann::json::parse(model.metrics_json, nullptr, false);
  const auto number = [&](const char* name) -> std::optional<double> {
    if (!figures.is_object()) return std::nullopt;
    const auto found = figures.find(name);
    if (found == figures.end() || !found->is_number()) return std::nullopt;
    const double value = found->get<double>();
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
  };
  HeldBack held;
  if (const auto overlap = number("mean_iou")) {
    held.score = *overlap;
    held.count = number("animals").value_or(number("frames").value_or(0));
    held.words = "outlines overlap " + Percent(*overlap);
    auto names = number("crop_accuracy");
    if (!names) names = number("pixel_identity_accuracy");
    if (names) {
      held.score *= *names;
      held.words += ", " + Percent(*names) + " of names right";
    }
  } else if (const auto f1 = number("macro_f1")) {
    held.score = *f1;
    held.count = number("frames").value_or(0);
    held.words = "mean F1 of the behaviors " + Percent(*f1);
  } else if (const auto near = number("near")) {
    held.score = *near;
    held.count = number("points").value_or(0);
    held.words = Percent(*near) + " of key points in their place";
  } else {
    return std::nullopt;
  }
  if (held.count < 1) return std::nullopt;
  held.score = std::clamp(held.score, 0.0, 1.0);
  return held;
}

bool IsUndecided(const datasets::ModelRow& model, const std::vector<datasets::JobRow>& jobs) {
  if (!model.job_id) return false;
  const std::string cancelled = datasets::JobStateName(datasets::JobState::kCancelled);
  const bool stopped = std::any_of(jobs.begin(), jobs.end(), [&](const datasets::JobRow& job) {
    return job.id == *model.job_id && job.state == cancelled;
  });
  return stopped && !datasets::IsKept(model);
}

DefaultModel ChooseModel(const std::vector<datasets::ModelRow>& models,
                         const std::vector<datasets::JobRow>& jobs, train::Task task) {
  struct Candidate {
    const datasets::ModelRow* model;
    std::optional<HeldBack> held;
  };
  std::vector<Candidate> candidates;
  const datasets::ModelRow* undecided = nullptr;
  for (const datasets::ModelRow& model : models) {
    if (!train::IsFor(task, model.architecture)) continue;
    if (IsUndecided(model, jobs)) {
      undecided = &model;
    } else {
      candidates.push_back({&model, HeldBackOf(model)});
    }
  }
  if (candidates.empty()) {
    return {nullptr, undecided ? "the training of " + undecided->name +
                                     " was cancelled, and nobody has said that it is good enough"
                               : ""};
  }
  const Candidate* best = nullptr;
  for (const Candidate& one : candidates) {
    if (one.held && (!best || one.held->score >= best->held->score)) best = &one;
  }
  if (!best) {
    return {candidates.back().model,
            candidates.size() > 1 ? "the newest; none has held-back labels" : "the only one"};
  }
  const Candidate* newest = best;
  for (const Candidate& one : candidates) {
    if (one.held && !IsBetterByMoreThanChance(*best->held, *one.held)) newest = &one;
  }
  std::string why = candidates.size() == 1 ? "the only one"
                    : newest == best       ? "the best on held-back labels"
                                           : "the newest that no other beats by more than chance";
  return {newest->model, why + " (" + newest->held->words + ")"};
}

}  // namespace infer
