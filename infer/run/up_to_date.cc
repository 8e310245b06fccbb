#include "infer/run/up_to_date.h"

#include <algorithm>
#include <filesystem>

#include "datasets/base/fingerprint.h"
#include "datasets/keypoints/skeleton.h"
#include "datasets/model_files.h"
#include "datasets/recorded_job.h"
#include "datasets/store/meetings/meeting_store.h"
#include "train/architectures.h"
#include "train/behavior/train.h"

namespace infer {
namespace {

namespace fs = std::filesystem;
using datasets::Id;

constexpr char kInputs[] = "inputs";
constexpr int kFramesARead = 256;

const char* NameOf(Purpose purpose) {
  switch (purpose) {
    case Purpose::kOutlines:
      return "outlines";
    case Purpose::kBehavior:
      return "behavior";
    case Purpose::kPoints:
      break;
  }
  return "points";
}

class InputsText {
 public:
  InputsText(const datasets::Project& project, const datasets::VideoRow& video)
      : project_(project), video_(video) {}

  void Add(const std::string& text) {
    hash_.AddNumber(text.size());
    hash_.AddText(text);
  }
  void Add(int64_t number) { hash_.AddNumber(static_cast<uint64_t>(number)); }
  // Millionths: what a person can draw is not finer.
  void AddReal(double value) { Add(static_cast<int64_t>(value * 1e6)); }

  void AddLabels() {
    project_.ForEachAnnotation(
        video_.id, [&](const datasets::ImageRow& image,
                       const std::vector<datasets::AnnotationRow>& annotations) {
          Add(image.frame_index.value_or(-1));
          Add(image.split);
          for (const datasets::AnnotationRow& annotation : annotations) {
            Add(annotation.id);
            Add(annotation.category_id);
            Add(annotation.track_id.value_or(0));
            for (const double value : {annotation.box.x, annotation.box.y, annotation.box.width,
                                       annotation.box.height, annotation.area}) {
              AddReal(value);
            }
          }
        });
  }

  void AddDecisions() {
    project_.Read([&](datasets::Connection& connection) {
      for (const auto& decision : datasets::ReadMeetingDecisions(connection, video_.id)) {
        Add(decision.id);
        Add(decision.verdict);
      }
    });
  }

  // "auto" takes one of the project's.
  void AddModelsThatName(const std::string& chosen) {
    for (const datasets::ModelRow& model : project_.Models()) {
      if (train::IsFor(train::Task::kNames, model.architecture)) Add(model.weights_sha256);
    }
    for (const std::string& file : {chosen, chosen + ".safetensors"}) {
      std::error_code ignored;
      if (fs::is_regular_file(file, ignored)) Add(datasets::FingerprintFile(file));
    }
  }

  void AddBehaviors() {
    for (const datasets::BehaviorRow& behavior : project_.Behaviors()) Add(behavior.name);
    for (const auto& interval : project_.BehaviorIntervals(video_.id)) Add(interval.subject);
    for (const datasets::RegionRow& region : project_.Regions(video_.id)) {
      Add(region.name);
      for (const auto& ring : region.polygons) {
        for (const auto& point : ring) {
          AddReal(point.x);
          AddReal(point.y);
        }
      }
    }
  }

  // What a model that takes key points looks at: by name, labels' points and, of the latest
  // predictions, those that whichever search found.
  void AddPoints() {
    for (const std::string& name : datasets::PointNames(project_.Skeletons())) Add(name);
    project_.ForEachAnnotation(video_.id,
                               [&](const datasets::ImageRow& image,
                                   const std::vector<datasets::AnnotationRow>& annotations) {
                                 for (const datasets::AnnotationRow& annotation : annotations) {
                                   for (const datasets::KeyPoint& point : annotation.key_points) {
                                     Add(image.frame_index.value_or(-1));
                                     Add(annotation.category_id);
                                     Add(point.name);
                                     AddReal(point.x);
                                     AddReal(point.y);
                                   }
                                 }
                               });
    Add(project_.LatestPredictJob(video_.id).value_or(0));
    for (const datasets::JobRow& job : project_.Jobs()) {
      if (job.kind != datasets::JobKindName(datasets::JobKind::kPoints)) continue;
      const nlohmann::json stored = nlohmann::json::parse(job.options_json, nullptr, false);
      if (stored.is_object() && stored.value("video", "") == video_.name) Add(job.id);
    }
  }

  std::string Hex() const { return hash_.Hex(); }

 private:
  const datasets::Project& project_;
  const datasets::VideoRow& video_;
  datasets::Fingerprint hash_;
};

}  // namespace

std::string InputsOf(const datasets::Project& project, const datasets::VideoRow& video,
                     const std::string& model_file, const PredictOptions& options,
                     Purpose purpose) {
  InputsText inputs(project, video);
  inputs.Add(video.fingerprint);
  inputs.Add(datasets::FingerprintFile(model_file));
  nlohmann::json chosen = datasets::OptionsToJson(options);
  chosen.erase("threads");
  inputs.Add(chosen.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (purpose == Purpose::kOutlines) {
    inputs.AddLabels();
    inputs.AddDecisions();
    inputs.AddModelsThatName(options.identity);
  } else {
    if (purpose == Purpose::kBehavior) {
      inputs.AddBehaviors();
      const auto description = train::ReadBehaviorDescription(model_file);
      if (description && description->points.count() > 0) inputs.AddPoints();
    }
    inputs.Add(OutliningJob(project, video).value_or(0));
  }
  return std::string(NameOf(purpose)) + ":" + inputs.Hex();
}

std::string StoredOptions(const PredictOptions& options, const datasets::VideoRow& video,
                          const std::string& inputs) {
  nlohmann::json stored = datasets::OptionsToJson(options);
  stored["video"] = video.name;
  if (!inputs.empty()) stored[kInputs] = inputs;
  return stored.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<Id> UpToDateJob(const datasets::Project& project, const datasets::VideoRow& video,
                              const std::string& inputs, Purpose purpose) {
  const auto jobs = project.Jobs();
  const auto newest = std::find_if(jobs.rbegin(), jobs.rend(), [&](const datasets::JobRow& job) {
    const nlohmann::json stored = nlohmann::json::parse(job.options_json, nullptr, false);
    return stored.is_object() && stored.value("video", "") == video.name &&
           stored.value(kInputs, "").rfind(NameOf(purpose), 0) == 0;
  });
  if (newest == jobs.rend() || newest->state != JobStateName(datasets::JobState::kDone) ||
      nlohmann::json::parse(newest->options_json)[kInputs] != inputs) {
    return std::nullopt;
  }
  // Outlines of a job that keeps no inputs (vole track, an older Vole) may have come after it.
  const std::optional<Id> shown = project.LatestPredictJob(video.id);
  if (purpose == Purpose::kOutlines && shown && *shown > newest->id) return std::nullopt;
  return newest->id;
}

std::optional<Id> OutliningJob(const datasets::Project& project, const datasets::VideoRow& video) {
  const std::optional<Id> latest = project.LatestPredictJob(video.id);
  if (!latest) return std::nullopt;
  std::optional<bool> outlines;  // the first row tells
  for (int first = 0; first < video.frame_count && !outlines; first += kFramesARead) {
    project.ForEachPrediction(
        *latest, video.id, first, std::min(video.frame_count, first + kFramesARead),
        [&](int, const std::vector<datasets::PredictionRow>& rows) {
          const datasets::PredictionRow& row = rows.front();
          outlines = outlines.value_or(row.HasShape() || row.key_points.empty());
        });
  }
  return outlines.value_or(false) ? latest : std::nullopt;
}

}  // namespace infer
