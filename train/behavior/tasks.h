// What the behavior networks learn from, for the trainer. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <optional>
#include <vector>

#include "train/behavior/data.h"
#include "train/behavior/picture.h"
#include "train/learn/trainer.h"
#include "train/nets/behavior_nets.h"

namespace train {

struct BehaviorLoss {
  double gamma = 0;  // focal loss alpha (1 - p)^gamma (-log p) (Lin et al. 2017); 0: cross-entropy
  double alpha = 1;
  torch::Tensor weights;  // [outputs]
};
// Mean over the labeled (picture, head) pairs. logits [N, outputs], labels [N, heads], class or -1.
torch::Tensor LossOf(const torch::Tensor& logits, const torch::Tensor& labels,
                     const std::vector<BehaviorHead>& heads, const BehaviorLoss& loss);

// Which frames are drawn how often: rare classes more often than common ones, frames without any
// behavior only `background_share` of them (but not fewer than the most common behavior has).
class FrameDraw {
 public:
  struct Example {
    int row = 0, frame = 0;
  };
  FrameDraw(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
            double background_share, uint64_t seed, bool must_be_seen);
  const Example& Draw(double uniform) const;  // uniform in [0, 1)
  bool empty() const { return examples_.empty(); }
  // Share of each class among the frames drawn [outputs], per head.
  const std::vector<double>& drawn() const { return drawn_; }

 private:
  std::vector<Example> examples_;
  std::vector<double> until_;  // cumulative
  std::vector<double> drawn_;
};

// Weights of the classes [outputs] for frames that come with these shares.
std::vector<double> ClassWeights(const std::string& kind, const std::vector<BehaviorHead>& heads,
                                 const std::vector<double>& shares);
// `prior` times log(what the network was shown / what is true), [outputs]: subtracted from the
// logits all of it gives probabilities for frames as they come (Saerens et al. 2002).
std::vector<double> PriorShift(const std::vector<BehaviorHead>& heads,
                               const std::vector<double>& shown,
                               const std::vector<std::vector<int64_t>>& truth, double prior);

// Scores of labeled frames and how good they are.
struct ScoredFrames {
  std::vector<std::vector<float>> logits;    // [frames][outputs]
  std::vector<std::vector<uint8_t>> labels;  // [frames][heads]
};
// {frames, accuracy, macro_f1 (over behaviors that occur), f1_NAME...}; score: macro F1 and a
// little of the likelihood, which goes on rising where F1 stands still.
Validation Judge(const ScoredFrames& scored, const std::vector<BehaviorHead>& heads,
                 const std::vector<double>& shift, double temperature);
// The temperature that makes the labels most likely, and how much of the shift (0, 0.5 or 1) gives
// the best macro F1. Without labels: temperature 1 and the whole shift.
void Calibrate(const ScoredFrames& scored, const std::vector<BehaviorHead>& heads,
               std::vector<double>* shift, double* temperature);

// Single pictures, or clips of them, to behaviors: behavior-frame, the first half of behavior-seq,
// and c3d.
class PictureTask : public LearningTask {
 public:
  // `description` has everything but shift and temperature. `data` must outlive the task.
  PictureTask(const BehaviorData& data, const BehaviorDescription& description,
              const BehaviorOptions& options, BehaviorLoss loss, const BehaviorSplit& split,
              uint64_t seed, torch::Device device, int batch);
  torch::nn::Module& module() override;
  torch::Tensor Loss(int64_t step) override;
  std::optional<Validation> Validate() override;
  std::vector<double> shift() const { return shift_; }
  FrameNetwork* frame_network() { return frame_net_->frame.get(); }  // not of c3d
  // With the module as it is, in evaluation mode.
  ScoredFrames ScoreHeld();
  // Features [frames of the span, F], zeros where the subject is not seen. behavior-frame only.
  torch::Tensor FeaturesOf(const BehaviorSpan& span);

 private:
  void Fill(int row, int frame, const PictureView* view, float* out) const;
  torch::Tensor Forward(const torch::Tensor& x);
  torch::Tensor Wrap(int count);
  int64_t FloatsEach() const;
  const BehaviorData& data_;
  BehaviorDescription description_;
  BehaviorLoss loss_;
  BehaviorSplit split_;
  uint64_t seed_;
  torch::Device device_;
  int batch_;
  FrameDraw draw_;
  BehaviorFrameNet frame_net_{nullptr};
  C3dNet clip_net_{nullptr};
  std::vector<double> shift_;
  std::vector<FrameDraw::Example> held_;
  std::vector<float> values_;
};

// Features and motion over time to behaviors.
class TemporalTask : public LearningTask {
 public:
  struct Series {          // one span with its surroundings
    BehaviorSpan span;     // where labels count
    int start_frame = 0;   // of the inputs
    torch::Tensor inputs;  // [inputs, frames]
    torch::Tensor labels;  // [frames, heads], -1 outside of the span
  };
  TemporalTask(const BehaviorData& data, const BehaviorDescription& description,
               const BehaviorOptions& options, BehaviorLoss loss, std::vector<Series> learn,
               std::vector<Series> held, uint64_t seed, torch::Device device, int batch);
  torch::nn::Module& module() override { return *net_; }
  torch::Tensor Loss(int64_t step) override;
  std::optional<Validation> Validate() override;
  std::vector<double> shift() const { return shift_; }
  ScoredFrames ScoreHeld();

 private:
  // So many numbers would be learned by heart from few bouts, and the picture's features know the
  // frames that taught them: some of both are left out, numbers are blurred. [N, inputs, length]
  void Disturb(torch::Tensor& inputs) const;
  // Inputs [inputs, length], labels [length, heads] from `start` on.
  void Cut(const Series& series, int start, const torch::Tensor& inputs,
           const torch::Tensor& labels) const;
  const BehaviorData& data_;
  BehaviorDescription description_;
  BehaviorLoss loss_;
  std::vector<Series> learn_, held_;
  uint64_t seed_;
  torch::Device device_;
  int batch_;
  FrameDraw draw_;
  TemporalNet net_{nullptr};
  std::vector<double> shift_;
  int inputs_ = 0, reach_ = 0;
  bool mirrors_ = false;       // chunks may be learned from in a mirror
  torch::Tensor from_, sign_;  // of the points' numbers then, [count], [count, 1]
};

}  // namespace train
