#include "app/model/session/training_watch.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace app {
namespace {

struct Figure {
  const char* key;
  const char* name;
};
// Those worth a curve, all between 0 and 1; a validation knows some of them.
constexpr Figure kFigures[] = {{"mean_iou", "overlap"},
                               {"crop_accuracy", "right names"},
                               {"accuracy", "frames right"},
                               {"macro_f1", "mean F1"}};

}  // namespace

void TrainingWatch::Curve::Add(float value) {
  sum_ += value;
  if (++pending_ < each_) return;
  points.push_back(static_cast<float>(sum_ / pending_));
  sum_ = 0;
  pending_ = 0;
  if (points.size() < kMostPoints) return;
  for (size_t i = 0; i < points.size() / 2; ++i) {
    points[i] = (points[2 * i] + points[2 * i + 1]) / 2;
  }
  points.resize(points.size() / 2);
  each_ *= 2;
}

bool TrainingWatch::Begin() {
  std::scoped_lock lock(mutex_);
  if (now_.running) return false;
  now_ = {};
  now_.running = true;
  ++version_;
  return true;
}

void TrainingWatch::Hear(const train::TrainProgress& progress) {
  std::scoped_lock lock(mutex_);
  ++version_;
  now_.step = progress.step;
  now_.steps = progress.steps;
  if (std::isfinite(progress.loss)) now_.loss.Add(static_cast<float>(progress.loss));
  if (!progress.judged.is_object()) return;
  now_.figures = "step " + std::to_string(progress.step) + ": " + FiguresInWords(progress.judged);
  for (const Figure& figure : kFigures) {
    const auto found = progress.judged.find(figure.key);
    if (found == progress.judged.end() || !found->is_number()) continue;
    const auto curve = std::find_if(now_.judged.begin(), now_.judged.end(),
                                    [&](const Curve& c) { return c.name == figure.name; });
    Curve& target = curve == now_.judged.end() ? now_.judged.emplace_back() : *curve;
    target.name = figure.name;
    target.Add(found->get<float>());
  }
}

void TrainingWatch::Show(const infer::ShownSample& sample) {
  auto kept = std::make_shared<const infer::ShownSample>(sample);
  std::scoped_lock lock(mutex_);
  ++version_;
  now_.samples.insert(now_.samples.begin(), std::move(kept));
  if (now_.samples.size() > kSamplesKept) now_.samples.pop_back();
}

void TrainingWatch::End(const std::string& outcome) {
  std::scoped_lock lock(mutex_);
  ++version_;
  now_.running = false;
  now_.outcome = outcome;
}

std::shared_ptr<const TrainingWatch::View> TrainingWatch::Look(int64_t& seen) const {
  std::scoped_lock lock(mutex_);
  if (seen == version_) return nullptr;
  seen = version_;
  return std::make_shared<const View>(now_);
}

bool TrainingWatch::running() const {
  std::scoped_lock lock(mutex_);
  return now_.running;
}

std::string FiguresInWords(const nlohmann::json& figures) {
  std::string text;
  if (!figures.is_object()) return text;
  for (const auto& [name, value] : figures.items()) {
    if (!value.is_number()) continue;
    char part[96];
    snprintf(part, sizeof part, "%s%s %.3g", text.empty() ? "" : ", ", name.c_str(),
             value.get<double>());
    text += part;
  }
  return text;
}

}  // namespace app
