// One training from its first step to the model file, the same for every family of networks: phases
// one after the other, progress and the time left, checkpoints, the record. Internal to train/
// (torch types).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "train/base/training_request.h"
#include "train/learn/split.h"
#include "train/learn/together.h"
#include "train/learn/trainer.h"
#include "train/learn/training_samples.h"

namespace train {

// A network that is learned after the others before it.
struct Phase {
  std::string prefix;  // of its values in a checkpoint: "seg."
  std::string what;    // "learning outlines"
  double share = 1;    // of the progress and of the time
  // Steps by TrainingRun::Steps; max_seconds where neither --steps nor --minutes say otherwise. The
  // run sets clock, peers and cancel.
  TrainerOptions options;
  bool open_end = false;  // --minutes without --steps: its time alone ends it
  bool skipped = false;   // it came from elsewhere and learns nothing
  bool decides = false;   // best step and loss of the whole are its own; of several, the last
  std::function<void()> prepare = {};  // before its first step
};

// What a family of networks gives to its training.
class Family {
 public:
  virtual ~Family() = default;
  // The task of a phase, asked for once: at the start, or, where it is made `late`, when its turn
  // comes and it exists only then.
  virtual LearningTask& Task(size_t phase) = 0;
  virtual bool Late(size_t phase) const { return (void)phase, false; }
  // Fits what is fitted afterwards, as temperatures; the modules hold the weights to keep.
  virtual void Calibrate() = 0;
  // The metadata of the model file. `record` holds program, date, options, steps, seconds,
  // best_step, loss, skipped_steps and validation; the family adds its own.
  virtual std::map<std::string, std::string> Describe(nlohmann::json record) const = 0;
  // The tensors of the model file, by the prefix of their names.
  virtual std::vector<std::pair<std::string, NamedTensors>> Weights() = 0;
  // Whether a model can be made of what is learned when a cancel comes.
  virtual bool Usable() const { return true; }
  // For the line of progress, as ", loss_mask 0.3".
  virtual std::string News() const { return ""; }
  // Of all phases, from the best of each (null where there is none yet). By default all in one.
  virtual nlohmann::json Figures(const std::vector<nlohmann::json>& best) const;
  // What the network of `phase` answers for a labeled frame; for those that ShowSamples was called
  // for.
  virtual TrainSample Sample(size_t phase, int frame);
};

class TrainingRun {
 public:
  // The clock of --minutes starts here, so before labels and pictures are read. Throws Error when
  // the folder of the model file does not exist.
  explicit TrainingRun(const TrainingRequest& request);

  // Waits for the other processes, where there are some. Null: this one is alone.
  Peers* Meet(const TrainingData& data);
  // So many steps, unless a person says another number.
  int64_t Steps(int64_t chosen) const;
  // Samples of these labels are shown as they learn, where somebody looks.
  void ShowSamples(const TrainingData& data, const Split& split);
  // Goes on from the checkpoint with --resume. `identity`: what must be equal for that.
  void Start(Family& family, std::vector<Phase> phases, std::string identity);
  // Learns and writes the model file, then the checkpoint. Throws Error before the first step where
  // the model could not be written, Cancelled and PeerLost when the best so far is kept.
  TrainResult Run();

  // All zero before a phase has begun.
  const TrainerState& state(size_t phase) const;
  int64_t TotalSteps() const;

 private:
  std::string LastFile() const { return request_.model_file + ".last"; }
  bool Writes() const { return train::Writes(peers_); }
  double Elapsed() const;
  double Granted() const;
  void MakeTrainer(size_t phase);
  void Resume();
  void Learn(size_t phase);
  std::string TimeLeft(size_t phase, double first_share, double phase_seconds) const;
  void Report(double share, const std::string& text);
  void Tell(const TrainerState& state);
  void Show(size_t phase);
  size_t Deciding() const;
  nlohmann::json Figures() const;
  nlohmann::json Record() const;
  void CheckSavable();
  WeightsFile Checkpoint() const;
  void SaveLast(const WeightsFile& checkpoint);
  WeightsFile Model();
  void KeepBest();

  const TrainingRequest& request_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::unique_ptr<Peers> peers_;
  Family* family_ = nullptr;
  std::vector<Phase> phases_;
  std::vector<std::unique_ptr<Trainer>> trainers_;  // one a phase; null until it is made
  std::string identity_;
  std::optional<WeightsFile> resumed_;  // until every phase has taken its part
  std::unique_ptr<SampleTurns> turns_;
  std::string warning_;  // about checkpoints
};

}  // namespace train
