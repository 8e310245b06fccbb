#include "train/nets/rcnn/roi_heads.h"

#include <algorithm>

#include "train/nets/rcnn/fpn.h"
#include "train/nets/rcnn/roi_align.h"
#include "train/peers/peers.h"

namespace train {
namespace {

constexpr int kBoxSide = 7, kMaskSide = 14, kMaskOut = 28, kSampling = 2, kHidden = 1024;
constexpr double kLeastSide = 1e-2;
constexpr double kBeta = 1.0 / 9;

struct RoiNamesImpl : torch::nn::Module {};

const BoxCoder& Coder() {
  static const BoxCoder coder({10, 10, 5, 5});
  return coder;
}

torch::Tensor Pool(const std::vector<torch::Tensor>& maps, const torch::Tensor& boxes,
                   const torch::Tensor& pictures, int side) {
  return RoiAlign({maps.begin(), maps.begin() + 4}, {1 / 4.0, 1 / 8.0, 1 / 16.0, 1 / 32.0}, boxes,
                  pictures, PyramidLevels(boxes), side, kSampling);
}

// The picture index of each row of the concatenated lists.
torch::Tensor PicturesOf(const std::vector<torch::Tensor>& lists) {
  std::vector<torch::Tensor> parts;
  for (size_t n = 0; n < lists.size(); ++n) {
    parts.push_back(torch::full({lists[n].size(0)}, static_cast<int64_t>(n),
                                lists[n].options().dtype(torch::kInt64)));
  }
  return torch::cat(parts);
}

}  // namespace

RoiHeadsImpl::RoiHeadsImpl(int classes, double width) : classes_(classes) {
  const int channels = Narrowed(kPyramidChannels, width), hidden = Narrowed(kHidden, width);
  const auto box_head = register_module("box_head", std::make_shared<RoiNamesImpl>());
  fc6_ =
      box_head->register_module("fc6", torch::nn::Linear(channels * kBoxSide * kBoxSide, hidden));
  fc7_ = box_head->register_module("fc7", torch::nn::Linear(hidden, hidden));
  const auto box_predictor = register_module("box_predictor", std::make_shared<RoiNamesImpl>());
  cls_score_ = box_predictor->register_module("cls_score", torch::nn::Linear(hidden, classes));
  bbox_pred_ = box_predictor->register_module("bbox_pred", torch::nn::Linear(hidden, 4 * classes));
  const auto mask_head = register_module("mask_head", std::make_shared<RoiNamesImpl>());
  const auto Initialize = [](torch::Tensor& weight, const torch::Tensor& bias) {
    torch::nn::init::kaiming_normal_(weight, 0, torch::kFanOut, torch::kReLU);
    if (bias.defined()) torch::nn::init::zeros_(bias);
  };
  for (int i = 0; i < 4; ++i) {
    const auto holder =
        mask_head->register_module(std::to_string(i), std::make_shared<RoiNamesImpl>());
    mask_convs_.push_back(holder->register_module("0", MakeConv2d(channels, channels, 3, 1, true)));
    Initialize(mask_convs_.back()->weight, mask_convs_.back()->bias);
  }
  const auto mask_predictor = register_module("mask_predictor", std::make_shared<RoiNamesImpl>());
  conv5_mask_ = mask_predictor->register_module(
      "conv5_mask", torch::nn::ConvTranspose2d(
                        torch::nn::ConvTranspose2dOptions(channels, channels, 2).stride(2)));
  mask_fcn_logits_ =
      mask_predictor->register_module("mask_fcn_logits", MakeConv2d(channels, classes, 1, 1, true));
  Initialize(conv5_mask_->weight, {});
  Initialize(mask_fcn_logits_->weight, {});
}

RoiHeadsImpl::BoxAnswer RoiHeadsImpl::Boxes(const std::vector<torch::Tensor>& maps,
                                            const torch::Tensor& boxes,
                                            const torch::Tensor& pictures) {
  const torch::Tensor pooled = Pool(maps, boxes, pictures, kBoxSide);  // channels-last
  if (fast_fc6_) {
    const torch::Tensor hidden = fast_fc7_->Run(fast_fc6_->Run(pooled, 0), 0);
    const torch::Tensor both = fast_predictor_->Run(hidden).flatten(1);
    return {both.slice(1, 0, classes_), both.slice(1, classes_).contiguous()};
  }
  torch::Tensor x;
  if (prepared_) {
    x = torch::linear(pooled.permute({0, 2, 3, 1}).flatten(1), fc6_by_place_, fc6_->bias);
  } else {
    x = torch::linear(pooled.flatten(1), fc6_->weight, fc6_->bias);
  }
  x = torch::linear(x.relu_(), fc7_->weight, fc7_->bias).relu_();
  return {cls_score_->forward(x).to(torch::kFloat32), bbox_pred_->forward(x).to(torch::kFloat32)};
}

torch::Tensor RoiHeadsImpl::Masks(const std::vector<torch::Tensor>& maps,
                                  const torch::Tensor& boxes, const torch::Tensor& pictures,
                                  const torch::Tensor& labels) {
  const int64_t count = boxes.size(0);
  torch::Tensor x = Pool(maps, boxes, pictures, kMaskSide);
  for (auto& conv : mask_convs_) x = RunConv(conv, x, /*relu=*/true);
  // A 2x2 deconvolution with stride 2 is four pixel-wise convolutions side by side, and of the
  // last convolution only the row of the label is wanted.
  torch::Tensor fine;  // [R * 196, (i, j, channel)]
  if (fast_spread_) {
    fine = fast_spread_->Run(x, 0).permute({0, 2, 3, 1});
  } else {
    const torch::Tensor rows = x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)});
    fine = torch::linear(rows, SpreadWeight(), conv5_mask_->bias.repeat({4})).relu_();
  }
  const torch::Tensor wanted =
      mask_fcn_logits_->weight.flatten(1).index_select(0, labels).unsqueeze(2);  // [R, 256, 1]
  const torch::Tensor offset = mask_fcn_logits_->bias.index_select(0, labels);
  const torch::Tensor logits =
      torch::bmm(fine.reshape({count, -1, x.size(1)}), wanted).squeeze(2) + offset.unsqueeze(1);
  return logits.view({count, kMaskSide, kMaskSide, 2, 2})
      .permute({0, 1, 3, 2, 4})
      .reshape({count, kMaskOut, kMaskOut})
      .to(torch::kFloat32);
}

torch::Tensor RoiHeadsImpl::SpreadWeight() const {
  return conv5_mask_->weight.permute({2, 3, 1, 0}).reshape({-1, conv5_mask_->weight.size(0)});
}

NamedLosses RoiHeadsImpl::Losses(const std::vector<torch::Tensor>& maps,
                                 const std::vector<torch::Tensor>& proposals,
                                 const std::vector<RoiTarget>& targets, const RoiOptions& options) {
  std::vector<torch::Tensor> boxes, labels, deltas, positive_boxes, positive_labels, mask_targets;
  for (size_t n = 0; n < targets.size(); ++n) {
    const torch::NoGradGuard no_grad;
    const RoiTarget& target = targets[n];
    const torch::Tensor all = torch::cat({proposals[n], target.boxes});
    torch::Tensor label = torch::zeros({all.size(0)}, target.labels.options());
    torch::Tensor match = torch::zeros_like(label);
    if (target.boxes.size(0) > 0) {
      const torch::Tensor found = MatchByIou(BoxIou(target.boxes, all), options.positive_iou,
                                             options.positive_iou, /*keep_best=*/false);
      match = found.clamp_min(0);
      label = target.labels.index_select(0, match);
      label.masked_fill_(found.eq(kBelow), 0);
    }
    if (target.seed != 0) torch::manual_seed(target.seed);
    const Sampled sampled = SampleBalanced(label, options.sampled, options.positive_share);
    const torch::Tensor chosen = torch::cat({sampled.positive, sampled.negative});
    boxes.push_back(all.index_select(0, chosen));
    labels.push_back(label.index_select(0, chosen));
    const torch::Tensor positive = all.index_select(0, sampled.positive);
    const torch::Tensor positive_match = match.index_select(0, sampled.positive);
    positive_boxes.push_back(positive);
    positive_labels.push_back(label.index_select(0, sampled.positive));
    if (positive.size(0) == 0) continue;
    deltas.push_back(Coder().Encode(target.boxes.index_select(0, positive_match), positive));
    mask_targets.push_back(RoiAlign({target.masks.to(torch::kCPU, torch::kFloat32).unsqueeze(1)},
                                    {1.0}, positive, positive_match,
                                    torch::zeros_like(positive_match), kMaskOut, /*sampling=*/0)
                               .squeeze(1)
                               .to(positive.device()));
  }
  const torch::Tensor all_labels = torch::cat(labels);
  const BoxAnswer answer = Boxes(maps, torch::cat(boxes), PicturesOf(boxes));
  const torch::Tensor positives = all_labels.gt(0).nonzero().squeeze(1);
  const double samples = CountOverPeers(options.peers, static_cast<double>(all_labels.size(0)));
  const double masks =
      std::max(1.0, CountOverPeers(options.peers, static_cast<double>(positives.size(0))));
  NamedLosses losses = {
      {"loss_classifier",
       torch::cross_entropy_loss(answer.logits, all_labels, {}, at::Reduction::Sum) / samples}};
  if (deltas.empty()) {
    losses.emplace_back("loss_box_reg", answer.deltas.sum() * 0);
    losses.emplace_back("loss_mask", answer.deltas.sum() * 0);
    return losses;
  }
  const torch::Tensor of_label = positives * classes_ + all_labels.index_select(0, positives);
  losses.emplace_back("loss_box_reg",
                      torch::smooth_l1_loss(answer.deltas.view({-1, 4}).index_select(0, of_label),
                                            torch::cat(deltas), at::Reduction::Sum, kBeta) /
                          samples);
  const torch::Tensor mask_logits = Masks(maps, torch::cat(positive_boxes),
                                          PicturesOf(positive_boxes), torch::cat(positive_labels));
  losses.emplace_back("loss_mask",
                      torch::binary_cross_entropy_with_logits(mask_logits, torch::cat(mask_targets),
                                                              {}, {}, at::Reduction::Sum) /
                          (masks * kMaskOut * kMaskOut));
  return losses;
}

std::vector<RoiDetections> RoiHeadsImpl::Detect(const std::vector<torch::Tensor>& maps,
                                                const std::vector<torch::Tensor>& proposals,
                                                const std::vector<PictureSize>& sizes,
                                                const RoiOptions& options) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor all = torch::cat(proposals);
  const BoxAnswer answer = Boxes(maps, all, PicturesOf(proposals));
  const torch::Tensor scores = answer.logits.softmax(1);
  const torch::Tensor boxes = Coder().Decode(answer.deltas, all);  // [P, classes, 4]
  std::vector<RoiDetections> results(proposals.size());
  std::vector<torch::Tensor> mask_boxes, mask_labels;
  int64_t first = 0;
  for (size_t n = 0; n < proposals.size(); ++n) {
    const int64_t count = proposals[n].size(0);
    const torch::Tensor own_scores = scores.slice(0, first, first + count);
    const torch::Tensor each_score = own_scores.slice(1, 1).reshape({-1});
    torch::Tensor chosen = each_score.gt(options.least_score).nonzero().squeeze(1);
    torch::Tensor own =
        boxes.slice(0, first, first + count).slice(1, 1).reshape({-1, 4}).index_select(0, chosen);
    first += count;
    own = ClipBoxes(own, sizes[n].height, sizes[n].width);
    const torch::Tensor large = LargeEnough(own, kLeastSide);
    own = own.index_select(0, large);
    chosen = chosen.index_select(0, large);
    const torch::Tensor proposal = chosen.div(classes_ - 1, "floor");
    const torch::Tensor label = chosen - proposal * (classes_ - 1) + 1;
    const torch::Tensor score = each_score.index_select(0, chosen);
    const torch::Tensor kept =
        GroupedNms(own, score, label, options.most_iou).slice(0, 0, options.detections);
    RoiDetections& result = results[n];
    result.boxes = own.index_select(0, kept);
    result.scores = score.index_select(0, kept);
    result.labels = label.index_select(0, kept);
    result.class_scores = own_scores.slice(1, 1).index_select(0, proposal.index_select(0, kept));
    mask_boxes.push_back(result.boxes);
    mask_labels.push_back(result.labels);
  }
  const torch::Tensor all_boxes = torch::cat(mask_boxes);
  torch::Tensor masks = torch::empty({0, kMaskOut, kMaskOut}, all_boxes.options());
  if (all_boxes.size(0) > 0) {
    masks = Masks(maps, all_boxes, PicturesOf(mask_boxes), torch::cat(mask_labels)).sigmoid_();
  }
  first = 0;
  for (RoiDetections& result : results) {
    result.masks = masks.slice(0, first, first + result.boxes.size(0));
    first += result.boxes.size(0);
  }
  return results;
}

void RoiHeadsImpl::Fold(torch::ScalarType type) {
  const torch::NoGradGuard no_grad;
  type_ = type;
  const torch::Tensor fc6 =
      fc6_->weight.detach().to(type).view({fc6_->weight.size(0), -1, kBoxSide, kBoxSide});
  fast_fc6_ = PreparedConv::Make(fc6, fc6_->bias);
  if (fast_fc6_) {
    fast_fc7_ = PreparedConv::Make(fc7_->weight, fc7_->bias);
    fast_predictor_ = PreparedConv::Make(torch::cat({cls_score_->weight, bbox_pred_->weight}),
                                         torch::cat({cls_score_->bias, bbox_pred_->bias}));
    fast_spread_ = PreparedConv::Make(SpreadWeight(), conv5_mask_->bias.repeat({4}));
  }
  if (!fast_fc6_) fc6_by_place_ = fc6.permute({0, 2, 3, 1}).reshape({fc6_->weight.size(0), -1});
  for (auto* linear : {&fc6_, &fc7_, &cls_score_, &bbox_pred_}) {
    (*linear)->weight = (*linear)->weight.detach().to(type);
    (*linear)->bias = (*linear)->bias.detach().to(type);
  }
  if (fast_fc6_) {  // 51 MB that nothing reads any more
    fc6_->weight = torch::Tensor();
    fc6_->parameters().front().set_data(torch::empty({0}));
  }
  for (auto& conv : mask_convs_) PrepareConv(*conv, type);
  PrepareConv(*mask_fcn_logits_, type);
  conv5_mask_->weight = conv5_mask_->weight.detach().to(type);
  conv5_mask_->bias = conv5_mask_->bias.detach().to(type);
  prepared_ = true;
}

}  // namespace train
