#include "train/nets/rcnn/rpn.h"

#include <cmath>

#include "train/nets/rcnn/fpn.h"
#include "train/nets/resnet.h"
#include "train/peers/peers.h"

namespace train {
namespace {

constexpr double kAnchorSides[] = {32, 64, 128, 256, 512};
constexpr double kAnchorRatios[] = {0.5, 1, 2};  // height / width
constexpr int kShapes = 3;
constexpr double kLeastProposalSide = 1e-3;
constexpr double kProposalBeta = 1.0 / 9;

struct RpnNamesImpl : torch::nn::Module {};

// [3, 4] around the origin, rounded to whole pixels.
torch::Tensor AnchorShapes(size_t level) {
  std::vector<float> values;
  for (double ratio : kAnchorRatios) {
    const float root = std::sqrt(static_cast<float>(ratio));
    const float width = 1 / root * static_cast<float>(kAnchorSides[level]);
    const float height = root * static_cast<float>(kAnchorSides[level]);
    for (float value : {-width, -height, width, height}) {
      values.push_back(std::nearbyint(value / 2));
    }
  }
  return torch::tensor(values).view({kShapes, 4});
}

// [N, kShapes * C, H, W] -> [N, H * W * kShapes, C].
torch::Tensor ByAnchor(const torch::Tensor& map, int64_t values) {
  return map.permute({0, 2, 3, 1}).reshape({map.size(0), -1, values});
}

}  // namespace

torch::Tensor PyramidAnchors(const std::vector<torch::Tensor>& maps, PictureSize padded) {
  std::vector<torch::Tensor> levels;
  for (size_t l = 0; l < maps.size(); ++l) {
    const int64_t height = maps[l].size(2), width = maps[l].size(3);
    const torch::Tensor y =
        torch::arange(height, torch::kFloat32) * static_cast<double>(padded.height / height);
    const torch::Tensor x =
        torch::arange(width, torch::kFloat32) * static_cast<double>(padded.width / width);
    const torch::Tensor ys = y.view({-1, 1}).expand({height, width});
    const torch::Tensor xs = x.view({1, -1}).expand({height, width});
    const torch::Tensor places = torch::stack({xs, ys, xs, ys}, 2).view({-1, 1, 4});
    levels.push_back((places + AnchorShapes(l).unsqueeze(0)).reshape({-1, 4}));
  }
  return torch::cat(levels).to(maps[0].device());
}

RpnImpl::RpnImpl(int channels) {
  const auto head = register_module("head", std::make_shared<RpnNamesImpl>());
  const auto outer = head->register_module("conv", std::make_shared<RpnNamesImpl>());
  const auto inner = outer->register_module("0", std::make_shared<RpnNamesImpl>());
  conv_ = inner->register_module("0", MakeConv2d(channels, channels, 3, 1, true));
  cls_logits_ = head->register_module("cls_logits", MakeConv2d(channels, kShapes, 1, 1, true));
  bbox_pred_ = head->register_module("bbox_pred", MakeConv2d(channels, 4 * kShapes, 1, 1, true));
  for (auto* conv : {&conv_, &cls_logits_, &bbox_pred_}) {
    torch::nn::init::normal_((*conv)->weight, 0, 0.01);
    torch::nn::init::zeros_((*conv)->bias);
  }
}

RpnImpl::Answer RpnImpl::forward(const std::vector<torch::Tensor>& maps, PictureSize padded) {
  Answer answer;
  answer.anchors = PyramidAnchors(maps, padded);
  std::vector<torch::Tensor> objectness, deltas;
  for (const torch::Tensor& map : maps) {
    const torch::Tensor x = RunConv(conv_, map, /*relu=*/true);
    const bool both = both_ && both_->Fits(x);
    const torch::Tensor y = both ? both_->Run(x) : torch::Tensor();
    objectness.push_back(
        ByAnchor(both ? y.slice(1, 0, kShapes) : cls_logits_->forward(x), 1).squeeze(2));
    deltas.push_back(ByAnchor(both ? y.slice(1, kShapes) : bbox_pred_->forward(x), 4));
    answer.per_level.push_back(objectness.back().size(1));
  }
  answer.objectness = torch::cat(objectness, 1).to(torch::kFloat32);
  answer.deltas = torch::cat(deltas, 1).to(torch::kFloat32);
  return answer;
}

std::vector<torch::Tensor> RpnImpl::Proposals(const Answer& answer,
                                              const std::vector<PictureSize>& sizes,
                                              const RpnOptions& options) const {
  const torch::NoGradGuard no_grad;
  const BoxCoder coder;
  std::vector<torch::Tensor> proposals;
  for (size_t n = 0; n < sizes.size(); ++n) {
    const torch::Tensor logits = answer.objectness[static_cast<int64_t>(n)].detach();
    const torch::Tensor deltas = answer.deltas[static_cast<int64_t>(n)].detach();
    std::vector<torch::Tensor> chosen, levels;
    int64_t offset = 0;
    for (size_t l = 0; l < answer.per_level.size(); ++l) {
      const int64_t count = answer.per_level[l];
      const int64_t most = std::min(options.per_level, count);
      chosen.push_back(std::get<1>(logits.slice(0, offset, offset + count).topk(most)) + offset);
      levels.push_back(
          torch::full({most}, static_cast<int64_t>(l), logits.options().dtype(torch::kInt64)));
      offset += count;
    }
    const torch::Tensor index = torch::cat(chosen);
    torch::Tensor level = torch::cat(levels);
    torch::Tensor scores = logits.index_select(0, index).sigmoid();
    torch::Tensor boxes =
        coder.Decode(deltas.index_select(0, index), answer.anchors.index_select(0, index))
            .squeeze(1);
    boxes = ClipBoxes(boxes, sizes[n].height, sizes[n].width);
    const torch::Tensor large = LargeEnough(boxes, kLeastProposalSide);
    boxes = boxes.index_select(0, large);
    scores = scores.index_select(0, large);
    level = level.index_select(0, large);
    const torch::Tensor kept =
        GroupedNms(boxes, scores, level, options.most_iou).slice(0, 0, options.proposals);
    proposals.push_back(boxes.index_select(0, kept));
  }
  return proposals;
}

NamedLosses RpnImpl::Losses(const Answer& answer, const std::vector<torch::Tensor>& boxes,
                            const RpnOptions& options, const std::vector<uint64_t>& seeds) const {
  const BoxCoder coder;
  std::vector<torch::Tensor> logits, states, deltas, targets;
  for (size_t n = 0; n < boxes.size(); ++n) {
    torch::Tensor state = torch::zeros({answer.anchors.size(0)}, answer.anchors.options());
    torch::Tensor matches = torch::zeros(state.sizes(), state.options().dtype(torch::kInt64));
    if (boxes[n].size(0) > 0) {
      matches = MatchByIou(BoxIou(boxes[n], answer.anchors), options.high_iou, options.low_iou,
                           /*keep_best=*/true);
      state = matches.ge(0).to(torch::kFloat32) - matches.eq(kBetween).to(torch::kFloat32);
    }
    if (!seeds.empty() && seeds[n] != 0) torch::manual_seed(seeds[n]);
    const Sampled sampled = SampleBalanced(state, options.sampled, options.positive_share);
    const torch::Tensor all = torch::cat({sampled.positive, sampled.negative});
    const auto picture = static_cast<int64_t>(n);
    logits.push_back(answer.objectness[picture].index_select(0, all));
    states.push_back(state.index_select(0, all));
    if (sampled.positive.size(0) == 0) continue;
    deltas.push_back(answer.deltas[picture].index_select(0, sampled.positive));
    targets.push_back(
        coder.Encode(boxes[n].index_select(0, matches.index_select(0, sampled.positive)),
                     answer.anchors.index_select(0, sampled.positive)));
  }
  const torch::Tensor all_logits = torch::cat(logits);
  const double samples = CountOverPeers(options.peers, static_cast<double>(all_logits.size(0)));
  const torch::Tensor box_loss =
      deltas.empty() ? answer.deltas.sum() * 0
                     : torch::smooth_l1_loss(torch::cat(deltas), torch::cat(targets),
                                             at::Reduction::Sum, kProposalBeta) /
                           samples;
  return {{"loss_objectness", torch::binary_cross_entropy_with_logits(
                                  all_logits, torch::cat(states), {}, {}, at::Reduction::Sum) /
                                  samples},
          {"loss_rpn_box_reg", box_loss}};
}

void RpnImpl::Fold(torch::ScalarType type) {
  for (auto* conv : {&conv_, &cls_logits_, &bbox_pred_}) PrepareConv(**conv, type);
  both_ = PreparedConv::Make(torch::cat({cls_logits_->weight, bbox_pred_->weight}),
                             torch::cat({cls_logits_->bias, bbox_pred_->bias}));
}

}  // namespace train
