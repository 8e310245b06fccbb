#include "datasets/report/results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/calibrated.h"
#include "datasets/report/chosen_scores.h"
#include "datasets/store/connection.h"

namespace datasets {
namespace {

constexpr float kNotKnown = std::numeric_limits<float>::quiet_NaN();

AnimalCurves EmptyCurves(const std::string& animal, uint32_t color, int frames) {
  AnimalCurves curves;
  curves.animal = animal;
  curves.color = color;
  const std::vector<float> nothing(static_cast<size_t>(frames), kNotKnown);
  curves.x = curves.y = curves.speed = curves.nearest = curves.confidence = nothing;
  return curves;
}

void SetValue(std::vector<float>* values, int frame, std::optional<double> value) {
  if (value) (*values)[static_cast<size_t>(frame)] = static_cast<float>(*value);
}

class CurveCollector {
 public:
  void TakeCentimetres(bool in_cm) { in_cm_ = in_cm; }
  void Add(const VideoMotion& setup, const std::vector<AnimalMotion>& animals) {
    for (const AnimalMotion& one : animals) {
      AnimalCurves& curves = Of(one.animal, setup);
      SetValue(&curves.x, one.frame, one.moments.x);
      SetValue(&curves.y, one.frame, one.moments.y);
      SetValue(&curves.speed, one.frame, in_cm_ ? one.speed_cm_s : one.speed_px_s);
      const std::optional<double> alone;
      SetValue(&curves.nearest, one.frame,
               one.nearest < 0 ? alone
               : in_cm_        ? one.nearest_cm
                               : std::optional<double>(one.nearest_px));
    }
  }
  AnimalCurves& Of(int animal, const VideoMotion& setup) {
    const auto found = curves_.find(animal);
    if (found != curves_.end()) return found->second;
    return curves_
        .emplace(animal,
                 EmptyCurves(setup.animals[static_cast<size_t>(animal)],
                             setup.colors[static_cast<size_t>(animal)], setup.video.frame_count))
        .first->second;
  }
  std::map<int, AnimalCurves>& curves() { return curves_; }

 private:
  bool in_cm_ = false;
  std::map<int, AnimalCurves> curves_;  // by number of the animal
};

void AddConfidences(const Project& project, const VideoRow& video, Id predict_job,
                    std::map<int, AnimalCurves>* curves) {
  std::map<Id, std::vector<float>*> of_category;
  int number = 0;  // as MeasureVideoMotion counts
  for (const CategoryRow& category : project.Categories()) {
    if (IsUnknown(category)) continue;
    const auto found = curves->find(number++);
    if (found != curves->end()) of_category[category.id] = &found->second.confidence;
  }
  project.ForEachConfidence(predict_job, video.id, [&](int frame, Id category, double confidence) {
    const auto found = of_category.find(category);
    if (found == of_category.end() || frame < 0 || frame >= video.frame_count) return;
    float& value = (*found->second)[static_cast<size_t>(frame)];
    const auto fresh = static_cast<float>(confidence);
    if (!(value <= fresh)) value = fresh;  // of several of one name the most doubtful
  });
}

void MeasureMotion(const Project& project, Job& job, VideoResults* results) {
  MotionInput input;
  const Id predict_job = project.LatestPredictJob(results->video.id).value_or(0);
  const bool predicted =
      predict_job != 0 && project.CountPredictedFrames(predict_job, results->video.id) > 0;
  if (!predicted && project.CountLabeledFrames(results->video.id) == 0) {
    results->no_motion =
        "No animal is labeled or predicted in this video. Predict it (Ctrl+Shift+R) to see where "
        "they were.";
    return;
  }
  results->from_labels = input.from_labels = !predicted;
  input.job_id = predict_job;
  CurveCollector collector;
  VideoMotion motion;
  try {
    const bool in_cm = FloorOf(project, results->video).has_value();
    if (in_cm) results->unit = "cm";
    collector.TakeCentimetres(in_cm);
    motion =
        MeasureVideoMotion(project, results->video, {}, input, job,
                           [&](const VideoMotion& setup, const std::vector<AnimalMotion>& animals) {
                             collector.Add(setup, animals);
                             results->places.Add(setup, animals);
                           });
    if (predicted) {
      AddConfidences(project, results->video, predict_job, &collector.curves());
      results->unknown = CountUnknown(project, predict_job, results->video.id);
    }
  } catch (const BusyError&) {
    throw;  // a little later there is an answer
  } catch (const Error& error) {
    results->no_motion = error.what();
    results->places = PlaceCollector();  // what was seen until then is not all
    return;
  }
  results->motion = motion.summaries;
  std::set<std::string> seen;
  for (auto& [number, curves] : collector.curves()) {
    seen.insert(curves.animal);
    results->curves.push_back(std::move(curves));
  }
  for (const std::string& animal : motion.animals) {
    if (!seen.count(animal)) results->not_seen.push_back(animal);
  }
  if (seen.empty()) {
    results->no_motion = results->unknown.unknown > 0
                             ? "No animal that was found in this video has a name: name them in "
                               "Review, Unknown."
                         : predicted ? "No animal was found in this video."
                                     : "No animal was outlined in this video.";
  }
}

void ReadBackground(const Project& project, VideoResults* results) {
  try {
    results->background = project.BackgroundOf(results->video).bgr;
  } catch (const BusyError&) {
    throw;
  } catch (const Error& error) {  // ways can be drawn without it
    results->no_background = error.what();
  }
}

void ReadScores(const Project& project, VideoResults* results) {
  results->scores = ScoresFromProject(project, ScoreSource::kFinal, {results->video.name});
  std::set<std::string> scored;
  bool any_bout = false;
  for (const BoutSeries& series : results->scores.series) {
    scored.insert(series.subject);
    any_bout |= !series.bouts.empty();
  }
  if (results->scores.series.empty()) {
    results->no_scores = "Nobody, and no network, has scored behavior in this video.";
  } else {
    results->budget = TimeBudget(results->scores);
    if (!any_bout) results->no_scores = "What was looked for does not happen in this video.";
  }
  for (const CategoryRow& animal : project.Categories()) {
    if (!IsUnknown(animal) && !scored.count(animal.name))
      results->not_scored.push_back(animal.name);
  }
}

}  // namespace

std::shared_ptr<const VideoResults> MeasureResults(const Project& project, const VideoRow& video,
                                                   Job& job) {
  auto results = std::make_shared<VideoResults>();
  results->video = video;
  project.InOneSnapshot([&] {
    results->times = FrameTimes(project.IndexOf(video));
    ReadBackground(project, results.get());
    job.Advance(0, video.frame_count, "reading bouts");
    ReadScores(project, results.get());
    MeasureMotion(project, job, results.get());
  });
  return results;
}

double HighValue(const std::vector<AnimalCurves>& curves,
                 const std::vector<float> AnimalCurves::*values) {
  constexpr double kShare = 0.995;
  double high = 0;
  for (const AnimalCurves& one : curves) {
    std::vector<float> known;
    for (const float value : one.*values) {
      if (std::isfinite(value)) known.push_back(value);
    }
    if (known.empty()) continue;
    const auto at =
        known.begin() + static_cast<std::ptrdiff_t>(kShare * static_cast<double>(known.size() - 1));
    std::nth_element(known.begin(), at, known.end());
    high = std::max<double>(high, *at);
  }
  return high;
}

}  // namespace datasets
