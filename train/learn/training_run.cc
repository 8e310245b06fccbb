#include "train/learn/training_run.h"

#include <algorithm>
#include <filesystem>

#include "datasets/base/error.h"
#include "train/learn/room.h"
#include "train/learn/training_record.h"

namespace train {

using datasets::Error;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

constexpr uint64_t kHeaderBytes = 65536;  // names and shapes of the tensors
constexpr double kWritingSeconds = 2;     // of --minutes, for the model file
constexpr int64_t kNoEnd = 1000000;       // steps
constexpr int64_t kStepsToEstimate = 3;   // the first ones take longer

double Since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

json Family::Figures(const std::vector<json>& best) const {
  json all;
  for (const json& one : best) {
    if (!one.is_object()) continue;
    if (all.is_null()) all = json::object();
    all.update(one);
  }
  return all;
}

TrainSample Family::Sample(size_t, int) { return {}; }

TrainingRun::TrainingRun(const TrainingRequest& request) : request_(request) {
  CheckModelFolder(request.model_file);
}

Peers* TrainingRun::Meet(const TrainingData& data) {
  peers_ = MeetOthers(data, request_.options, request_.job);
  return peers_.get();
}

int64_t TrainingRun::Steps(int64_t chosen) const {
  return request_.options.steps > 0 ? request_.options.steps : chosen;
}

void TrainingRun::ShowSamples(const TrainingData& data, const Split& split) {
  if (request_.on_sample) turns_ = std::make_unique<SampleTurns>(data, split);
}

double TrainingRun::Elapsed() const { return Since(start_); }

// Of --minutes: reading the labels before and writing the model afterwards belong to it.
double TrainingRun::Granted() const {
  const double seconds = request_.options.minutes * 60;
  const double spent = request_.options.processor_time ? ProcessorSeconds() : Elapsed();
  return std::max(0.5 * seconds, seconds - spent - kWritingSeconds);
}

void TrainingRun::Start(Family& family, std::vector<Phase> phases, std::string identity) {
  family_ = &family;
  phases_ = std::move(phases);
  identity_ = std::move(identity);
  trainers_.resize(phases_.size());
  const TrainOptions& options = request_.options;
  const double granted = Granted();
  for (Phase& phase : phases_) {
    if (options.minutes > 0) {
      phase.options.max_seconds = granted * phase.share;
      if (options.steps == 0 && phase.open_end) phase.options.steps = kNoEnd;
    } else if (options.steps > 0) {
      phase.options.max_seconds = 0;
    }
    phase.options.peers = peers_.get();
    phase.options.processor_time = options.processor_time;
    phase.options.cancelled = [this] { return request_.job.cancelled(); };
  }
  for (size_t phase = 0; phase < phases_.size(); ++phase) {
    if (!family_->Late(phase)) MakeTrainer(phase);
  }
  if (options.resume) Resume();
}

void TrainingRun::MakeTrainer(size_t phase) {
  if (trainers_[phase]) return;
  trainers_[phase] = std::make_unique<Trainer>(family_->Task(phase), phases_[phase].options);
  const std::string& prefix = phases_[phase].prefix;
  if (resumed_ && resumed_->metadata.count(prefix + "state")) {
    trainers_[phase]->Load(prefix, *resumed_);
  }
}

void TrainingRun::Resume() {
  if (!std::filesystem::exists(LastFile())) {
    throw Error("checkpoint " + LastFile(), "there is none to go on from",
                "train without --resume");
  }
  WeightsFile file = ReadSafetensors(LastFile());
  const auto found = file.metadata.find("training");
  if (found == file.metadata.end() || found->second != identity_) {
    throw Error("checkpoint " + LastFile(),
                "it was made from other labels, another seed, other options or another number of "
                "steps",
                "train without --resume; --init takes over the weights of a model");
  }
  for (size_t phase = 0; phase < phases_.size(); ++phase) {
    if (trainers_[phase]) trainers_[phase]->Load(phases_[phase].prefix, file);
  }
  const bool waits = std::any_of(trainers_.begin(), trainers_.end(),
                                 [](const auto& trainer) { return trainer == nullptr; });
  if (waits) resumed_ = std::move(file);
}

TrainResult TrainingRun::Run() {
  if (Writes()) CheckSavable();
  try {
    for (size_t phase = 0; phase < phases_.size(); ++phase) {
      if (!phases_[phase].skipped) Learn(phase);
    }
  } catch (const datasets::Cancelled&) {
    KeepBest();
    throw;
  } catch (const PeerLost&) {
    KeepBest();
    throw;
  }
  if (Writes()) {
    WriteSafetensors(request_.model_file, Model());
    SaveLast(Checkpoint());
  }
  TrainResult result;
  result.steps = static_cast<int>(TotalSteps());
  result.seconds = Elapsed();
  result.best_step = static_cast<int>(state(Deciding()).best_step);
  result.validation = Figures();
  return result;
}

const TrainerState& TrainingRun::state(size_t phase) const {
  static const TrainerState none;
  return phase < trainers_.size() && trainers_[phase] ? trainers_[phase]->state() : none;
}

int64_t TrainingRun::TotalSteps() const {
  int64_t steps = 0;
  for (size_t phase = 0; phase < phases_.size(); ++phase) steps += state(phase).step;
  return steps;
}

size_t TrainingRun::Deciding() const {
  size_t found = 0;
  for (size_t phase = 0; phase < phases_.size(); ++phase) {
    if (phases_[phase].decides && trainers_[phase]) found = phase;
  }
  return found;
}

void TrainingRun::Learn(size_t phase) {
  double before = 0;
  for (size_t earlier = 0; earlier < phase; ++earlier) before += phases_[earlier].share;
  if (phases_[phase].prepare) phases_[phase].prepare();
  MakeTrainer(phase);
  const Phase& plan = phases_[phase];
  Trainer& trainer = *trainers_[phase];
  const int64_t first_step = trainer.state().step;
  const double first_share = trainer.DoneShare();
  const auto phase_start = Clock::now();
  Report(before + plan.share * std::min(1.0, first_share), plan.what + ": the first step");
  trainer.Run(
      [&](const TrainerState& state) {
        std::string text = plan.what + ": step " + std::to_string(state.step) + family_->News();
        if (state.step - first_step >= kStepsToEstimate) {
          text += TimeLeft(phase, first_share, Since(phase_start));
        }
        if (!warning_.empty()) text += "; " + warning_;
        Tell(state);
        if (turns_) Show(phase);
        Report(before + plan.share * std::min(1.0, trainer.DoneShare()), text);
      },
      [&](const TrainerState&) {
        if (Writes()) SaveLast(Checkpoint());
      });
}

std::string TrainingRun::TimeLeft(size_t phase, double first_share, double phase_seconds) const {
  const double share = std::min(1.0, trainers_[phase]->DoneShare());
  const double gained = share - first_share;
  if (gained <= 0) return "";
  double later = 0;
  for (size_t next = phase + 1; next < phases_.size(); ++next) later += phases_[next].share;
  const double whole = phase_seconds / gained;  // of this phase
  const double left = whole * (1 - share + later / phases_[phase].share);
  return ", about " + DurationWords(left) + " left";
}

// Members of a group end together: the trainer asks them after each step.
void TrainingRun::Report(double share, const std::string& text) {
  try {
    request_.job.Advance(share, 1, text);
  } catch (const datasets::Cancelled&) {
    if (!peers_) throw;
  }
}

void TrainingRun::Tell(const TrainerState& state) {
  if (!request_.on_progress) return;
  int64_t planned = 0;
  for (const Phase& phase : phases_) planned += phase.skipped ? 0 : phase.options.steps;
  TrainProgress progress;
  progress.step = static_cast<int>(TotalSteps());
  progress.steps = static_cast<int>(std::max(planned, TotalSteps()));
  progress.loss = state.loss;
  progress.step_loss = state.step_loss;
  progress.seconds = Elapsed();
  progress.validation = Figures();
  if (state.judged_step == state.step) progress.judged = state.figures;
  progress.warning = warning_;
  request_.on_progress(progress);
}

void TrainingRun::Show(size_t phase) {
  const TrainerState& state = this->state(phase);
  const bool judged = state.judged_step == state.step;
  const double start = Elapsed();
  if (!turns_->Due(start, judged, state.finished)) return;
  trainers_[phase]->WithAverage([&] {
    for (const int frame : turns_->Next()) {
      TrainSample sample = family_->Sample(phase, frame);
      sample.step = static_cast<int>(TotalSteps());
      sample.held_back = turns_->held_back();
      request_.on_sample(sample);
    }
  });
  turns_->Shown(Elapsed(), Elapsed() - start, judged);
}

json TrainingRun::Figures() const {
  std::vector<json> best;
  for (size_t phase = 0; phase < phases_.size(); ++phase) best.push_back(state(phase).best_figures);
  return family_->Figures(best);
}

json TrainingRun::Record() const {
  const TrainerState& deciding = state(Deciding());
  json record = TrainingRecord(request_.options);
  record["steps"] = TotalSteps();
  record["seconds"] = Elapsed();
  record["best_step"] = deciding.best_step;
  record["loss"] = deciding.loss;
  record["skipped_steps"] = deciding.bad_steps;
  record["validation"] = Figures();
  return record;
}

// What would fail after hours is tried first: the description, and the room for the files.
void TrainingRun::CheckSavable() {
  const std::filesystem::path file = request_.model_file;
  std::map<std::string, std::string> metadata;
  try {
    metadata = family_->Describe(Record());
    json(metadata).dump();
  } catch (const json::exception&) {
    throw Error("model " + request_.model_file,
                "a name among the labels is not UTF-8 text, so the model could not be saved",
                "give the animals and behaviors other names");
  }
  uint64_t model_bytes = kHeaderBytes, checkpoint_bytes = kHeaderBytes;
  for (const auto& [key, value] : metadata) model_bytes += value.size();
  for (const auto& [prefix, values] : family_->Weights()) {
    for (const auto& [name, tensor] : values) model_bytes += tensor.nbytes();
  }
  for (const auto& [name, tensor] : Checkpoint().tensors) checkpoint_bytes += tensor.bytes.size();
  const std::string cause = WhyNoRoom(file, model_bytes);
  if (!cause.empty()) {
    throw Error("model " + request_.model_file,
                "its " + MegabyteWords(model_bytes) + " could not be written at the end: " + cause,
                "make room on that disk, or give another place with --out");
  }
  if (!WhyNoRoom(file, model_bytes + checkpoint_bytes).empty()) {
    warning_ = "there is no room for checkpoints of " + MegabyteWords(checkpoint_bytes) +
               ", so it could not be resumed";
  }
}

WeightsFile TrainingRun::Checkpoint() const {
  WeightsFile file;
  for (size_t phase = 0; phase < phases_.size(); ++phase) {
    if (trainers_[phase]) trainers_[phase]->Save(phases_[phase].prefix, file);
  }
  file.metadata["training"] = identity_;
  file.metadata["architecture"] = request_.options.model;
  return file;
}

// Only --resume needs it: without it the training goes on, and the model is what counts.
void TrainingRun::SaveLast(const WeightsFile& checkpoint) {
  try {
    WriteSafetensors(LastFile(), checkpoint);
    warning_.clear();
  } catch (const Error& error) {
    warning_ = std::string("no checkpoint for --resume: ") + error.what();
  }
}

// The modules hold the weights to keep.
WeightsFile TrainingRun::Model() {
  family_->Calibrate();
  WeightsFile file;
  file.metadata = family_->Describe(Record());
  for (const auto& [prefix, values] : family_->Weights()) StoreTensors(values, prefix, file);
  return file;
}

// Before the end of the schedule: the best model so far, and what --resume needs.
void TrainingRun::KeepBest() {
  if (!Writes() || TotalSteps() == 0) return;
  const WeightsFile checkpoint = Checkpoint();
  for (size_t phase = 0; phase < phases_.size(); ++phase) {
    if (trainers_[phase] && !phases_[phase].skipped) trainers_[phase]->UseBest();
  }
  if (family_->Usable()) WriteSafetensors(request_.model_file, Model());
  SaveLast(checkpoint);
}

}  // namespace train
