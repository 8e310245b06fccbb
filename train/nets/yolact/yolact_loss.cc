#include "train/nets/yolact/yolact_loss.h"

#include "datasets/base/error.h"
#include "train/peers/peers.h"

namespace train {
namespace {

namespace F = torch::nn::functional;

constexpr double kCenterVariance = 0.1, kExtentVariance = 0.2;

torch::Tensor Corners(const torch::Tensor& centered) {
  const torch::Tensor middle = centered.slice(-1, 0, 2), half = centered.slice(-1, 2, 4) / 2;
  return torch::cat({middle - half, middle + half}, -1);
}

torch::Tensor Areas(const torch::Tensor& boxes) {
  return (boxes.select(1, 2) - boxes.select(1, 0)) * (boxes.select(1, 3) - boxes.select(1, 1));
}

// [A, 4], [B, 4] -> [A, B].
torch::Tensor SharedAreas(const torch::Tensor& a, const torch::Tensor& b) {
  const auto Side = [&](int64_t low, int64_t high) {
    return (torch::min(a.select(1, high).unsqueeze(1), b.select(1, high)) -
            torch::max(a.select(1, low).unsqueeze(1), b.select(1, low)))
        .clamp_min(0);
  };
  return Side(0, 2) * Side(1, 3);
}

// Masks at the size of `like`'s [.., h, w], 0 or 1. masks: [n, H, W].
torch::Tensor Shrunk(const torch::Tensor& masks, int64_t height, int64_t width) {
  if (masks.size(0) == 0) return torch::zeros({0, height, width}, masks.options());
  return torch::upsample_bilinear2d(masks.unsqueeze(0), {height, width}, false)
      .squeeze(0)
      .gt(0.5)
      .to(torch::kFloat32);
}

// Cross-entropy over positives and the negatives that are taken most for animals.
torch::Tensor ClassLoss(const torch::Tensor& conf, const torch::Tensor& target,
                        const YolactLossOptions& options) {
  const torch::Tensor positive = target.gt(0);
  torch::Tensor chosen;
  {
    const torch::NoGradGuard no_grad;
    torch::Tensor hardness = torch::logsumexp(conf, 2) - conf.select(2, 0);
    hardness = hardness.masked_fill(target.ne(0), 0);
    const torch::Tensor order = std::get<1>(hardness.sort(1, /*descending=*/true));
    const torch::Tensor rank = std::get<1>(order.sort(1));
    const torch::Tensor positives = positive.sum(1, /*keepdim=*/true);
    const torch::Tensor wanted =
        (options.negatives_a_positive * positives.clamp_min(1)).clamp_max(target.size(1) - 1);
    chosen = (rank.lt(wanted) & target.eq(0)) | positive;
  }
  return F::cross_entropy(conf.index({chosen}), target.index({chosen}),
                          F::CrossEntropyFuncOptions().reduction(torch::kSum));
}

// One picture's masks: each positive prior's own, inside its truth's box, over the box's area.
torch::Tensor MaskLoss(const torch::Tensor& proto, const torch::Tensor& coef,
                       const torch::Tensor& target_index, const YolactTruth& truth,
                       const YolactLossOptions& options) {
  const int64_t height = proto.size(0), width = proto.size(1), all = coef.size(0);
  torch::Tensor used_coef = coef, index = target_index;
  if (all > options.most_masks) {
    if (truth.seed != 0) torch::manual_seed(truth.seed);
    const torch::Tensor drawn = torch::randperm(all, torch::kInt64)
                                    .slice(0, 0, options.most_masks)
                                    .to(target_index.device());
    used_coef = coef.index_select(0, drawn);
    index = target_index.index_select(0, drawn);
  }
  const torch::Tensor wanted =
      Shrunk(truth.masks, height, width).index_select(0, index).permute({1, 2, 0});
  const torch::Tensor boxes = truth.boxes.index_select(0, index);
  torch::Tensor given = torch::matmul(proto, used_coef.t()).sigmoid();
  given = CropYolact(given, boxes).clamp(0, 1);
  const torch::Tensor each =
      F::binary_cross_entropy(given, wanted,
                              F::BinaryCrossEntropyFuncOptions().reduction(torch::kNone))
          .sum(std::vector<int64_t>{0, 1}) /
      Areas(boxes) / static_cast<double>(height * width);
  return each.sum() * (static_cast<double>(all) / static_cast<double>(used_coef.size(0)));
}

torch::Tensor SemanticLoss(const torch::Tensor& segm, const YolactTruth& truth) {
  const int64_t height = segm.size(1), width = segm.size(2);
  torch::Tensor wanted = torch::zeros_like(segm);
  {
    const torch::NoGradGuard no_grad;
    const torch::Tensor masks = Shrunk(truth.masks, height, width);
    for (int64_t i = 0; i < masks.size(0); ++i) {
      torch::Tensor map = wanted[truth.labels[i].item<int64_t>()];
      map.copy_(torch::max(map, masks[i]));
    }
  }
  return F::binary_cross_entropy_with_logits(
             segm, wanted, F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kSum)) /
         static_cast<double>(height * width);
}

}  // namespace

torch::Tensor EncodeYolact(const torch::Tensor& boxes, const torch::Tensor& priors) {
  const torch::Tensor middle = (boxes.slice(1, 0, 2) + boxes.slice(1, 2, 4)) / 2;
  const torch::Tensor extent = boxes.slice(1, 2, 4) - boxes.slice(1, 0, 2);
  const torch::Tensor own = priors.slice(1, 2, 4);
  return torch::cat({(middle - priors.slice(1, 0, 2)) / (kCenterVariance * own),
                     (extent / own).log() / kExtentVariance},
                    1);
}

torch::Tensor DecodeYolact(const torch::Tensor& offsets, const torch::Tensor& priors) {
  const torch::Tensor own = priors.slice(1, 2, 4);
  return Corners(torch::cat({priors.slice(1, 0, 2) + offsets.slice(1, 0, 2) * kCenterVariance * own,
                             own * (offsets.slice(1, 2, 4) * kExtentVariance).exp()},
                            1));
}

torch::Tensor CropYolact(const torch::Tensor& masks, const torch::Tensor& boxes) {
  const int64_t height = masks.size(0), width = masks.size(1);
  const auto Inside = [&](int64_t axis, int64_t cells) {
    const torch::Tensor a = boxes.select(1, axis) * cells, b = boxes.select(1, axis + 2) * cells;
    const torch::Tensor low = (torch::min(a, b) - 1).clamp_min(0);
    const torch::Tensor high = (torch::max(a, b) + 1).clamp_max(cells);
    const torch::Tensor place =
        torch::arange(cells, masks.options().requires_grad(false)).unsqueeze(1);
    return place.ge(low) & place.lt(high);  // [cells, n]
  };
  return masks * Inside(0, width).unsqueeze(0).to(masks.scalar_type()) *
         Inside(1, height).unsqueeze(1).to(masks.scalar_type());
}

YolactTargets MatchPriors(const torch::Tensor& priors, const YolactTruth& truth,
                          const YolactLossOptions& options) {
  const torch::NoGradGuard no_grad;
  const int64_t count = priors.size(0);
  const auto whole = priors.options().dtype(torch::kInt64);
  YolactTargets targets{torch::zeros({count}, whole), torch::zeros({count}, whole),
                        torch::zeros({count, 4}, priors.options())};
  const torch::Tensor corners = Corners(priors);
  const int64_t truths = truth.boxes.size(0);
  if (truths > 0) {
    const torch::Tensor shared = SharedAreas(truth.boxes, corners);
    torch::Tensor iou =
        shared / (Areas(truth.boxes).unsqueeze(1) + Areas(corners).unsqueeze(0) - shared);
    auto [best, index] = iou.max(0);
    for (int64_t i = 0; i < truths; ++i) {
      const auto [of_truth, prior_of_truth] = iou.max(1);
      const int64_t j = of_truth.argmax().item<int64_t>();
      const int64_t prior = prior_of_truth[j].item<int64_t>();
      iou.select(1, prior).fill_(-1);
      iou.select(0, j).fill_(-1);
      best[prior] = 2;
      index[prior] = j;
    }
    targets.index = index;
    targets.conf = truth.labels.index_select(0, index) + 1;
    targets.conf.masked_fill_(best.lt(options.positive_iou), -1);
    targets.conf.masked_fill_(best.lt(options.negative_iou), 0);
    targets.box = EncodeYolact(truth.boxes.index_select(0, index), priors);
  }
  if (truth.crowd_boxes.defined() && truth.crowd_boxes.size(0) > 0) {
    const torch::Tensor inside =
        std::get<0>(SharedAreas(truth.crowd_boxes, corners).max(0)) / Areas(corners);
    targets.conf.masked_fill_(targets.conf.le(0) & inside.gt(options.crowd_iou), -1);
  }
  return targets;
}

std::vector<std::pair<std::string, torch::Tensor>> YolactLosses(
    const YolactOutput& output, const std::vector<YolactTruth>& truths,
    const YolactLossOptions& options) {
  const int64_t pictures = output.box.size(0);
  VOLE_CHECK(pictures == static_cast<int64_t>(truths.size()));
  std::vector<torch::Tensor> confs, boxes, indices;
  for (const YolactTruth& truth : truths) {
    YolactTargets targets = MatchPriors(output.priors, truth, options);
    confs.push_back(targets.conf);
    boxes.push_back(targets.box);
    indices.push_back(targets.index);
  }
  const torch::Tensor conf = torch::stack(confs), positive = conf.gt(0);
  const double positives =
      std::max(1.0, CountOverPeers(options.peers, positive.sum().item<double>()));
  const double all_pictures = CountOverPeers(options.peers, static_cast<double>(pictures));
  const torch::Tensor box =
      F::smooth_l1_loss(output.box.index({positive}), torch::stack(boxes).index({positive}),
                        F::SmoothL1LossFuncOptions().reduction(torch::kSum));
  torch::Tensor mask = (output.coef * 0).sum();  // has a graph, also without any animal
  torch::Tensor segm = torch::zeros({}, output.box.options().requires_grad(false));
  for (int64_t i = 0; i < pictures; ++i) {
    const YolactTruth& truth = truths[static_cast<size_t>(i)];
    if (output.segm.defined()) segm = segm + SemanticLoss(output.segm[i], truth);
    const torch::Tensor own = positive[i].nonzero().squeeze(1);
    if (own.size(0) == 0) continue;
    mask = mask + MaskLoss(output.proto[i], output.coef[i].index_select(0, own),
                           indices[static_cast<size_t>(i)].index_select(0, own), truth, options);
  }
  return {{"B", box * options.box_weight / positives},
          {"M", mask * options.mask_weight / positives},
          {"C", ClassLoss(output.conf, conf, options) * options.conf_weight / positives},
          {"S", segm * options.segm_weight / all_pictures}};
}

}  // namespace train
