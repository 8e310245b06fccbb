#include "infer/live/live_writer.h"

#include <set>
#include <utility>

#include "infer/run/prediction_writer.h"

namespace infer {
namespace {

constexpr auto kHandOnEvery = std::chrono::milliseconds(900);  // with its own time: once a second

}  // namespace

std::string LiveWriter::Names::Of(const LiveAnimal& animal) const {
  const std::string& name = classes.at(animal.class_index);
  return numbered ? name + "_" + std::to_string(animal.blob.tracklet + 1) : name;
}

LiveWriter::LiveWriter(datasets::Project& project, const std::filesystem::path& file,
                       datasets::Id job_id, Names names,
                       std::function<void(const std::string&)> say)
    : project_(project),
      file_(file),
      job_id_(job_id),
      names_(std::move(names)),
      say_(std::move(say)) {}

LiveWriter::~LiveWriter() = default;

void LiveWriter::Record(const LiveFrame& frame) {
  const bool first = !recording_;
  if (first) {
    recording_ = std::make_unique<datasets::Recording>(project_, file_, frame.fps, job_id_);
    size_ = frame.bgr.size();
  }
  recording_->Encode(frame.bgr, frame.milliseconds);
  if (first) {
    storer_ = std::make_unique<LiveStorer>(*recording_, job_id_, say_);
    HandOn();  // its video is in the project from now on
  } else {
    HandOnIfDue();
  }
}

void LiveWriter::Add(const LookedFrame& frame) {
  std::set<int> seen;
  for (const LiveAnimal& animal : frame.animals) {
    datasets::PredictionRow row = RowOf(animal.blob, size_);
    row.frame_index = frame.number;
    row.job_id = job_id_;
    row.category_id = names_.categories.at(animal.class_index);
    gathered_.rows.push_back(std::move(row));
    if (!animal.movement) continue;
    const int number = animal.blob.tracklet;
    const std::string subject = names_.Of(animal);
    seen.insert(number);
    const auto open = open_.find(number);
    if (open != open_.end() && open->second.bout.movement == *animal.movement &&
        open->second.bout.subject == subject) {
      open->second.bout.end_frame = frame.number + 1;
      continue;
    }
    if (open != open_.end()) gathered_.bouts[open->second.number] = std::move(open->second.bout);
    open_[number] = {++bouts_, {subject, *animal.movement, frame.number, frame.number + 1}};
  }
  for (auto open = open_.begin(); open != open_.end();) {
    if (seen.count(open->first)) {
      ++open;
    } else {
      gathered_.bouts[open->second.number] = std::move(open->second.bout);
      open = open_.erase(open);
    }
  }
  HandOnIfDue();
}

void LiveWriter::HandOnIfDue() {
  if (std::chrono::steady_clock::now() - handed_on_ >= kHandOnEvery) HandOn();
}

void LiveWriter::HandOn() {
  for (const auto& [number, open] : open_) gathered_.bouts[open.number] = open.bout;
  gathered_.index = recording_->Flush();
  storer_->Offer(std::exchange(gathered_, {}));
  handed_on_ = std::chrono::steady_clock::now();
}

void LiveWriter::Finish() {
  if (!storer_) return;
  HandOn();
  storer_->Drain();
  datasets::Job job;  // the one that may be cancelled has been: this is the end in order
  recording_->Finish({}, job);
}

}  // namespace infer
