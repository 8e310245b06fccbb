#include "infer/learning/train_on_project.h"

#include <unistd.h>

#include <optional>

#include "datasets/base/error.h"
#include "datasets/base/file_hash.h"
#include "datasets/base/options.h"
#include "datasets/store/writer.h"
#include "train/predictor.h"

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

nlohmann::json JobOptions(const LabelSelection& selection, const train::TrainOptions& options) {
  nlohmann::json json = datasets::OptionsToJson(options);
  json["videos"] = selection.videos;
  json["start-frame"] = selection.start_frame;
  json["end-frame"] = selection.end_frame ? nlohmann::json(*selection.end_frame) : nullptr;
  json["max-labels"] = selection.max_labels;
  return json;
}

// An earlier model of the same file is what this one grew out of (resume), or was replaced by it.
std::optional<Id> ModelOfFile(const datasets::Project& project, const std::string& stored_path) {
  std::optional<Id> found;
  for (const auto& model : project.Models()) {
    if (model.weights_path == stored_path) found = model.id;
  }
  return found;
}

}  // namespace

fs::path DefaultModelFile(const datasets::Project& project, bool resume) {
  const auto models = project.Models();
  if (resume) {
    if (models.empty()) {
      throw datasets::Error("project '" + project.file().string() + "'",
                            "it has no model to go on with", "train without --resume first");
    }
    return fs::absolute(project.folder() / models.back().weights_path).lexically_normal();
  }
  const std::string stem = project.file().stem().string();
  for (int number = 1;; ++number) {
    const fs::path file =
        fs::absolute(project.folder()) / (stem + "-" + std::to_string(number) + ".safetensors");
    if (!fs::exists(file)) return file;
  }
}

namespace {

using OnProgress = std::function<void(const train::TrainProgress&)>;

struct Read {  // what there is to learn from
  int frames = 0;
  std::vector<Id> videos;  // as GatheredLabels::videos
};

// Gathers and trains through `gather` and `train`, and registers job and model.
TrainedModel Register(
    datasets::Project& project, const nlohmann::json& job_options, const fs::path& model_file,
    const OnProgress& on_progress, const std::function<Read()>& gather,
    const std::function<train::TrainResult(const std::string& file, const OnProgress&)>& train) {
  TrainedModel trained;
  trained.file = fs::absolute(model_file).lexically_normal();
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

  datasets::JobRow job_row;
  job_row.kind = "train";
  job_row.state = "running";
  job_row.options_json = job_options.dump();
  Id job_id = 0;
  project.Write([&](datasets::Writer& writer) { job_id = writer.InsertJob(job_row); });

  const auto written_before = WriteTime(trained.file);
  const auto finish = [&](const std::string& state, const std::string& error) {
    project.Write([&](datasets::Writer& writer) { writer.FinishJob(job_id, state, error); });
  };
  train::TrainProgress last;
  try {
    trained.result = train(trained.file.string(), [&](const train::TrainProgress& progress) {
      last = progress;
      if (on_progress) on_progress(progress);
    });
  } catch (const datasets::Cancelled&) {
    if (WriteTime(trained.file) == written_before) {
      finish("cancelled", "");
      throw;
    }
    trained.cancelled = true;
    trained.result.steps = last.step;
    trained.result.seconds = last.seconds;
    trained.result.validation = last.validation;
  } catch (const std::exception& error) {
    finish("failed", error.what());
    throw;
  }

  datasets::ModelRow& model = trained.model;
  model.name = trained.file.stem().string();
  nlohmann::json config;
  if (const auto behavior = train::ReadBehaviorDescription(trained.file.string())) {
    model.architecture = behavior->architecture;
    config = {{"classes", train::BehaviorNames(behavior->heads)},
              {"record", behavior->record},
              {"held_out", behavior->record.value("held_out", nlohmann::json::array())}};
  } else {
    const train::ModelInfo info = train::ReadModelInfo(trained.file.string());
    model.architecture = info.architecture;
    config = {{"classes", info.classes}, {"record", info.record}, {"videos", read.videos}};
  }
  model.weights_path = StoredPath(project, trained.file).generic_string();
  model.weights_sha256 = datasets::HashFile(trained.file);
  model.config_json = config.dump();
  model.metrics_json =
      trained.result.validation.is_null() ? "{}" : trained.result.validation.dump();
  model.parent_id = ModelOfFile(project, model.weights_path);
  model.job_id = job_id;
  project.Write([&](datasets::Writer& writer) {
    model.id = writer.InsertModel(model);
    writer.FinishJob(job_id, trained.cancelled ? "cancelled" : "done", "", model.id);
  });
  return trained;
}

}  // namespace

TrainedModel TrainOnProject(datasets::Project& project, const LabelSelection& selection,
                            const train::TrainOptions& options, const fs::path& model_file,
                            datasets::Job& job, const OnProgress& on_progress,
                            const std::function<void(const ShownSample&)>& on_sample) {
  if (train::IsBehaviorArchitecture(options.model)) {
    return TrainBehaviorOnProject(project, selection, options, {}, model_file, job, on_progress,
                                  [](const std::string&) {});
  }
  GatheredLabels labels;
  if (options.together.rank > 0) {  // rank 0 writes and registers
    TrainedModel helped;
    helped.file = fs::absolute(model_file).lexically_normal();
    labels = GatherLabels(project, selection, job);
    helped.labels = static_cast<int>(labels.data.frames.size());
    helped.result = train::Train(labels.data, options, helped.file.string(), job, on_progress);
    return helped;
  }
  return Register(
      project, JobOptions(selection, options), model_file, on_progress,
      [&] {
        labels = GatherLabels(project, selection, job);
        return Read{static_cast<int>(labels.data.frames.size()), labels.videos};
      },
      [&](const std::string& file, const OnProgress& progress) {
        std::function<void(const train::TrainSample&)> show;
        if (on_sample) {
          show = [&](const train::TrainSample& sample) {
            const train::LabeledFrame& frame =
                labels.data.frames[static_cast<size_t>(sample.frame)];
            on_sample({sample, labels.videos[static_cast<size_t>(frame.video)], frame.frame_index});
          };
        }
        return train::Train(labels.data, options, file, job, progress, show);
      });
}

TrainedModel TrainBehaviorOnProject(datasets::Project& project, const LabelSelection& selection,
                                    const train::TrainOptions& options,
                                    const train::BehaviorOptions& behavior,
                                    const fs::path& model_file, datasets::Job& job,
                                    const OnProgress& on_progress,
                                    const std::function<void(const std::string&)>& on_note) {
  GatheredBehavior gathered;
  nlohmann::json job_options = JobOptions(selection, options);
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
