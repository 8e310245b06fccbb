#include "infer/learning/train_on_project.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>

#include "datasets/base/error.h"
#include "datasets/base/options.h"
#include "datasets/files/file_hash.h"
#include "datasets/model_files.h"
#include "datasets/recorded_job.h"
#include "datasets/store/writer.h"
#include "infer/learning/point_labels.h"
#include "train/architectures.h"
#include "train/train_job.h"

namespace infer {
namespace {

namespace fs = std::filesystem;
using datasets::Id;

fs::path StoredPath(const datasets::Project& project, const fs::path& file) {
  const fs::path folder = fs::weakly_canonical(project.folder());
  const fs::path relative = fs::weakly_canonical(file).lexically_relative(folder);
  return relative.empty() ? file : relative;
}

// Which write of a file this is; changes when the file is replaced.
std::optional<fs::file_time_type> WriteTime(const fs::path& file) {
  std::error_code error;
  const auto time = fs::last_write_time(file, error);
  return error ? std::nullopt : std::optional(time);
}

nlohmann::json JobOptions(const datasets::Project& project, const LabelSelection& selection,
                          const train::TrainOptions& options, const fs::path& model_file) {
  nlohmann::json json = datasets::OptionsToJson(options);
  json["videos"] = selection.videos;
  json["start-frame"] = selection.start_frame;
  json["end-frame"] = selection.end_frame ? nlohmann::json(*selection.end_frame) : nullptr;
  json["max-labels"] = selection.max_labels;
  json[datasets::kModelFileOption] = StoredPath(project, model_file).generic_string();
  return json;
}

// Makes the file, empty; false when there is one already, perhaps of a training that runs.
bool Reserve(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor >= 0) ::close(descriptor);
  return descriptor >= 0 || errno != EEXIST;  // what cannot be written at all is said later
}

// Takes a reserved file away again when nothing was written into it.
class Reservation {
 public:
  explicit Reservation(fs::path file) : file_(std::move(file)) {}
  ~Reservation() {
    std::error_code error;
    if (fs::is_regular_file(file_, error) && fs::file_size(file_, error) == 0 && !error) {
      fs::remove(file_, error);
    }
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

 private:
  fs::path file_;
};

// The model file of the newest checkpoint that a training of this architecture ("": any) left, be
// it ended, cancelled or killed; not of one that runs now, unless this one learns with it.
fs::path NewestCheckpoint(const datasets::Project& project, const std::string& architecture,
                          bool or_running) {
  std::map<fs::path, bool> known;  // and whether it is being trained
  for (const fs::path& file : datasets::NumberedModelFiles(project)) known[file] = false;
  for (const auto& model : project.Models()) {
    known[fs::absolute(datasets::ModelFile(project, model)).lexically_normal()] = false;
  }
  for (const auto& job : project.Jobs()) {
    const fs::path file = datasets::FileOfTraining(project, job);
    if (file.empty()) continue;
    bool& runs = known[fs::absolute(file).lexically_normal()];
    runs = runs || datasets::IsOpen(job);
  }
  fs::path newest;
  std::optional<fs::file_time_type> newest_time;
  for (const auto& [file, runs] : known) {
    const auto time = runs && !or_running ? std::nullopt : WriteTime(datasets::CheckpointOf(file));
    if (!time || (newest_time && *time <= *newest_time)) continue;
    if (!architecture.empty() &&
        !train::MayResume(datasets::CheckpointOf(file).string(), architecture)) {
      continue;
    }
    newest = file;
    newest_time = time;
  }
  return newest;
}

}  // namespace

fs::path DefaultModelFile(const datasets::Project& project, bool resume,
                          const std::string& architecture, bool reserve) {
  if (resume) {
    const fs::path newest = NewestCheckpoint(project, architecture, !reserve);
    if (!newest.empty()) return newest;
    throw datasets::Error("project '" + project.file().string() + "'",
                          "no training" + (architecture.empty() ? "" : " of " + architecture) +
                              " has left a checkpoint to go on from",
                          "train without --resume first");
  }
  for (int number = 1;; ++number) {
    const fs::path file = datasets::NumberedModelFile(project, number);
    if (fs::exists(file) || fs::exists(datasets::CheckpointOf(file))) continue;
    if (!reserve || Reserve(file)) return file;
  }
}

namespace {

using OnProgress = std::function<void(const train::TrainProgress&)>;

struct Read {  // what there is to learn from
  int frames = 0;
  std::vector<Id> videos;  // as GatheredLabels::videos
};

// The row of a model file that a training has written.
datasets::ModelRow Describe(const datasets::Project& project, const TrainedModel& trained,
                            const Read& read) {
  const train::ModelInfo info = train::ReadModelInfo(trained.file.string());
  nlohmann::json config = {{"classes", info.classes}, {"record", info.record}};
  if (train::IsFor(train::Task::kBehavior, info.architecture)) {
    config["held_out"] = info.record.value("held_out", nlohmann::json::array());
  } else {
    config["videos"] = read.videos;
  }
  // Which animals the names are, whatever they will be called.
  nlohmann::json categories = nlohmann::json::array();
  const std::vector<datasets::CategoryRow> known = project.Categories();
  for (const std::string& name : info.classes) {
    const auto animal = std::find_if(known.begin(), known.end(),
                                     [&](const auto& category) { return category.name == name; });
    categories.push_back(animal == known.end() ? Id{0} : animal->id);
  }
  config["categories"] = std::move(categories);
  datasets::ModelRow model;
  model.name = trained.file.stem().string();
  model.architecture = info.architecture;
  model.weights_path = StoredPath(project, trained.file).generic_string();
  model.weights_sha256 = datasets::HashFile(trained.file);
  model.config_json = config.dump();
  model.metrics_json =
      trained.result.validation.is_null() ? "{}" : trained.result.validation.dump();
  // An earlier model of the same file is what this one grew out of, or was replaced by it.
  model.parent_id = datasets::ModelOfFile(project, trained.file);
  return model;
}

// Gathers and trains through `gather` and `train`, and registers job and model.
TrainedModel Register(
    datasets::Project& project, const nlohmann::json& job_options, const fs::path& model_file,
    const OnProgress& on_progress, const std::function<Read()>& gather,
    const std::function<train::TrainResult(const std::string& file, const OnProgress&)>& train) {
  TrainedModel trained;
  trained.file = fs::absolute(model_file).lexically_normal();
  const Reservation reservation(trained.file);
  // An unwritable place should be found out before minutes of training, not after.
  const fs::path parent = trained.file.parent_path();
  if (access(parent.c_str(), W_OK) != 0) {
    throw datasets::Error(
        "model file '" + trained.file.string() + "'",
        fs::exists(parent) ? "its folder cannot be written" : "its folder does not exist",
        "give another place with --out");
  }
  const Read read = gather();
  trained.labels = read.frames;
  const auto written_before = WriteTime(trained.file);
  const auto work = [&](Id job_id) {
    train::TrainProgress last;
    try {
      trained.result = train(trained.file.string(), [&](const train::TrainProgress& progress) {
        last = progress;
        if (on_progress) on_progress(progress);
      });
    } catch (const datasets::Cancelled&) {
      if (WriteTime(trained.file) == written_before) throw;
      trained.cancelled = true;
      trained.result.steps = last.step;
      trained.result.seconds = last.seconds;
      trained.result.validation = last.validation;
    }
    trained.model = Describe(project, trained, read);
    trained.model.job_id = job_id;
    datasets::JobOutcome outcome;
    if (trained.cancelled) outcome.state = datasets::JobState::kCancelled;
    outcome.keep = [&trained](datasets::Writer& writer) {
      return std::optional<Id>(trained.model.id = writer.InsertModel(trained.model));
    };
    return outcome;
  };
  datasets::RunRecorded(project, {datasets::JobKind::kTrain, job_options.dump(), {}}, work);
  return trained;
}

}  // namespace

TrainedModel TrainOnProject(datasets::Project& project, const LabelSelection& selection,
                            const train::TrainOptions& options, const fs::path& model_file,
                            datasets::Job& job, const OnProgress& on_progress,
                            const std::function<void(const ShownSample&)>& on_sample) {
  if (train::IsFor(train::Task::kBehavior, options.model)) {
    const Reservation reservation(fs::absolute(model_file));
    train::CheckTaken(options);
    return TrainBehaviorOnProject(project, selection, options, {}, model_file, job, on_progress,
                                  [](const std::string&) {});
  }
  return TrainOnLabels(
      project, selection, options, model_file, job,
      [&] { return GatherLabels(project, selection, job); }, on_progress, on_sample);
}

TrainedModel TrainOnLabels(datasets::Project& project, const LabelSelection& selection,
                           const train::TrainOptions& options, const fs::path& model_file,
                           datasets::Job& job, const std::function<GatheredLabels()>& gather_labels,
                           const OnProgress& on_progress,
                           const std::function<void(const ShownSample&)>& on_sample) {
  const Reservation reservation(fs::absolute(model_file));
  train::CheckTaken(options);
  if (train::IsFor(train::Task::kPoints, options.model)) {
    GatheredPoints points;
    return Register(
        project, JobOptions(project, selection, options, model_file), model_file, on_progress,
        [&] {
          points = GatherPoints(project, selection, options.skeleton, job);
          return Read{static_cast<int>(points.data.frames.size()), points.videos};
        },
        [&](const std::string& file, const OnProgress& progress) {
          return train::TrainPoints(points.data, options, file, job, progress);
        });
  }
  GatheredLabels labels;
  const auto gather = [&] {
    labels = gather_labels();
    return Read{static_cast<int>(labels.data.frames.size()), labels.videos};
  };
  std::function<void(const train::TrainSample&)> show;
  if (on_sample) {
    show = [&](const train::TrainSample& sample) {
      const train::LabeledFrame& frame = labels.data.frames[static_cast<size_t>(sample.frame)];
      on_sample({sample, labels.videos[static_cast<size_t>(frame.video)], frame.frame_index});
    };
  }
  const auto learn = [&](const std::string& file, const OnProgress& progress) {
    return train::Train(labels.data, options, file, job, progress, show);
  };
  if (options.together.rank > 0) {  // rank 0 writes and registers
    TrainedModel helped;
    helped.file = fs::absolute(model_file).lexically_normal();
    helped.labels = gather().frames;
    helped.result = learn(helped.file.string(), on_progress);
    return helped;
  }
  TrainedModel trained = Register(project, JobOptions(project, selection, options, model_file),
                                  model_file, on_progress, gather, learn);
  trained.incomplete = labels.incomplete;
  return trained;
}

TrainedModel TrainBehaviorOnProject(datasets::Project& project, const LabelSelection& selection,
                                    const train::TrainOptions& options,
                                    const train::BehaviorOptions& behavior,
                                    const fs::path& model_file, datasets::Job& job,
                                    const OnProgress& on_progress,
                                    const std::function<void(const std::string&)>& on_note) {
  const Reservation reservation(fs::absolute(model_file));
  train::CheckTaken(options, behavior);
  GatheredBehavior gathered;
  nlohmann::json job_options = JobOptions(project, selection, options, model_file);
  job_options.update(datasets::OptionsToJson(behavior));
  return Register(
      project, job_options, model_file, on_progress,
      [&] {
        gathered = GatherBehavior(project, selection, options.model, behavior, job);
        for (const std::string& note : gathered.notes) on_note(note);
        return Read{static_cast<int>(gathered.frames), {}};
      },
      [&](const std::string& file, const OnProgress& progress) {
        return train::TrainBehavior(gathered.data, gathered.spans, options, behavior, file, job,
                                    progress);
      });
}

}  // namespace infer
