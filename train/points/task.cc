#include "train/points/task.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/nets/points.h"
#include "train/nets/posenet.h"

namespace train {
namespace {

using State = LabeledPoint::State;

constexpr double kHeatSpread = 1.5;  // cells
constexpr double kOffsetReach = 2.5;
// SIPEC's code narrows the bumps of PoseNet stage by stage: pixels.
constexpr double kPosenetSpread[] = {6, 4, 1, 1, 0.5};
constexpr int kPosenetStages = 5;
constexpr uint64_t kPointsStream = 21, kWholeStream = 22;
// A person sets the same point again within about this share of the animal's length.
constexpr double kNear = 0.05;

}  // namespace

std::shared_ptr<HeatNetImpl> MakeHeatNet(const std::string& architecture, int points) {
  if (architecture == kPosenet) return std::make_shared<PoseNetImpl>(points, 5);
  if (architecture == kPosenetSmall) return std::make_shared<PoseNetImpl>(points, 0);
  return std::make_shared<PointsNetImpl>(points);
}

namespace {

// Where the labeled points are from every cell, [N, K, H, W] or what broadcasts to it.
struct Around {
  torch::Tensor dx, dy, squares;        // from the cell's center, in cells
  torch::Tensor labeled, seen, amount;  // 0 or 1; how many are labeled, at least 1
};
Around LookAround(const torch::Tensor& maps, const std::vector<std::vector<PointTarget>>& targets) {
  const int64_t count = maps.size(0), side = maps.size(2);
  const auto points = static_cast<int64_t>(targets.front().size());
  std::vector<float> x(static_cast<size_t>(count * points)), y(x), known(x), seen(x);
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t k = 0; k < points; ++k) {
      const PointTarget& target = targets[static_cast<size_t>(i)][static_cast<size_t>(k)];
      const auto at = static_cast<size_t>(i * points + k);
      x[at] = static_cast<float>(target.at.x);
      y[at] = static_cast<float>(target.at.y);
      known[at] = target.state != State::kMissing;
      seen[at] = target.state == State::kVisible;
    }
  }
  const auto tensor = [&](const std::vector<float>& values) {
    return torch::tensor(values).view({count, points, 1, 1}).to(maps.device());
  };
  const torch::Tensor cells =
      torch::arange(side, torch::TensorOptions().device(maps.device()).dtype(torch::kFloat32)) +
      0.5;
  Around around;
  around.dx = tensor(x) - cells.view({1, 1, 1, side});
  around.dy = tensor(y) - cells.view({1, 1, side, 1});
  around.squares = around.dx * around.dx + around.dy * around.dy;
  around.labeled = tensor(known);
  around.seen = tensor(seen);
  around.amount = around.labeled.sum().clamp_min(1);
  return around;
}

torch::Tensor HeatLossAround(const torch::Tensor& maps, const Around& around, double spread) {
  const torch::Tensor heat = (around.squares * (-0.5 / (spread * spread))).exp();
  const torch::Tensor cross = torch::nn::functional::binary_cross_entropy_with_logits(
      maps, heat,
      torch::nn::functional::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kNone));
  // The bump's own area in cells, so that the size of the maps does not matter.
  return (cross * around.labeled).sum() / (around.amount * (2 * M_PI * spread * spread));
}

}  // namespace

torch::Tensor HeatLoss(const torch::Tensor& maps,
                       const std::vector<std::vector<PointTarget>>& targets, double spread) {
  return HeatLossAround(maps, LookAround(maps, targets), spread);
}

torch::Tensor PointsLoss(const torch::Tensor& maps,
                         const std::vector<std::vector<PointTarget>>& targets) {
  const int64_t count = maps.size(0), points = maps.size(1) / 4, side = maps.size(2);
  const Around around = LookAround(maps, targets);
  const torch::Tensor& squares = around.squares;
  const torch::Tensor near =
      (squares < kOffsetReach * kOffsetReach).to(torch::kFloat32) * around.labeled;
  const torch::Tensor heat_loss = HeatLossAround(maps.slice(1, 0, points), around, kHeatSpread);
  const torch::Tensor offsets =
      maps.slice(1, points, 3 * points).view({count, points, 2, side, side});
  const torch::Tensor wanted =
      torch::stack({around.dx.expand_as(squares), around.dy.expand_as(squares)}, 2);
  const torch::Tensor apart = torch::nn::functional::smooth_l1_loss(
      offsets, wanted,
      torch::nn::functional::SmoothL1LossFuncOptions().reduction(torch::kNone).beta(0.5));
  const torch::Tensor cells_near = near.sum().clamp_min(1);
  const torch::Tensor offset_loss = (apart * near.unsqueeze(2)).sum() / cells_near;
  const torch::Tensor hidden = torch::nn::functional::binary_cross_entropy_with_logits(
      maps.slice(1, 3 * points), around.seen.expand_as(squares),
      torch::nn::functional::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kNone));
  const torch::Tensor seen_loss = (hidden * near).sum() / cells_near;
  return heat_loss + 0.5 * offset_loss + 0.1 * seen_loss;
}

PointsTask::PointsTask(const std::vector<PointsSample>& samples,
                       const PointsDescription& description, int pixels, bool free_turn,
                       std::vector<int> learn, std::vector<int> held, uint64_t seed,
                       torch::Device device, int batch)
    : samples_(samples),
      description_(description),
      pixels_(pixels),
      free_turn_(free_turn),
      learn_(std::move(learn)),
      held_(std::move(held)),
      seed_(seed),
      device_(device),
      batch_(batch),
      net_(MakeHeatNet(description.info.architecture,
                       static_cast<int>(description.info.classes.size()))) {
  VOLE_CHECK(!learn_.empty());
  VOLE_CHECK(net_->stride == description.input.stride);
  net_->to(device_);
}

torch::Tensor PointsTask::Loss(int64_t step) {
  const auto each = static_cast<size_t>(pixels_) * static_cast<size_t>(pixels_) * kPointsChannels;
  values_.resize(each * static_cast<size_t>(batch_));
  std::vector<std::vector<PointTarget>> targets;
  for (int i = 0; i < batch_; ++i) {
    datasets::Random random({seed_, free_turn_ ? kWholeStream : kPointsStream,
                             static_cast<uint64_t>(step), static_cast<uint64_t>(i)});
    const int chosen = learn_[static_cast<size_t>(random.Below(static_cast<int>(learn_.size())))];
    const PointsSample& sample = samples_[static_cast<size_t>(chosen)];
    const PointView view = Shaken(sample.view, free_turn_, random);
    const double gain = std::exp(random.Uniform(-0.2, 0.2));
    const double offset = random.Uniform(-0.2, 0.2) * description_.input.deviation;
    const bool masked = !random.Chance(0.2);
    targets.push_back(FillSample(sample, view, pixels_, masked, description_, gain, offset,
                                 values_.data() + each * static_cast<size_t>(i)));
  }
  const torch::Tensor x = WrapInput(values_, batch_, pixels_, pixels_, kPointsChannels).to(device_);
  const torch::Tensor maps = net_->forward(x);
  if (net_->offsets) return PointsLoss(maps, targets);
  const auto stage = static_cast<size_t>(std::clamp(done_share_, 0.0, 0.999) * kPosenetStages);
  return HeatLoss(maps, targets, kPosenetSpread[stage]);
}

std::vector<MapPoint> Answer(HeatNetImpl& net, const torch::Device& device, const cv::Mat& bgr,
                             const cv::Rect& region, const cv::Mat& mask, const PointView& view,
                             int pixels, const PointsDescription& description) {
  torch::NoGradGuard no_grad;
  const std::vector<PointView> views = AnsweringViews(view);
  const auto each = static_cast<size_t>(pixels) * static_cast<size_t>(pixels) * kPointsChannels;
  std::vector<float> values(each * views.size());
  for (size_t v = 0; v < views.size(); ++v) {
    FillPointsInput(bgr, region, mask, views[v], pixels, description.input, 1, 0,
                    values.data() + each * v);
  }
  const torch::Tensor maps =
      net.forward(WrapInput(values, static_cast<int>(views.size()), pixels, pixels, kPointsChannels)
                      .to(device))
          .to(torch::kCPU)
          .contiguous();
  std::vector<std::vector<MapPoint>> answers;
  for (size_t v = 0; v < views.size(); ++v) {
    answers.push_back(ReadMaps(maps[static_cast<int64_t>(v)].data_ptr<float>(), net.points,
                               static_cast<int>(maps.size(2)), net.stride, net.offsets));
  }
  return Together(views, pixels, answers, description.mirror);
}

std::vector<JudgedPoint> PointsTask::JudgeHeld() {
  net_->eval();
  std::vector<JudgedPoint> judged;
  for (const int index : held_) {
    const PointsSample& sample = samples_[static_cast<size_t>(index)];
    const std::vector<MapPoint> found =
        Answer(*net_, device_, sample.bgr, {}, sample.mask, sample.view, pixels_, description_);
    for (size_t k = 0; k < found.size(); ++k) {
      if (sample.points[k].state == State::kMissing) continue;
      const double away = cv::norm(found[k].at - sample.points[k].at);
      judged.push_back({found[k].peak, away / sample.scale, away / sample.length});
    }
  }
  return judged;
}

std::optional<Validation> PointsTask::Validate() {
  std::vector<JudgedPoint> judged = JudgeHeld();
  if (judged.empty()) return std::nullopt;
  Validation validation;
  double squares = 0, near = 0;
  for (const JudgedPoint& point : judged) {
    squares += point.error * point.error;
    near += point.share <= kNear;
    validation.score += 1 / (1 + std::pow(point.share / 0.03, 2));
  }
  const auto count = static_cast<double>(judged.size());
  validation.score /= count;
  std::sort(judged.begin(), judged.end(),
            [](const JudgedPoint& a, const JudgedPoint& b) { return a.error < b.error; });
  validation.figures = {{"points", judged.size()},
                        {"rmse_px", std::sqrt(squares / count)},
                        {"median_px", judged[judged.size() / 2].error},
                        {"near", near / count}};
  return validation;
}

}  // namespace train
