#include "train/idseg/tasks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "train/idseg/crop_views.h"
#include "train/learn/temperature.h"

namespace train {
namespace {

constexpr uint64_t kSegStream = 1, kCropStream = 2;
constexpr size_t kMostHeldFrames = 40;
constexpr double kCenterWeight = 2;  // of the way to the center in the loss

void UseChannelsLast(torch::nn::Module& module) {
  for (const auto& part : module.modules(false)) {
    if (auto* conv = part->as<torch::nn::Conv2d>()) {
      conv->weight.set_data(conv->weight.data().contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
}

}  // namespace

SegTask::SegTask(const LearningSet& set, const TrainingData& data,
                 const IdsegDescription& description, std::vector<int> learn, std::vector<int> held,
                 uint64_t seed, torch::Device device, const BatchShare& share, int side)
    : set_(set),
      data_(data),
      description_(description),
      held_(std::move(held)),
      seed_(seed),
      device_(device),
      share_(share),
      side_(side),
      sampler_(set, learn, description.seg,
               [side] {
                 SegSampling sampling;
                 sampling.side = side;
                 return sampling;
               }()),
      net_(set.classes) {
  if (held_.size() > kMostHeldFrames) {
    std::vector<int> spread;
    for (size_t i = 0; i < kMostHeldFrames; ++i) {
      spread.push_back(held_[i * held_.size() / kMostHeldFrames]);
    }
    held_ = spread;
  }
  std::vector<double> pixels(static_cast<size_t>(set.classes), 1);
  for (int frame : learn) {
    for (const ScaledObject& object : set.frames[frame].objects) {
      if (!object.ignore) pixels[object.class_index] += cv::countNonZero(object.coverage > 127);
    }
  }
  double mean = 0;
  for (double count : pixels) mean += count / set.classes;
  std::vector<float> weights;
  for (double count : pixels) {
    weights.push_back(static_cast<float>(std::clamp(std::sqrt(mean / count), 0.5, 3.0)));
  }
  class_weights_ = torch::tensor(weights).to(device_);
  UseChannelsLast(*net_);
  net_->to(device_);
  if (Halves::Fit(share, device_)) {
    twin_ = IdsegNet(set.classes);
    halves_ = std::make_unique<Halves>(*net_, *twin_, share);
  } else {
    NormalizeOverPeers(*net_, share.peers);
  }
}

torch::Tensor SegTask::OverAll(const torch::Tensor& value) const {
  torch::NoGradGuard no_grad;
  torch::Tensor sum = value.detach().clone();
  if (share_.peers) share_.peers->Sum({sum});
  return sum;
}

SegTask::Drawn SegTask::Draw(int64_t step, int first, int count) const {
  const int64_t plane = static_cast<int64_t>(side_) * side_;
  Drawn drawn;
  drawn.input.resize(static_cast<size_t>(count * plane * kSegInputChannels));
  torch::Tensor targets = torch::empty({4, count, side_, side_}, torch::kUInt8);
  torch::Tensor to_center = torch::empty({count, side_, side_, 2});
  std::vector<float> sample_weights;
  for (int i = 0; i < count; ++i) {
    const int slot = share_.first + first + i;
    datasets::Random random(
        {seed_, kSegStream, static_cast<uint64_t>(step), static_cast<uint64_t>(slot)});
    const SegSample sample = sampler_.Draw(random, slot);
    FillSegInput(sample.bgr, sample.background, sample.gain, sample.background_gain,
                 description_.seg, {side_, side_},
                 drawn.input.data() + i * plane * kSegInputChannels);
    const cv::Mat* planes[] = {&sample.animal, &sample.core, &sample.label, &sample.counted};
    for (int t = 0; t < 4; ++t) {
      cv::Mat target(side_, side_, CV_8UC1, targets[t][i].data_ptr<uint8_t>());
      planes[t]->copyTo(target);
    }
    cv::Mat ways(side_, side_, CV_32FC2, to_center[i].data_ptr<float>());
    sample.to_center.convertTo(ways, CV_32F, 1 / kCenterUnit);
    sample_weights.push_back(static_cast<float>(sample.weight));
  }
  targets = targets.to(device_);
  const torch::Tensor weight = torch::tensor(sample_weights).to(device_).view({-1, 1, 1});
  drawn.counted = targets[3].ne(0).to(torch::kFloat32) * weight;
  drawn.animal = targets[0].to(torch::kFloat32) / 255;
  drawn.core = targets[1].to(torch::kFloat32) / 255;
  drawn.to_center = to_center.to(device_).permute({0, 3, 1, 2});
  drawn.label = targets[2].to(torch::kInt64);
  drawn.inside = drawn.animal.gt(0.5).to(torch::kFloat32) * drawn.counted * drawn.label.gt(0);
  drawn.sums = torch::stack({drawn.counted.sum(), drawn.inside.sum()});
  return drawn;
}

torch::Tensor SegTask::LossOf(IdsegNet& net, Drawn& drawn, const torch::Tensor& sums) const {
  namespace F = torch::nn::functional;
  const int count = static_cast<int>(drawn.counted.size(0));
  const torch::Tensor out =
      net->forward(WrapInput(drawn.input, count, side_, side_, kSegInputChannels).to(device_));
  const torch::Tensor& counted = drawn.counted;
  const torch::Tensor& animal = drawn.animal;
  const torch::Tensor total = sums[0] + 1;

  const auto CrossEntropy = [&](const torch::Tensor& logits, const torch::Tensor& target,
                                double positive_weight) {
    return F::binary_cross_entropy_with_logits(
        logits, target,
        F::BinaryCrossEntropyWithLogitsFuncOptions()
            .reduction(torch::kNone)
            .pos_weight(torch::full({1}, positive_weight, logits.options())));
  };
  const torch::Tensor animal_logits = out.select(1, kAnimalChannel);
  const torch::Tensor animal_loss =
      (CrossEntropy(animal_logits, animal, 2) * counted).sum() / total;
  const torch::Tensor probability = animal_logits.sigmoid();
  const torch::Tensor both = (probability * animal * counted).sum({1, 2});
  const torch::Tensor either = ((probability + animal) * counted).sum({1, 2});
  const torch::Tensor dice = (1 - (2 * both + 20) / (either + 20)).sum() / share_.whole;
  const torch::Tensor core_loss =
      (CrossEntropy(out.select(1, kCoreChannel), drawn.core, 3) * counted).sum() / total;

  torch::Tensor loss = 4 * animal_loss + dice + 2 * core_loss;
  const torch::Tensor ways =
      F::smooth_l1_loss(out.slice(1, kCenterChannel, kCenterChannel + 2), drawn.to_center,
                        F::SmoothL1LossFuncOptions().reduction(torch::kNone))
          .sum(1);
  loss = loss + kCenterWeight * (ways * drawn.inside).sum() / (sums[1] + 1);
  if (set_.classes > 1) {
    const torch::Tensor class_target = (drawn.label - 1).clamp_min(0);
    const torch::Tensor each = F::cross_entropy(
        out.slice(1, net->first_class()), class_target,
        F::CrossEntropyFuncOptions().weight(class_weights_).reduction(torch::kNone));
    loss = loss + (each * drawn.inside).sum() / (sums[1] + 1);
  }
  return loss;
}

torch::Tensor SegTask::Loss(int64_t step) {
  drawn_[0] = Draw(step, 0, share_.count);
  return LossOf(net_, drawn_[0], OverAll(drawn_[0].sums));
}

torch::Tensor SegTask::Learn(int64_t step) {
  if (!halves_) return LearningTask::Learn(step);
  halves_->Each(
      [&](int half) { drawn_[half] = Draw(step, halves_->first(half), halves_->each()); });
  torch::Tensor sums = drawn_[0].sums;
  if (halves_->count() > 1) sums = sums + drawn_[1].sums;
  sums = OverAll(sums);
  return halves_->Learn(
      [&](int half) { return LossOf(half == 0 ? net_ : twin_, drawn_[half], sums); });
}

std::vector<Detection> SegTask::Detect(int index) {
  const ScaledFrame& frame = set_.frames[index];
  const SegMaps maps = SegmentScaled(
      net_, device_, frame.Picture(), frame.median_grey, set_.backgrounds[frame.video],
      set_.background_greys[frame.video], frame.image_size, description_.seg);
  return DecodeAnimals(maps, description_);
}

Evaluation SegTask::Evaluate() {
  Evaluation evaluation(set_.classes);
  for (int index : held_) {
    evaluation.Add(Detect(index), data_.frames[set_.frames[index].source]);
  }
  return evaluation;
}

std::optional<Validation> SegTask::Validate() {
  if (held_.empty()) return std::nullopt;
  const Evaluation evaluation = Evaluate();
  Validation validation;
  validation.figures = evaluation.Figures();
  validation.score = evaluation.Quality() + 0.2 * evaluation.PixelIdentityAccuracy();
  return validation;
}

double SegTask::FitPixelTemperature() {
  net_->eval();
  const Evaluation evaluation = Evaluate();
  return FitTemperature(evaluation.evidence(), evaluation.true_classes());
}

CropTask::CropTask(const LearningSet& set, const IdsegDescription& description,
                   const std::vector<int>& learn, const std::vector<int>& held, uint64_t seed,
                   torch::Device device, const BatchShare& share)
    : set_(set),
      input_(description.crop),
      learn_(static_cast<size_t>(set.classes)),
      seed_(seed),
      device_(device),
      share_(share),
      net_(description.crop.channels, set.classes) {
  const auto Holds = [](const std::vector<int>& list, int value) {
    return std::binary_search(list.begin(), list.end(), value);
  };
  for (size_t i = 0; i < set.patches.size(); ++i) {
    const NamedPatch& patch = set.patches[i];
    if (Holds(learn, patch.source)) learn_[patch.class_index].push_back(static_cast<int>(i));
    if (Holds(held, patch.source)) held_.push_back(static_cast<int>(i));
  }
  learn_.erase(std::remove_if(learn_.begin(), learn_.end(),
                              [](const std::vector<int>& list) { return list.empty(); }),
               learn_.end());
  VOLE_CHECK(!learn_.empty());
  UseChannelsLast(*net_);
  net_->to(device_);
  if (Halves::Fit(share, device_)) {
    twin_ = CropNet(description.crop.channels, set.classes);
    halves_ = std::make_unique<Halves>(*net_, *twin_, share);
  } else {
    NormalizeOverPeers(*net_, share.peers);
  }
}

torch::Tensor CropTask::LossOf(CropNet& net, int64_t step, int first, int count) {
  const int64_t each = static_cast<int64_t>(input_.side) * input_.side * input_.channels;
  std::vector<float>& values = values_[first > 0];
  values.resize(static_cast<size_t>(count * each));
  std::vector<int64_t> classes;
  for (int i = 0; i < count; ++i) {
    const int slot = share_.first + first + i;
    datasets::Random random(
        {seed_, kCropStream, static_cast<uint64_t>(step), static_cast<uint64_t>(slot)});
    const std::vector<int>& list =
        learn_[static_cast<size_t>(slot + static_cast<int>(step)) % learn_.size()];
    const NamedPatch& named = set_.patches[list[random.Below(static_cast<int>(list.size()))]];
    FillLearningView(named.patch, input_, random, values.data() + i * each);
    classes.push_back(named.class_index);
  }
  const torch::Tensor out =
      net->forward(WrapInput(values, count, input_.side, input_.side, input_.channels).to(device_));
  const torch::Tensor loss = torch::nn::functional::cross_entropy(
      out, torch::tensor(classes).to(device_),
      torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(0.05));
  return loss * (static_cast<double>(count) / share_.whole);
}

torch::Tensor CropTask::Loss(int64_t step) { return LossOf(net_, step, 0, share_.count); }

torch::Tensor CropTask::Learn(int64_t step) {
  if (!halves_) return LearningTask::Learn(step);
  return halves_->Learn([&](int half) {
    return LossOf(half == 0 ? net_ : twin_, step, halves_->first(half), halves_->each());
  });
}

void CropTask::ScoreHeld(std::vector<std::vector<float>>& scores, std::vector<int>& classes) {
  std::vector<AnimalPatch> patches;
  classes.clear();
  for (int index : held_) {
    patches.push_back(set_.patches[index].patch);
    classes.push_back(set_.patches[index].class_index);
  }
  scores = ScorePatches(net_, device_, patches, input_);
}

std::vector<int> CropTask::Name(const cv::Mat& picture, const std::vector<Detection>& animals) {
  std::vector<AnimalPatch> patches;
  for (const Detection& animal : animals) {
    patches.push_back(CutPatch(picture, animal.region, animal.mask, input_));
  }
  std::vector<int> names;
  for (const auto& scores : ScorePatches(net_, device_, patches, input_)) {
    names.push_back(
        static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin()));
  }
  return names;
}

std::optional<Validation> CropTask::Validate() {
  if (held_.empty()) return std::nullopt;
  std::vector<std::vector<float>> scores;
  std::vector<int> classes;
  ScoreHeld(scores, classes);
  double right = 0, log_likelihood = 0;
  std::map<int, std::vector<int>> by_frame;
  for (size_t i = 0; i < scores.size(); ++i) {
    const std::vector<float> log_prob = LogSoftmax(scores[i], 1);
    const auto best = std::max_element(log_prob.begin(), log_prob.end()) - log_prob.begin();
    right += best == classes[i];
    log_likelihood += std::max(-4.0f, log_prob[classes[i]]);
    by_frame[set_.patches[held_[i]].source].push_back(static_cast<int>(i));
  }
  double pairs = 0, pairs_right = 0;
  for (const auto& [frame, list] : by_frame) {
    if (list.size() != 2 || classes[list[0]] == classes[list[1]]) continue;
    const int a = classes[list[0]], b = classes[list[1]];
    pairs += 1;
    pairs_right +=
        scores[list[0]][a] + scores[list[1]][b] > scores[list[0]][b] + scores[list[1]][a];
  }
  const double count = static_cast<double>(scores.size());
  Validation validation;
  validation.figures = {{"crops", scores.size()}, {"crop_accuracy", right / count}};
  if (pairs > 0) validation.figures["pair_accuracy"] = pairs_right / pairs;
  validation.score = right / count + 0.2 * (1 + log_likelihood / count / 4) +
                     (pairs > 0 ? 0.5 * pairs_right / pairs : 0);
  return validation;
}

}  // namespace train
