#include "infer/live/live_writer.h"

#include <set>
#include <utility>

#include "datasets/store/recording/recording_store.h"
#include "datasets/store/writer.h"
#include "infer/run/prediction_writer.h"

namespace infer {
namespace {

constexpr auto kCommitEvery = std::chrono::milliseconds(900);  // with its own time: once a second
constexpr const char* kMovementGroup = "movement";

}  // namespace

std::string LiveWriter::Names::Of(const LiveAnimal& animal) const {
  const std::string& name = classes.at(animal.class_index);
  return numbered ? name + "_" + std::to_string(animal.blob.tracklet + 1) : name;
}

LiveWriter::LiveWriter(datasets::Project& project, const std::filesystem::path& file,
                       datasets::Id job_id, Names names)
    : project_(project), file_(file), job_id_(job_id), names_(std::move(names)) {}

LiveWriter::~LiveWriter() = default;

void LiveWriter::Record(const LiveFrame& frame) {
  if (!recording_) {
    recording_ = std::make_unique<datasets::Recording>(project_, file_, frame.fps, job_id_);
    size_ = frame.bgr.size();
    last_commit_ = std::chrono::steady_clock::now();
  }
  recording_->Write(frame.bgr, frame.milliseconds);
  CommitIfDue();
}

void LiveWriter::Add(const LookedFrame& frame) {
  std::set<int> seen;
  for (const LiveAnimal& animal : frame.animals) {
    datasets::PredictionRow row = RowOf(animal.blob, size_);
    row.frame_index = frame.number;
    row.job_id = job_id_;
    row.video_id = recording_->video_id();
    row.category_id = names_.categories.at(animal.class_index);
    rows_.push_back(std::move(row));
    if (!animal.movement) continue;
    const int number = animal.blob.tracklet;
    const std::string subject = names_.Of(animal);
    seen.insert(number);
    const auto open = open_.find(number);
    if (open != open_.end() && open->second.movement == *animal.movement &&
        open->second.subject == subject) {
      open->second.end_frame = frame.number + 1;
      continue;
    }
    if (open != open_.end()) ended_.push_back(std::move(open->second));
    open_[number] = {0, subject, *animal.movement, frame.number, frame.number + 1};
  }
  for (auto open = open_.begin(); open != open_.end();) {
    if (seen.count(open->first)) {
      ++open;
    } else {
      ended_.push_back(std::move(open->second));
      open = open_.erase(open);
    }
  }
  CommitIfDue();
}

void LiveWriter::Store(datasets::Writer& writer) {
  for (const datasets::PredictionRow& row : rows_) writer.InsertPrediction(row);
  const auto store = [&](Bout& bout) {
    if (bout.id != 0) {
      datasets::MoveBehaviorPredictionEnd(writer, bout.id, bout.end_frame);
      return;
    }
    datasets::BehaviorRow behavior;
    behavior.name = MovementName(bout.movement);
    behavior.exclusion_group = kMovementGroup;
    datasets::BehaviorPredictionRow row;
    row.job_id = job_id_;
    row.video_id = recording_->video_id();
    row.subject = bout.subject;
    row.behavior_id = writer.FindOrInsertBehavior(behavior);
    row.start_frame = bout.start_frame;
    row.end_frame = bout.end_frame;
    row.score = 1;
    bout.id = writer.InsertBehaviorPrediction(row);
  };
  for (Bout& bout : ended_) store(bout);
  for (auto& [number, bout] : open_) store(bout);
  if (!ground_.empty()) {
    datasets::Background background;
    background.bgr = ground_;
    background.static_camera = true;
    background.reliable = true;
    datasets::SetVideoBackground(writer, recording_->video_id(), background);
  }
}

void LiveWriter::Stored() {
  rows_.clear();
  ended_.clear();
  ground_.release();
  last_commit_ = std::chrono::steady_clock::now();
}

void LiveWriter::CommitIfDue() {
  if (std::chrono::steady_clock::now() - last_commit_ < kCommitEvery) return;
  recording_->Commit([&](datasets::Writer& writer) { Store(writer); });
  Stored();
}

void LiveWriter::Finish() {
  if (!recording_) return;
  datasets::Job job;  // the one that may be cancelled has been: this is the end in order
  recording_->Finish([&](datasets::Writer& writer) { Store(writer); }, job);
  Stored();
}

}  // namespace infer
