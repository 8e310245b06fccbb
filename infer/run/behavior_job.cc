#include "infer/run/behavior_job.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/process_memory.h"
#include "datasets/base/suggest.h"
#include "datasets/model_files.h"
#include "datasets/recorded_job.h"
#include "datasets/score_writer.h"
#include "datasets/store/score_series.h"
#include "datasets/store/writer.h"
#include "infer/behavior/crops.h"
#include "infer/behavior/point_features.h"
#include "infer/run/up_to_date.h"
#include "train/behavior/train.h"

namespace infer {
namespace {

using datasets::Error;
using datasets::Id;

constexpr int kPieceFrames = 20000;  // scored and written at once
constexpr int kSearchFrames = 1000;  // read at once until one has key points
constexpr double kFewPosed = 0.5;    // of the frames: fewer with key points are said

struct Known {        // a behavior that both model and project have
  size_t output = 0;  // into the model's names
  Id behavior_id = 0;
};

std::vector<Known> Common(const datasets::Project& project, const std::vector<std::string>& names,
                          std::vector<std::string>& notes) {
  std::vector<Known> known;
  std::set<std::string> of_project;
  for (const auto& behavior : project.Behaviors()) {
    of_project.insert(behavior.name);
    const auto at = std::find(names.begin(), names.end(), behavior.name);
    if (at != names.end()) {
      known.push_back({static_cast<size_t>(at - names.begin()), behavior.id});
    } else if (!behavior.is_point) {
      notes.push_back("the model does not know the behavior '" + behavior.name +
                      "' and gives it no probabilities");
    }
  }
  for (const std::string& name : names) {
    if (!of_project.count(name)) {
      notes.push_back("the model knows the behavior '" + name +
                      "', which the project does not have: add it there to see it");
    }
  }
  return known;
}

std::vector<std::string> TrainedSubjects(const train::BehaviorDescription& description) {
  if (description.record.is_object() && description.record.contains("subjects")) {
    return description.record["subjects"].get<std::vector<std::string>>();
  }
  return {};
}

// Throws Error unless the points say something of a subject on any frame of the span.
void RequirePoints(const SubjectPoints& points, const train::BehaviorDescription& description,
                   const std::string& model_file, const std::string& video,
                   const std::string& remedy, int start, int end, datasets::Job& job) {
  const train::PointLayout& layout = description.points;
  const std::string names = datasets::QuotedNames(layout.names, layout.names.size());
  if (points.empty()) {
    throw Error("model " + model_file,
                "it looks at key points, of which video '" + video + "' has none: " + names,
                remedy);
  }
  for (int from = start; from < end; from += kSearchFrames) {
    const int to = std::min(end, from + kSearchFrames);
    for (const auto& numbers : points.Run(layout, from, to, description.causal, job)) {
      for (int f = from; f < to; ++f) {
        if (IsPosed(numbers, static_cast<size_t>(f - from), layout)) return;
      }
    }
  }
  if (start >= end) return;
  throw Error("model " + model_file,
              "it looks at key points, of which no subject has two that are sure enough on any of "
              "the frames " +
                  std::to_string(start) + " to " + std::to_string(end - 1) + " of video '" + video +
                  "': " + names,
              remedy);
}

}  // namespace

std::vector<datasets::Zone> StoredZones(const datasets::Project& project) {
  const std::string text = project.Setting(kZonesSetting);
  std::vector<datasets::Zone> from_file;
  if (!text.empty()) {
    from_file = datasets::ZonesFromJson(nlohmann::json::parse(text), "the project's regions");
  }
  std::vector<datasets::Zone> zones;
  for (const datasets::VideoRow& video : project.Videos()) {
    std::set<std::string> drawn;
    for (const datasets::RegionRow& region : project.Regions(video.id)) {
      const auto largest = std::max_element(region.polygons.begin(), region.polygons.end(),
                                            [](const auto& a, const auto& b) {
                                              return datasets::RingArea(a) < datasets::RingArea(b);
                                            });
      if (largest == region.polygons.end()) continue;
      zones.push_back({region.name, *largest, video.name});
      drawn.insert(region.name);
    }
    for (datasets::Zone zone : from_file) {
      if ((!zone.video.empty() && zone.video != video.name) || drawn.count(zone.name)) continue;
      zone.video = video.name;
      zones.push_back(std::move(zone));
    }
  }
  return zones;
}

std::vector<std::string> SubjectsToScore(const datasets::Project& project,
                                         const datasets::VideoRow& video, const std::string& view,
                                         const std::vector<std::string>& fallback) {
  std::set<std::string> scored;
  for (const auto& interval : project.BehaviorIntervals(video.id)) scored.insert(interval.subject);
  const std::vector<std::string> people(scored.begin(), scored.end());
  if (view == "region") {
    std::vector<std::string> names;
    for (const auto& zone : StoredZones(project)) {
      if (zone.video.empty() || zone.video == video.name) names.push_back(zone.name);
    }
    return names.empty() ? people : names;
  }
  if (view == "animal" || view == "pair") {
    const auto animals = OutlinedAnimals(project, video);
    if (!animals.empty()) return animals;
  }
  if (!people.empty()) return people;
  if (fallback.size() == 1) return fallback;
  return {""};
}

BehaviorPredictResult PredictBehavior(datasets::Project& project, const datasets::VideoRow& video,
                                      const std::string& model_file, const PredictOptions& options,
                                      datasets::Job& job) {
  const auto start_time = std::chrono::steady_clock::now();
  job.Advance(0, 0, "loading the model");
  const std::string inputs = InputsOf(project, video, model_file, options, Purpose::kBehavior);
  train::BehaviorScorer scorer(model_file, options.predictor.threads, options.predictor.device);
  const train::BehaviorDescription& description = scorer.description();
  const std::vector<std::string> names = train::BehaviorNames(description.heads);
  BehaviorPredictResult result;
  const std::vector<Known> known = Common(project, names, result.notes);
  if (known.empty()) {
    throw Error("model " + model_file, "it knows none of the project's behaviors",
                "choose a model that was trained on behaviors of the same names");
  }
  PictureSource source;
  source.input = description.input;
  source.causal = description.causal;
  source.zones = StoredZones(project);
  source.subjects =
      SubjectsToScore(project, video, description.input.view, TrainedSubjects(description));
  result.subjects = source.subjects;
  BehaviorPictures pictures(project, video, source, job);
  const SubjectPoints points(project, video, source.subjects, description.input.view,
                             description.points.names);
  const int start = std::clamp(options.start_frame, 0, video.frame_count);
  const int end = options.end_frame < 0 ? video.frame_count
                                        : std::clamp(options.end_frame, start, video.frame_count);
  const bool looks_at_points = description.points.count() > 0;
  const std::string find_points =
      "vole predict " + project.file().string() + " --points --video " + video.name;
  if (looks_at_points) {
    RequirePoints(points, description, model_file, video.name, "find them first: " + find_points,
                  start, end, job);
  }
  int64_t posed = 0;  // pictures of which key points say something
  const datasets::NewJob row{datasets::JobKind::kBehavior, StoredOptions(options, video, inputs),
                             datasets::UnchangedModelOfFile(project, model_file)};
  result.job_id = datasets::RunRecorded(project, row, [&](Id job_id) {
    std::vector<Id> ids;
    for (const Known& one : known) ids.push_back(one.behavior_id);
    std::vector<std::unique_ptr<datasets::BehaviorScoreWriter>> writers;
    for (const std::string& subject : source.subjects) {
      writers.push_back(std::make_unique<datasets::BehaviorScoreWriter>(project, job_id, video.id,
                                                                        subject, ids, start));
    }
    const int context = scorer.context_frames();
    for (int from = start; from < end; from += kPieceFrames) {
      const int to = std::min(end, from + kPieceFrames);
      const int first = std::max(0, from - context),
                last = std::min(video.frame_count, to + context);
      // One subject's pictures go straight through the network; those of further subjects would
      // mix with them, so each has its own scorer.
      std::vector<std::unique_ptr<train::BehaviorScorer>> others;
      for (size_t s = 1; s < source.subjects.size(); ++s) {
        others.push_back(std::make_unique<train::BehaviorScorer>(
            model_file, options.predictor.threads, options.predictor.device));
      }
      const auto of = [&](size_t s) -> train::BehaviorScorer& {
        return s == 0 ? scorer : *others[s - 1];
      };
      const auto traces =
          pictures.Run(first, last, job, [&](int frame, size_t subject, const cv::Mat& stored) {
            of(subject).Add(stored);
            result.pictures += frame >= from && frame < to && !stored.empty();
          });
      const auto numbers = points.Run(description.points, first, last, description.causal, job);
      for (size_t s = 0; s < source.subjects.size(); ++s) {
        const auto probabilities = of(s).Finish(traces[s].motion, numbers[s]);
        for (int frame = from; frame < to; ++frame) {
          const auto at = static_cast<size_t>(frame - first);
          posed += looks_at_points && traces[s].seen[at] != 0 &&
                   IsPosed(numbers[s], at, description.points);
          std::vector<float> values;
          for (const Known& one : known) {
            values.push_back(probabilities[at][one.output]);
          }
          writers[s]->Add(values);
        }
      }
    }
    for (auto& writer : writers) writer->Finish();
    result.found = FinishBehaviors(project, job_id, {}, job);
    return datasets::JobOutcome();
  });
  if (looks_at_points &&
      static_cast<double>(posed) < kFewPosed * static_cast<double>(result.pictures)) {
    result.notes.push_back("the model looks at key points, which stand on " +
                           std::to_string(posed) + " of " + std::to_string(result.pictures) +
                           " frames of the subjects (" +
                           std::to_string(100 * posed / result.pictures) + " %) in video '" +
                           video.name + "': " + find_points + " finds more");
  }
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_time).count();
  result.peak_rss_mb = datasets::PeakRssMb();
  return result;
}

}  // namespace infer
