#include "infer/run/make_parts.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/process_memory.h"
#include "datasets/files/file_hash.h"
#include "datasets/job_remarks.h"
#include "datasets/model_files.h"
#include "infer/run/find_animals.h"
#include "infer/run/predict_with.h"
#include "infer/run/up_to_date.h"

namespace infer {
namespace {

namespace fs = std::filesystem;
using datasets::Error;

constexpr auto kSayEvery = std::chrono::seconds(1);

void CheckWeights(const fs::path& file, const std::string& hash) {
  if (!file.empty() && datasets::HashFile(file) != hash) {
    throw Error("model '" + file.string() + "'", "it is another one since the work was divided",
                "predict again with --jobs or --slurm");
  }
}

// The networks, loaded when the first part asks for them.
class Networks {
 public:
  Networks(const PartsPlan& plan, int threads) : plan_(plan), options_(plan.options) {
    options_.predictor.threads = threads;
  }
  train::Predictor& predictor() {
    if (!predictor_) {
      CheckWeights(plan_.model, plan_.model_hash);
      CheckWeights(plan_.identity, plan_.identity_hash);
      predictor_ = train::LoadPredictor(plan_.model.string(), options_.predictor);
      identity_ = LoadIdentityVote(plan_.identity, predictor_->info().classes, options_);
    }
    return *predictor_;
  }
  const IdentityVote* identity() const { return identity_ ? &*identity_ : nullptr; }

 private:
  const PartsPlan& plan_;
  PredictOptions options_;
  std::unique_ptr<train::Predictor> predictor_;
  std::optional<IdentityVote> identity_;
};

// The video that is being read: parts of one come one after the other.
struct OpenedVideo {
  const PlannedVideo* video = nullptr;
  VideoInputs inputs;
  std::unique_ptr<datasets::VideoReader> reader;

  void Open(const PartsFolder& folder, const PlannedVideo& wanted) {
    if (video == &wanted) return;
    video = nullptr;
    for (const fs::path& file : wanted.files.empty() ? std::vector{wanted.path} : wanted.files) {
      if (fs::exists(file)) continue;
      throw Error("video '" + wanted.name + "'", "its file '" + file.string() + "' is not there",
                  "put it back");
    }
    inputs = folder.ReadInputs(wanted);
    reader = std::make_unique<datasets::VideoReader>(wanted.path, inputs.index);
    video = &wanted;
  }
};

// The description that came out of the model when the parts were made.
class KnownPredictor : public train::Predictor {
 public:
  explicit KnownPredictor(train::ModelInfo info) : info_(std::move(info)) {}
  const train::ModelInfo& info() const override { return info_; }
  std::vector<train::FrameDetections> Predict(const std::vector<cv::Mat>&,
                                              const cv::Mat&) override {
    datasets::CheckFailed("a merge looks at no picture", __FILE__, __LINE__);
  }
  std::vector<std::vector<float>> NameCrops(const cv::Mat&,
                                            const std::vector<train::Detection>&) override {
    datasets::CheckFailed("a merge looks at no picture", __FILE__, __LINE__);
  }

 private:
  train::ModelInfo info_;
};

// Runs of frames from files, one after the other.
class PartsInOrder {
 public:
  PartsInOrder(std::vector<fs::path> files, int start_frame, int end_frame)
      : files_(std::move(files)), next_frame_(start_frame), end_frame_(end_frame) {}

  std::optional<FoundFrames> Next() {
    while (true) {
      if (!reader_) {
        if (next_file_ == files_.size()) {
          if (next_frame_ != end_frame_) throw Lacking();
          return std::nullopt;
        }
        reader_.emplace(files_[next_file_++], PartReader::Check::kLater);
      }
      std::optional<FoundFrames> run = reader_->Next();
      if (run) {
        if (run->first_frame != next_frame_) throw Lacking();
        next_frame_ += static_cast<int>(run->frames.size());
        return run;
      }
      reader_.reset();
    }
  }

 private:
  Error Lacking() const {
    return Error("part '" + files_[next_file_ - 1].string() + "'", "it lacks frames",
                 "remove it and predict again");
  }
  const std::vector<fs::path> files_;
  size_t next_file_ = 0;
  int next_frame_;
  const int end_frame_;
  std::optional<PartReader> reader_;
};

}  // namespace

MadeParts MakeParts(const PartsFolder& folder, const PartsPlan& plan, int task, int tasks,
                    int threads, datasets::Job& job) {
  VOLE_CHECK(task >= 0 && task < tasks);
  datasets::KeepFreedMemory();
  std::vector<Part> own;
  int total = 0, done = 0;
  for (size_t p = static_cast<size_t>(task); p < plan.parts.size();
       p += static_cast<size_t>(tasks)) {
    own.push_back(plan.parts[p]);
    total += plan.parts[p].end_frame - plan.parts[p].start_frame;
  }
  MadeParts result;
  Networks networks(plan, threads);
  OpenedVideo opened;
  std::set<size_t> failed;
  for (const Part& part : own) {
    const PlannedVideo& video = plan.videos[part.video];
    const int frames = part.end_frame - part.start_frame;
    job.Advance(done, total, "finding animals in " + video.name);
    if (folder.IsThere(plan, part)) {
      ++result.there_before;
      done += frames;
      continue;
    }
    if (failed.count(part.video) > 0 || folder.IsMerged(video)) continue;
    train::Predictor& predictor = networks.predictor();
    try {
      opened.Open(folder, video);
      FinderInput input;
      input.predictor = &predictor;
      input.identity = networks.identity();
      input.picture = [&](int frame) { return opened.reader->Read(frame); };
      input.background = opened.inputs.background;
      input.start_frame = part.start_frame;
      input.end_frame = part.end_frame;
      input.size = {opened.inputs.index.width, opened.inputs.index.height};
      input.threads = threads;
      PartWriter writer(folder.FileOf(plan, part),
                        {plan.KeyOf(part), ProcessorName(), predictor.info()});
      AnimalFinder finder(input);
      auto said = std::chrono::steady_clock::now();
      int found = 0;
      while (const auto run = finder.Next()) {
        writer.Add(*run);
        found += static_cast<int>(run->frames.size());
        job.Advance(done + found, total, "finding animals in " + video.name);
        if (std::chrono::steady_clock::now() - said < kSayEvery) continue;
        folder.SetFramesOnTheWay(task, found);
        said = std::chrono::steady_clock::now();
      }
      writer.Commit();
      folder.SetFramesOnTheWay(task, 0);
      ++result.made;
      done += frames;
    } catch (const datasets::Cancelled&) {
      throw;
    } catch (const std::exception& error) {
      folder.SetFailure(video, error.what());
      result.failures.push_back(error.what());
      failed.insert(part.video);
    }
  }
  return result;
}

PredictResult MergeParts(datasets::Project& project, const datasets::VideoRow& video,
                         const PartsFolder& folder, const PartsPlan& plan, size_t planned_video,
                         datasets::Job& job) {
  const PlannedVideo& planned = plan.videos.at(planned_video);
  std::vector<fs::path> files;
  std::optional<train::ModelInfo> info;
  std::set<std::string> processors;
  for (const Part& part : plan.parts) {
    if (part.video != planned_video) continue;
    const fs::path file = folder.FileOf(plan, part);
    job.Advance(0, 0, "checking the parts of " + video.name);
    if (!fs::exists(file)) {
      throw Error("video '" + video.name + "'",
                  "its frames " + std::to_string(part.start_frame) + " to " +
                      std::to_string(part.end_frame - 1) + " were not looked at yet",
                  "predict again with --jobs or --slurm: the rest is kept");
    }
    std::optional<PartReader> reader;
    try {
      reader.emplace(file);
    } catch (const Error&) {
      std::error_code ignored;
      fs::remove(file, ignored);
      throw;
    }
    const std::string difference = plan.KeyOf(part).DifferenceTo(reader->header().key);
    if (!difference.empty()) {
      throw Error("part '" + file.string() + "'", "it came from " + difference,
                  "predict again with --jobs or --slurm: it is made anew");
    }
    processors.insert(reader->header().processor);
    if (!info) info = reader->header().model;
    files.push_back(file);
  }
  CheckWeights(plan.model, plan.model_hash);
  CheckWeights(plan.identity, plan.identity_hash);
  // A recording may have grown, and a background been stored: the rest of the work would be told of
  // other frames than were looked at.
  if (InputsInParts(project, video) != planned.inputs) {
    throw Error("video '" + video.name + "'",
                "its frames or its background are others since the work was divided",
                "predict again with --jobs or --slurm: its parts are made anew");
  }
  PredictOptions options = plan.options;
  const std::string inputs =
      InputsOf(project, video, plan.model.string(), options, Purpose::kOutlines);
  if (!info) info = train::ReadModelInfo(plan.model.string());  // of a video without a frame
  KnownPredictor predictor(*info);
  const std::optional<IdentityVote> identity =
      LoadIdentityVote(plan.identity, info->classes, options);
  PartsInOrder parts(std::move(files), planned.start_frame, planned.end_frame);
  FrameSource source;
  source.found = [&parts] { return parts.Next(); };
  source.background = project.BackgroundOf(video).bgr;
  PredictResult result = PredictWith(project, video, predictor, source, options, job,
                                     datasets::UnchangedModelOfFile(project, plan.model),
                                     identity ? &*identity : nullptr, inputs);
  if (processors.size() > 1) {
    result.remarks.push_back("video '" + video.name + "': its parts were made by " +
                             std::to_string(processors.size()) +
                             " kinds of processors, whose results differ in the last digits");
  }
  datasets::KeepRemarks(project, result.job_id, result.remarks);
  return result;
}

}  // namespace infer
