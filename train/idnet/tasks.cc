#include "train/idnet/tasks.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/idnet/idnet.h"
#include "train/idseg/crop_views.h"
#include "train/idseg/decode.h"
#include "train/learn/temperature.h"

namespace train {
namespace {

constexpr uint64_t kFrameStream = 11, kWindowStream = 12, kViewStream = 13;
constexpr int kSeenAnew = 6;  // times each crop is seen for the windows
constexpr int kCropsAtOnce = 32;

std::vector<std::vector<float>> Rows(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.to(torch::kCPU, torch::kFloat32).contiguous();
  std::vector<std::vector<float>> rows;
  for (int64_t i = 0; i < values.size(0); ++i) {
    const float* row = values.data_ptr<float>() + i * values.size(1);
    rows.emplace_back(row, row + values.size(1));
  }
  return rows;
}

int64_t FloatsEach(const CropInput& input) {
  return static_cast<int64_t>(input.side) * input.side * input.channels;
}

// Mean features [crops, F] of `views` inputs for each crop; fill(crop, view, out) writes one.
template <class Fill>
torch::Tensor MeanFeatures(IdFrameNet& net, const torch::Device& device, const CropInput& input,
                           size_t crops, size_t views, Fill fill) {
  torch::NoGradGuard no_grad;
  const bool was_training = net->is_training();
  if (was_training) net->eval();  // another thread may be naming with it
  const int64_t each = FloatsEach(input);
  std::vector<torch::Tensor> parts;
  for (size_t first = 0; first < crops; first += kCropsAtOnce) {
    const size_t count = std::min<size_t>(kCropsAtOnce, crops - first);
    std::vector<float> values(count * views * static_cast<size_t>(each));
    for (size_t i = 0; i < count * views; ++i) {
      fill(first + i / views, i % views, values.data() + static_cast<int64_t>(i) * each);
    }
    const torch::Tensor x =
        WrapInput(values, static_cast<int>(count * views), input.side, input.side, input.channels)
            .to(device);
    const torch::Tensor features = net->Features(x);
    parts.push_back(
        features
            .view({static_cast<int64_t>(count), static_cast<int64_t>(views), net->feature_count})
            .mean(1));
  }
  if (was_training) net->train();
  return parts.empty() ? torch::zeros({0, net->feature_count}) : torch::cat(parts, 0);
}

}  // namespace

torch::Tensor FeaturesOfPatches(IdFrameNet& net, const torch::Device& device,
                                const std::vector<const AnimalPatch*>& patches,
                                const CropInput& input) {
  const std::vector<CropView> views = TestViews();
  return MeanFeatures(net, device, input, patches.size(), std::min(kIdentityViews, views.size()),
                      [&](size_t crop, size_t view, float* out) {
                        cv::Mat bgr, mask;
                        CutView(*patches[crop], views[view], input.side, bgr, mask);
                        FillCropInput(bgr, mask, input, 1, 0, out);
                      });
}

Validation JudgeNames(const std::vector<std::vector<float>>& scores,
                      const std::vector<int>& classes, const std::string& what) {
  double right = 0, log_likelihood = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const std::vector<float> log_prob = LogSoftmax(scores[i], 1);
    const auto best = std::max_element(log_prob.begin(), log_prob.end()) - log_prob.begin();
    right += best == classes[i];
    log_likelihood += std::max(-4.0f, log_prob[static_cast<size_t>(classes[i])]);
  }
  const double count = static_cast<double>(scores.size());
  Validation validation;
  validation.figures = {{what + "s", scores.size()}, {what + "_accuracy", right / count}};
  validation.score = right / count + 0.2 * (1 + log_likelihood / count / 4);
  return validation;
}

IdFrameTask::IdFrameTask(const LearningSet& set, const CropInput& input,
                         const std::vector<int>& learn, std::vector<int> held, bool dense,
                         uint64_t seed, torch::Device device, int batch)
    : set_(set),
      input_(input),
      held_(std::move(held)),
      seed_(seed),
      device_(device),
      batch_(batch),
      net_(input.channels, set.classes, dense) {
  std::map<int, std::vector<int>> lists;
  for (const int patch : learn) {
    lists[set.patches[static_cast<size_t>(patch)].class_index].push_back(patch);
  }
  for (auto& [name, list] : lists) by_class_.push_back(std::move(list));
  VOLE_CHECK(!by_class_.empty());
  net_->to(device_);
}

torch::Tensor IdFrameTask::Loss(int64_t step) {
  const int64_t each = FloatsEach(input_);
  values_.resize(static_cast<size_t>(batch_ * each));
  std::vector<int64_t> classes;
  for (int i = 0; i < batch_; ++i) {
    datasets::Random random(
        {seed_, kFrameStream, static_cast<uint64_t>(step), static_cast<uint64_t>(i)});
    const auto& list = by_class_[static_cast<size_t>(i + step) % by_class_.size()];
    const int patch = list[static_cast<size_t>(random.Below(static_cast<int>(list.size())))];
    const NamedPatch& named = set_.patches[static_cast<size_t>(patch)];
    FillLearningView(named.patch, input_, random, values_.data() + i * each);
    classes.push_back(named.class_index);
  }
  const torch::Tensor logits = net_->forward(
      WrapInput(values_, batch_, input_.side, input_.side, input_.channels).to(device_));
  return torch::nn::functional::cross_entropy(
      logits, torch::tensor(classes).to(device_),
      torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(0.05));
}

void IdFrameTask::ScoreHeld(std::vector<std::vector<float>>& scores, std::vector<int>& classes) {
  scores.clear();
  std::vector<const AnimalPatch*> patches;
  classes.clear();
  for (const int patch : held_) {
    patches.push_back(&set_.patches[static_cast<size_t>(patch)].patch);
    classes.push_back(set_.patches[static_cast<size_t>(patch)].class_index);
  }
  if (patches.empty()) return;
  torch::NoGradGuard no_grad;
  net_->eval();
  scores = Rows(net_->Logits(FeaturesOfPatches(net_, device_, patches, input_)));
}

std::optional<Validation> IdFrameTask::Validate() {
  if (held_.empty()) return std::nullopt;
  std::vector<std::vector<float>> scores;
  std::vector<int> classes;
  ScoreHeld(scores, classes);
  return JudgeNames(scores, classes, "crop");
}

IdWindowTask::IdWindowTask(const LearningSet& set, const TrainingData& data, const CropInput& input,
                           IdFrameNet frames, const std::vector<int>& learn,
                           const std::vector<int>& held, uint64_t seed, torch::Device device,
                           int batch)
    : set_(set),
      input_(input),
      frames_(std::move(frames)),
      seed_(seed),
      device_(device),
      batch_(batch),
      net_(frames_->feature_count, set.classes) {
  learn_ = TracksOf(learn, data);
  held_ = TracksOf(held, data);
  VOLE_CHECK(!learn_.empty());
  net_->to(device_);
}

std::vector<IdWindowTask::Track> IdWindowTask::TracksOf(const std::vector<int>& chosen,
                                                        const TrainingData& data) {
  std::map<std::pair<int, int>, std::vector<std::pair<int, int>>> lists;  // frame, patch
  for (const int index : chosen) {
    const NamedPatch& patch = set_.patches[static_cast<size_t>(index)];
    const LabeledFrame& frame = data.frames[static_cast<size_t>(patch.source)];
    lists[{patch.class_index, frame.video}].emplace_back(frame.frame_index, index);
  }
  std::vector<Track> tracks;
  for (auto& [key, list] : lists) {
    std::sort(list.begin(), list.end());
    Track track;
    track.class_index = key.first;
    for (const auto& [frame, index] : list) {
      track.crops.push_back(static_cast<int>(patches_.size()));
      patches_.push_back(index);
    }
    tracks.push_back(std::move(track));
  }
  return tracks;
}

void IdWindowTask::Prepare() {
  std::vector<const AnimalPatch*> patches;
  for (const int index : patches_) {
    patches.push_back(&set_.patches[static_cast<size_t>(index)].patch);
  }
  calm_ = FeaturesOfPatches(frames_, device_, patches, input_);
  std::vector<torch::Tensor> seen;
  for (int time = 0; time < kSeenAnew; ++time) {
    seen.push_back(MeanFeatures(
        frames_, device_, input_, patches.size(), kIdentityViews,
        [&](size_t crop, size_t view, float* out) {
          datasets::Random random({seed_, kViewStream, static_cast<uint64_t>(time), crop, view});
          FillLearningView(*patches[crop], input_, random, out);
        }));
  }
  seen_ = torch::stack(seen, 0);
}

torch::Tensor IdWindowTask::Forward(const torch::Tensor& features) {
  frames_->eval();
  torch::Tensor normed, votes;
  {
    torch::NoGradGuard no_grad;
    const int64_t count = features.size(0), frames = features.size(1);
    const torch::Tensor flat = frames_->norm->forward(features.reshape({count * frames, -1}));
    votes = frames_->head->forward(flat).view({count, frames, -1});
    normed = flat.view({count, frames, -1});
  }
  return net_->forward(normed, votes);
}

torch::Tensor IdWindowTask::Loss(int64_t step) {
  constexpr int kHalf = kIdentityWindow / 2;
  std::vector<torch::Tensor> windows;
  std::vector<int64_t> classes;
  for (int i = 0; i < batch_; ++i) {
    datasets::Random random(
        {seed_, kWindowStream, static_cast<uint64_t>(step), static_cast<uint64_t>(i)});
    const Track& track = learn_[static_cast<size_t>(i + step) % learn_.size()];
    const int length = static_cast<int>(track.crops.size());
    const int center = random.Below(length);
    // Neighbors in time look alike: half of the windows show one crop again and again.
    const bool still = random.Chance(0.5);
    std::vector<torch::Tensor> frames;
    for (int offset = -kHalf; offset <= kHalf; ++offset) {
      const int place = still ? center : std::clamp(center + offset, 0, length - 1);
      frames.push_back(seen_[random.Below(kSeenAnew)][track.crops[static_cast<size_t>(place)]]);
    }
    windows.push_back(torch::stack(frames, 0));
    classes.push_back(track.class_index);
  }
  return torch::nn::functional::cross_entropy(
      Forward(torch::stack(windows, 0)), torch::tensor(classes).to(device_),
      torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(0.05));
}

void IdWindowTask::ScoreHeld(std::vector<std::vector<float>>& scores, std::vector<int>& classes) {
  constexpr int kHalf = kIdentityWindow / 2;
  torch::NoGradGuard no_grad;
  net_->eval();
  scores.clear();
  classes.clear();
  for (const Track& track : held_) {
    const int length = static_cast<int>(track.crops.size());
    std::vector<torch::Tensor> windows;
    for (int center = 0; center < length; ++center) {
      std::vector<torch::Tensor> frames;
      for (int offset = -kHalf; offset <= kHalf; ++offset) {
        const int place = std::clamp(center + offset, 0, length - 1);
        frames.push_back(calm_[track.crops[static_cast<size_t>(place)]]);
      }
      windows.push_back(torch::stack(frames, 0));
      classes.push_back(track.class_index);
    }
    for (auto& row : Rows(Forward(torch::stack(windows, 0)))) scores.push_back(std::move(row));
  }
}

std::optional<Validation> IdWindowTask::Validate() {
  if (held_.empty()) return std::nullopt;
  std::vector<std::vector<float>> scores;
  std::vector<int> classes;
  ScoreHeld(scores, classes);
  return JudgeNames(scores, classes, "window");
}

}  // namespace train
