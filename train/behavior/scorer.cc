#include <algorithm>
#include <cmath>
#include <limits>

#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/behavior/measure.h"
#include "train/behavior/picture.h"
#include "train/behavior/tasks.h"
#include "train/behavior/train.h"

namespace train {
namespace {

constexpr int kBatch = 32, kScoredClips = 8;

}  // namespace

struct BehaviorScorer::Impl {
  Impl(const std::string& model_file, int use_threads, const std::string& device_name)
      : threads(use_threads), device(DeviceOf(device_name)) {
    UseThreads(threads);
    const WeightsFile file = ReadSafetensors(model_file);
    description = BehaviorFromMetadata(file.metadata, model_file);
    const BehaviorInput& input = description.input;
    const int outputs = OutputsOf(description.heads);
    if (description.architecture == "c3d") {
      clip_net = C3dNet(input.channels(), input.side, description.clip_frames,
                        description.c3d_width, outputs);
      LoadTensors(file, "picture.", NamedValues(*clip_net));
      clip_net->eval();
      clip_net->to(device);
    } else {
      frame_net = BehaviorFrameNet(description.frame_network, input.channels(), outputs);
      LoadTensors(file, "picture.", NamedValues(*frame_net));
      frame_net->eval();
      frame_net->to(device);
      frame_net->frame->Fold();
    }
    if (description.architecture == "behavior-seq") {
      const int inputs = frame_net->frame->features + description.numbers();
      temporal_net = TemporalNet(inputs, outputs, description.window, description.causal);
      LoadTensors(file, "temporal.", NamedValues(*temporal_net));
      temporal_net->eval();
      temporal_net->to(device);
    }
  }

  int64_t FloatsEach() const {
    const BehaviorInput& input = description.input;
    return static_cast<int64_t>(input.side) * input.side * input.channels();
  }

  // Runs the pictures that wait, and keeps a row of results for each.
  void Flush() {
    if (waiting == 0) return;
    UseThreads(threads);
    torch::NoGradGuard no_grad;
    const BehaviorInput& input = description.input;
    const torch::Tensor x =
        WrapInput(values, waiting, input.side, input.side, input.channels()).to(device);
    const torch::Tensor features = frame_net->frame->Features(x);
    Keep(temporal_net ? features : frame_net->Logits(features));
    waiting = 0;
  }

  void Keep(const torch::Tensor& found) {
    const torch::Tensor flat = found.to(torch::kCPU).to(torch::kFloat32).contiguous();
    width = flat.size(1);
    results.insert(results.end(), flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
  }

  // Clips wait for their last frame; `end`: no more frames come.
  void RunClips(bool end) {
    const BehaviorInput& input = description.input;
    const int clip = description.clip_frames, before = clip / 2, after = clip - 1 - before;
    const int64_t each = FloatsEach();
    UseThreads(threads);
    torch::NoGradGuard no_grad;
    const auto Known = [&](int64_t frame) {
      return frame >= first_stored && frame < static_cast<int64_t>(seen.size()) &&
             seen[static_cast<size_t>(frame)];
    };
    while (true) {
      std::vector<int64_t> centers;
      int64_t scan = next_clip;
      const int64_t total = static_cast<int64_t>(seen.size());
      while (centers.size() < kScoredClips && scan < total && (end || scan + after < total)) {
        if (seen[static_cast<size_t>(scan)]) centers.push_back(scan);
        ++scan;
      }
      if (scan == next_clip) break;
      if (!end && !centers.empty() && centers.size() < kScoredClips) break;
      if (!centers.empty()) {
        values.resize(static_cast<size_t>(static_cast<int64_t>(centers.size()) * clip * each));
        float* out = values.data();
        for (const int64_t center : centers) {
          for (int k = 0; k < clip; ++k, out += each) {
            const int64_t frame = center - before + k;
            const int64_t at = Known(frame) ? frame : center;
            FillPicture(stored[static_cast<size_t>(at - first_stored)], {}, input, out);
          }
        }
        Keep(clip_net->forward(torch::from_blob(values.data(),
                                                {static_cast<int64_t>(centers.size()), clip,
                                                 input.side, input.side, input.channels()},
                                                torch::kFloat32)
                                   .permute({0, 4, 1, 2, 3})
                                   .contiguous()
                                   .to(device)));
      }
      next_clip = scan;
      const int64_t keep_from = std::max(first_stored, next_clip - before);
      stored.erase(stored.begin(), stored.begin() + (keep_from - first_stored));
      first_stored = keep_from;
    }
  }

  void Reset() {
    seen.clear();
    results.clear();
    stored.clear();
    waiting = 0;
    first_stored = next_clip = 0;
  }

  torch::Tensor TemporalLogits(const std::vector<float>& motion, const std::vector<float>& points) {
    torch::NoGradGuard no_grad;
    const int64_t frames = static_cast<int64_t>(seen.size());
    const int numbers = description.numbers();
    torch::Tensor inputs = torch::zeros({frames, frame_net->frame->features + numbers});
    BehaviorRow row;
    row.end_frame = static_cast<int>(frames);
    row.seen = seen;
    row.motion = motion;
    row.points = points;
    auto at = inputs.accessor<float, 2>();
    int64_t k = 0;
    for (int64_t f = 0; f < frames; ++f) {
      if (seen[static_cast<size_t>(f)]) {
        std::copy_n(results.data() + k++ * width, width, &at[f][0]);
        if (numbers > 0) {
          FillNumbers(row, static_cast<int>(f), description, &at[f][frame_net->frame->features]);
        }
      }
    }
    return temporal_net->forward(inputs.t().unsqueeze(0).to(device))[0]
        .t()
        .to(torch::kCPU)
        .contiguous();
  }

  int threads;
  torch::Device device;
  BehaviorDescription description;
  BehaviorFrameNet frame_net{nullptr};
  C3dNet clip_net{nullptr};
  TemporalNet temporal_net{nullptr};
  std::vector<uint8_t> seen;   // of the frames added
  std::vector<float> results;  // [seen frames][width]: features or logits
  int64_t width = 0;
  std::vector<float> values;  // of the pictures that wait
  int waiting = 0;
  std::vector<cv::Mat> stored;  // c3d: pictures of the frames from first_stored on
  int64_t first_stored = 0, next_clip = 0;
};

std::optional<BehaviorDescription> ReadBehaviorDescription(const std::string& model_file) {
  const auto metadata = ReadSafetensorsMetadata(model_file);
  const auto architecture = metadata.find("architecture");
  if (architecture == metadata.end() || !IsBehaviorArchitecture(architecture->second)) return {};
  return BehaviorFromMetadata(metadata, model_file);
}

BehaviorScorer::BehaviorScorer(const std::string& model_file, int threads,
                               const std::string& device)
    : impl_(std::make_unique<Impl>(model_file, threads, device)) {}
BehaviorScorer::~BehaviorScorer() = default;

const BehaviorDescription& BehaviorScorer::description() const { return impl_->description; }

int BehaviorScorer::context_frames() const {
  return std::max({2 * impl_->description.window, impl_->description.clip_frames, 1});
}

void BehaviorScorer::Add(const cv::Mat& stored) {
  Impl& impl = *impl_;
  const BehaviorInput& input = impl.description.input;
  if (!stored.empty()) {
    VOLE_CHECK(stored.cols == input.stored_side() && stored.rows == input.stored_side() &&
               stored.type() == CV_8UC(input.channels()));
  }
  impl.seen.push_back(!stored.empty());
  if (impl.clip_net) {
    impl.stored.push_back(stored);
    impl.RunClips(false);
    return;
  }
  if (stored.empty()) return;
  impl.values.resize(static_cast<size_t>(kBatch * impl.FloatsEach()));
  FillPicture(stored, {}, input, impl.values.data() + impl.waiting * impl.FloatsEach());
  if (++impl.waiting == kBatch) impl.Flush();
}

std::vector<std::vector<float>> BehaviorScorer::Finish(const std::vector<float>& motion,
                                                       const std::vector<float>& points) {
  Impl& impl = *impl_;
  const BehaviorDescription& d = impl.description;
  if (impl.clip_net) {
    impl.RunClips(true);
  } else {
    impl.Flush();
  }
  const bool over_time = static_cast<bool>(impl.temporal_net);
  VOLE_CHECK(!over_time || !d.motion || motion.size() == impl.seen.size() * kMotionFeatures);
  VOLE_CHECK(!over_time ||
             points.size() == impl.seen.size() * static_cast<size_t>(2 * d.points.count()));
  torch::Tensor temporal;
  if (over_time && impl.width > 0) temporal = impl.TemporalLogits(motion, points);
  const size_t names = BehaviorNames(d.heads).size();
  std::vector<std::vector<float>> probabilities;
  size_t k = 0;
  for (size_t f = 0; f < impl.seen.size(); ++f) {
    std::vector<float> row(names, std::numeric_limits<float>::quiet_NaN());
    if (impl.seen[f]) {
      const float* logits =
          over_time ? temporal.data_ptr<float>() + static_cast<int64_t>(f) * temporal.size(1)
                    : impl.results.data() + static_cast<int64_t>(k++) * impl.width;
      size_t first = 0, name = 0;
      for (const BehaviorHead& head : d.heads) {
        const size_t classes = static_cast<size_t>(head.classes());
        std::vector<double> values;
        for (size_t c = first; c < first + classes; ++c) {
          values.push_back((logits[c] - d.shift[c]) / d.temperature);
        }
        const double most = *std::max_element(values.begin(), values.end());
        double sum = 0;
        for (double& value : values) sum += value = std::exp(value - most);
        for (size_t c = 1; c < classes; ++c) row[name++] = static_cast<float>(values[c] / sum);
        first += classes;
      }
    }
    probabilities.push_back(std::move(row));
  }
  impl.Reset();
  return probabilities;
}

}  // namespace train
