#include "train/behavior/tasks.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/random.h"
#include "train/base/device.h"
#include "train/behavior/measure.h"

namespace train {
namespace {

constexpr uint64_t kPictureStream = 22, kTemporalStream = 23, kTorchStream = 24;
constexpr size_t kMostHeld = 1200;
constexpr int kScoreBatch = 32;
constexpr double kNumberDropout = 0.2, kNumberNoise = 0.3, kPictureDropout = 0.5;
constexpr int kChunkFrames = 64;

void UseChannelsLast(torch::nn::Module& module) {
  for (const auto& part : module.modules(false)) {
    if (auto* conv = part->as<torch::nn::Conv2d>()) {
      conv->weight.set_data(conv->weight.data().contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
}

// Dropout of a step depends on its number alone.
void SeedStep(uint64_t seed, int64_t step) {
  datasets::Random random({seed, kTorchStream, static_cast<uint64_t>(step)});
  torch::manual_seed(random.Next() >> 1);
}

std::vector<uint8_t> LabelsAt(const BehaviorRow& row, int frame) {
  std::vector<uint8_t> labels;
  for (const auto& head : row.labels) {
    labels.push_back(head[static_cast<size_t>(frame - row.start_frame)]);
  }
  return labels;
}

int64_t AsTarget(uint8_t label) { return label == kNotLabeled ? -1 : label; }

std::vector<float> ToVector(const torch::Tensor& values) {
  const torch::Tensor flat = values.to(torch::kCPU).to(torch::kFloat32).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// Frames that are seen and labeled, evenly thinned to a number that validation can afford.
std::vector<FrameDraw::Example> HeldFrames(const BehaviorData& data,
                                           const std::vector<BehaviorSpan>& spans) {
  std::vector<FrameDraw::Example> all, kept;
  for (const BehaviorSpan& span : spans) {
    const BehaviorRow& row = data.rows[static_cast<size_t>(span.row)];
    for (int f = span.start_frame; f < span.end_frame; ++f) {
      const auto labels = LabelsAt(row, f);
      const bool labeled = std::any_of(labels.begin(), labels.end(),
                                       [](uint8_t label) { return label != kNotLabeled; });
      if (labeled && row.seen[static_cast<size_t>(f - row.start_frame)]) {
        all.push_back({span.row, f});
      }
    }
  }
  if (all.size() <= kMostHeld) return all;
  for (size_t i = 0; i < kMostHeld; ++i) kept.push_back(all[i * all.size() / kMostHeld]);
  return kept;
}

// What the network is shown of each class, after the weights of the loss.
std::vector<double> Shown(const std::vector<double>& drawn, const torch::Tensor& weights) {
  const std::vector<float> factors = ToVector(weights);
  std::vector<double> shown = drawn;
  for (size_t c = 0; c < shown.size(); ++c) shown[c] *= factors[c];
  return shown;
}

torch::Tensor WeightTensor(const BehaviorOptions& options, const std::vector<BehaviorHead>& heads,
                           const std::vector<double>& shares, torch::Device device) {
  const std::vector<double> weights = ClassWeights(options.class_weights, heads, shares);
  return torch::tensor(std::vector<float>(weights.begin(), weights.end())).to(device);
}

}  // namespace

PictureTask::PictureTask(const BehaviorData& data, const BehaviorDescription& description,
                         const BehaviorOptions& options, BehaviorLoss loss,
                         const BehaviorSplit& split, uint64_t seed, torch::Device device, int batch)
    : data_(data),
      description_(description),
      loss_(std::move(loss)),
      split_(split),
      seed_(seed),
      device_(device),
      batch_(batch),
      draw_(data, split.learn, options.background_share, seed, true),
      held_(HeldFrames(data, split.held)) {
  const int channels = description_.input.channels(), outputs = OutputsOf(data.heads);
  if (description_.architecture == "c3d") {
    clip_net_ = C3dNet(channels, description_.input.side, description_.clip_frames,
                       description_.c3d_width, outputs);
  } else {
    frame_net_ = BehaviorFrameNet(description_.frame_network, channels, outputs);
    UseChannelsLast(*frame_net_);
  }
  module().to(device_);
  loss_.weights = WeightTensor(options, data.heads, draw_.drawn(), device_);
  shift_ = PriorShift(data.heads, Shown(draw_.drawn(), loss_.weights),
                      CountClasses(data, split.learn), options.prior);
}

torch::nn::Module& PictureTask::module() {
  if (clip_net_) return *clip_net_;
  return *frame_net_;
}

int64_t PictureTask::FloatsEach() const {
  const BehaviorInput& input = description_.input;
  return static_cast<int64_t>(input.side) * input.side * input.channels() *
         description_.clip_frames;
}

void PictureTask::Fill(int row, int frame, const PictureView* view, float* out) const {
  const PictureView plain;
  const BehaviorInput& input = description_.input;
  const BehaviorRow& of = data_.rows[static_cast<size_t>(row)];
  const int64_t each = FloatsEach() / description_.clip_frames;
  const int first = frame - description_.clip_frames / 2;
  cv::Mat stored = data_.picture(row, frame);
  for (int k = 0; k < description_.clip_frames; ++k) {
    // Where the subject is not seen, or beyond the video, the middle frame stands in.
    const int at = std::clamp(first + k, of.start_frame, of.end_frame - 1);
    const bool seen = at != frame && of.seen[static_cast<size_t>(at - of.start_frame)];
    FillPicture(seen ? data_.picture(row, at) : stored, view ? *view : plain, input,
                out + k * each);
  }
}

torch::Tensor PictureTask::Wrap(int count) {
  const BehaviorInput& input = description_.input;
  if (!clip_net_) {
    return WrapInput(values_, count, input.side, input.side, input.channels()).to(device_);
  }
  return torch::from_blob(
             values_.data(),
             {count, description_.clip_frames, input.side, input.side, input.channels()},
             torch::kFloat32)
      .permute({0, 4, 1, 2, 3})
      .contiguous()
      .to(device_);
}

torch::Tensor PictureTask::Forward(const torch::Tensor& x) {
  return clip_net_ ? clip_net_->forward(x) : frame_net_->forward(x);
}

torch::Tensor PictureTask::Loss(int64_t step) {
  const int64_t each = FloatsEach();
  values_.resize(static_cast<size_t>(batch_ * each));
  const BehaviorFlips& flips = data_.flips;
  const int64_t heads = static_cast<int64_t>(data_.heads.size());
  torch::Tensor labels = torch::empty({batch_, heads}, torch::kInt64);
  auto label_at = labels.accessor<int64_t, 2>();
  const double room = std::max(1, description_.input.room);
  for (int i = 0; i < batch_; ++i) {
    datasets::Random random(
        {seed_, kPictureStream, static_cast<uint64_t>(step), static_cast<uint64_t>(i)});
    const FrameDraw::Example& example = draw_.Draw(random.Uniform());
    PictureView view;
    if (flips.turn) {
      view.turn_radians = random.Uniform(0, 2 * CV_PI);
      view.zoom = std::exp(random.Uniform(-0.08, 0.08));
    } else {
      view.turn_radians = random.Uniform(-0.05, 0.05);
      view.zoom = std::exp(random.Uniform(-0.04, 0.04));
    }
    view.flip_x = flips.horizontal && random.Chance(0.5);
    view.flip_y = flips.vertical && random.Chance(0.5);
    const double most_shift = std::min(5.0, room);
    view.shift_x = random.Uniform(-most_shift, most_shift);
    view.shift_y = random.Uniform(-most_shift, most_shift);
    view.gain = std::exp(random.Uniform(-0.15, 0.15));
    view.offset = random.Uniform(-12, 12);
    Fill(example.row, example.frame, &view, values_.data() + i * each);
    const std::vector<uint8_t> mirrored =
        FlipLabels(LabelsAt(data_.rows[static_cast<size_t>(example.row)], example.frame),
                   view.flip_x, view.flip_y, flips, data_.heads);
    for (int64_t h = 0; h < heads; ++h) {
      label_at[i][h] = AsTarget(mirrored[static_cast<size_t>(h)]);
    }
  }
  SeedStep(seed_, step);
  return LossOf(Forward(Wrap(batch_)), labels.to(device_), data_.heads, loss_);
}

ScoredFrames PictureTask::ScoreHeld() {
  torch::NoGradGuard no_grad;
  module().eval();
  ScoredFrames scored;
  const int64_t each = FloatsEach();
  values_.resize(static_cast<size_t>(std::max(batch_, kScoreBatch) * each));
  for (size_t from = 0; from < held_.size(); from += kScoreBatch) {
    const size_t count = std::min(held_.size() - from, static_cast<size_t>(kScoreBatch));
    for (size_t i = 0; i < count; ++i) {
      const FrameDraw::Example& example = held_[from + i];
      Fill(example.row, example.frame, nullptr, values_.data() + static_cast<int64_t>(i) * each);
      scored.labels.push_back(
          LabelsAt(data_.rows[static_cast<size_t>(example.row)], example.frame));
    }
    const torch::Tensor logits = Forward(Wrap(static_cast<int>(count)));
    for (size_t i = 0; i < count; ++i) {
      scored.logits.push_back(ToVector(logits[static_cast<int64_t>(i)]));
    }
  }
  return scored;
}

std::optional<Validation> PictureTask::Validate() {
  if (held_.empty()) return std::nullopt;
  return Judge(ScoreHeld(), data_.heads, shift_, 1);
}

torch::Tensor PictureTask::FeaturesOf(const BehaviorSpan& span) {
  torch::NoGradGuard no_grad;
  frame_net_->eval();
  const BehaviorRow& row = data_.rows[static_cast<size_t>(span.row)];
  const int64_t frames = span.end_frame - span.start_frame, each = FloatsEach();
  torch::Tensor features = torch::zeros({frames, frame_net_->frame->features});
  values_.resize(static_cast<size_t>(std::max(batch_, kScoreBatch) * each));
  std::vector<int64_t> places;
  for (int64_t f = 0; f < frames; ++f) {
    const int frame = span.start_frame + static_cast<int>(f);
    if (row.seen[static_cast<size_t>(frame - row.start_frame)]) {
      Fill(span.row, frame, nullptr, values_.data() + static_cast<int64_t>(places.size()) * each);
      places.push_back(f);
    }
    if (places.size() == kScoreBatch || (f + 1 == frames && !places.empty())) {
      const torch::Tensor found =
          frame_net_->frame->Features(Wrap(static_cast<int>(places.size()))).to(torch::kCPU);
      features.index_copy_(0, torch::tensor(places), found);
      places.clear();
    }
  }
  return features;
}

void FillNumbers(const BehaviorRow& row, int frame, const BehaviorDescription& description,
                 float* out) {
  const size_t at = static_cast<size_t>(frame - row.start_frame);
  std::fill(out, out + description.numbers(), 0.0f);
  if (!row.seen[at]) return;
  if (description.motion) {
    for (size_t k = 0; k < kMotionFeatures && !row.motion.empty(); ++k) {
      const double value = (row.motion[at * kMotionFeatures + k] - description.motion_mean[k]) /
                           description.motion_deviation[k];
      out[k] = static_cast<float>(std::clamp(value, -6.0, 6.0));
    }
    out += kMotionFeatures;
  }
  const size_t count = static_cast<size_t>(description.points.count());
  if (count > 0 && !row.points.empty()) {
    NormalizePoints(description.points, row.points.data() + at * 2 * count, out);
  }
}

TemporalTask::TemporalTask(const BehaviorData& data, const BehaviorDescription& description,
                           const BehaviorOptions& options, BehaviorLoss loss,
                           std::vector<Series> learn, std::vector<Series> held, uint64_t seed,
                           torch::Device device, int batch)
    : data_(data),
      description_(description),
      loss_(std::move(loss)),
      learn_(std::move(learn)),
      held_(std::move(held)),
      seed_(seed),
      device_(device),
      batch_(batch),
      draw_(
          data,
          [&] {
            std::vector<BehaviorSpan> spans;
            for (const Series& series : learn_) spans.push_back(series.span);
            return spans;
          }(),
          options.background_share, seed, false) {
  VOLE_CHECK(!learn_.empty());
  inputs_ = static_cast<int>(learn_.front().inputs.size(0));
  reach_ = description_.causal ? 2 * description_.window : description_.window;
  net_ = TemporalNet(inputs_, OutputsOf(data.heads), description_.window, description_.causal);
  net_->to(device_);
  const BehaviorFlips& flips = data.flips;
  mirrors_ = description_.points.count() > 0 && HasMirror(description_.points) &&
             flips.horizontal && flips.horizontal_swaps.empty() && flips.vertical_swaps.empty();
  if (mirrors_) {
    const PointMirror mirror = MirrorOf(description_.points);
    from_ = torch::tensor(std::vector<int64_t>(mirror.from.begin(), mirror.from.end()));
    sign_ = torch::tensor(mirror.sign).unsqueeze(1);
  }
  std::vector<BehaviorSpan> spans;
  for (const Series& series : learn_) spans.push_back(series.span);
  // A chunk brings the neighbors of the frame that was drawn: what is shown is counted, not
  // guessed.
  std::vector<double> shown(static_cast<size_t>(OutputsOf(data.heads)), 0.0);
  for (uint64_t i = 0; i < 1000; ++i) {
    datasets::Random random({seed_, kTemporalStream, i});
    const FrameDraw::Example& example = draw_.Draw(random.Uniform());
    const BehaviorRow& row = data_.rows[static_cast<size_t>(example.row)];
    size_t first = 0;
    for (size_t h = 0; h < data.heads.size(); ++h) {
      for (int f = std::max(row.start_frame, example.frame - kChunkFrames / 2);
           f < std::min(row.end_frame, example.frame + kChunkFrames / 2); ++f) {
        const uint8_t label = row.labels[h][static_cast<size_t>(f - row.start_frame)];
        if (label != kNotLabeled) shown[first + label] += 1;
      }
      first += static_cast<size_t>(data.heads[h].classes());
    }
  }
  size_t first = 0;
  for (const BehaviorHead& head : data.heads) {
    double total = 0;
    for (int c = 0; c < head.classes(); ++c) total += shown[first + static_cast<size_t>(c)];
    for (int c = 0; c < head.classes() && total > 0; ++c) {
      shown[first + static_cast<size_t>(c)] /= total;
    }
    first += static_cast<size_t>(head.classes());
  }
  loss_.weights = WeightTensor(options, data.heads, shown, device_);
  shift_ =
      PriorShift(data.heads, Shown(shown, loss_.weights), CountClasses(data, spans), options.prior);
}

void TemporalTask::Cut(const Series& series, int start, const torch::Tensor& inputs,
                       const torch::Tensor& labels) const {
  const int64_t length = inputs.size(1);
  const int64_t from = std::max(start, series.start_frame) - series.start_frame;
  const int64_t to = std::min<int64_t>(start + length - series.start_frame, series.inputs.size(1));
  if (to <= from) return;
  const int64_t at = series.start_frame + from - start;
  inputs.slice(1, at, at + to - from).copy_(series.inputs.slice(1, from, to));
  labels.slice(0, at, at + to - from).copy_(series.labels.slice(0, from, to));
}

void TemporalTask::Disturb(torch::Tensor& inputs) const {
  const int64_t features = inputs_ - description_.numbers();
  const auto keep = [&](const torch::Tensor& part, double dropped) {
    return torch::rand({part.size(0), part.size(1), 1}).gt(dropped) / (1 - dropped);
  };
  torch::Tensor pictures = inputs.slice(1, 0, features), numbers = inputs.slice(1, features);
  numbers *= keep(numbers, kNumberDropout);
  numbers += kNumberNoise * torch::randn_like(numbers);
  pictures *= keep(pictures, kPictureDropout);
}

torch::Tensor TemporalTask::Loss(int64_t step) {
  const int64_t length = kChunkFrames + 2 * reach_,
                heads = static_cast<int64_t>(data_.heads.size());
  torch::Tensor inputs = torch::zeros({batch_, inputs_, length});
  torch::Tensor labels = torch::full({batch_, length, heads}, -1, torch::kInt64);
  for (int i = 0; i < batch_; ++i) {
    datasets::Random random(
        {seed_, kTemporalStream, static_cast<uint64_t>(step), static_cast<uint64_t>(i)});
    const FrameDraw::Example& example = draw_.Draw(random.Uniform());
    const int start = example.frame - reach_ - random.Below(kChunkFrames);
    for (const Series& series : learn_) {
      if (series.span.row == example.row && example.frame >= series.span.start_frame &&
          example.frame < series.span.end_frame) {
        Cut(series, start, inputs[i], labels[i]);
      }
    }
    if (mirrors_ && random.Chance(0.5)) {
      torch::Tensor points = inputs[i].slice(0, inputs_ - description_.points.count());
      points.copy_(points.index_select(0, from_) * sign_);
    }
  }
  SeedStep(seed_, step);
  if (description_.points.count() > 0) Disturb(inputs);
  const torch::Tensor logits = net_->forward(inputs.to(device_));  // [N, outputs, length]
  const torch::Tensor middle = logits.slice(2, reach_, reach_ + kChunkFrames).transpose(1, 2);
  const torch::Tensor target = labels.slice(1, reach_, reach_ + kChunkFrames).to(device_);
  return LossOf(middle.reshape({-1, middle.size(2)}), target.reshape({-1, heads}), data_.heads,
                loss_);
}

ScoredFrames TemporalTask::ScoreHeld() {
  torch::NoGradGuard no_grad;
  net_->eval();
  ScoredFrames scored;
  for (const Series& series : held_) {
    const torch::Tensor logits =
        net_->forward(series.inputs.unsqueeze(0).to(device_))[0].to(torch::kCPU);
    const BehaviorRow& row = data_.rows[static_cast<size_t>(series.span.row)];
    for (int f = series.span.start_frame; f < series.span.end_frame; ++f) {
      scored.logits.push_back(ToVector(logits.select(1, f - series.start_frame)));
      scored.labels.push_back(LabelsAt(row, f));
    }
  }
  return scored;
}

std::optional<Validation> TemporalTask::Validate() {
  if (held_.empty()) return std::nullopt;
  return Judge(ScoreHeld(), data_.heads, shift_, 1);
}

}  // namespace train
