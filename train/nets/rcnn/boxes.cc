#include "train/nets/rcnn/boxes.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace train {
namespace {

constexpr double kMostLogGrowth = 4.135166556742356;  // ln(1000 / 16)

// Keeps boxes in the order given; corners in separate arrays so that the inner loop is one of
// vector instructions.
std::vector<int64_t> KeepGreedily(const torch::Tensor& sorted_boxes, double most_iou) {
  const int64_t count = sorted_boxes.size(0);
  const torch::Tensor columns = sorted_boxes.t().contiguous();
  const float* x1 = columns.data_ptr<float>();
  const float *y1 = x1 + count, *x2 = y1 + count, *y2 = x2 + count;
  std::vector<float> area(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) area[i] = (x2[i] - x1[i]) * (y2[i] - y1[i]);
  std::vector<uint8_t> gone(static_cast<size_t>(count), 0);
  std::vector<int64_t> kept;
  const float most = static_cast<float>(most_iou);
  for (int64_t i = 0; i < count; ++i) {
    if (gone[i]) continue;
    kept.push_back(i);
    const float ax1 = x1[i], ay1 = y1[i], ax2 = x2[i], ay2 = y2[i], own = area[i];
    uint8_t* out = gone.data();
    for (int64_t j = i + 1; j < count; ++j) {
      const float width = std::max(0.f, std::min(ax2, x2[j]) - std::max(ax1, x1[j]));
      const float height = std::max(0.f, std::min(ay2, y2[j]) - std::max(ay1, y1[j]));
      const float shared = width * height;
      out[j] |= static_cast<uint8_t>(shared / (own + area[j] - shared) > most);
    }
  }
  return kept;
}

}  // namespace

torch::Tensor BoxAreas(const torch::Tensor& boxes) {
  return (boxes.select(1, 2) - boxes.select(1, 0)) * (boxes.select(1, 3) - boxes.select(1, 1));
}

torch::Tensor BoxIou(const torch::Tensor& a, const torch::Tensor& b) {
  const auto Side = [&](int64_t low, int64_t high) {
    return (torch::min(a.select(1, high).unsqueeze(1), b.select(1, high)) -
            torch::max(a.select(1, low).unsqueeze(1), b.select(1, low)))
        .clamp_min_(0);
  };
  const torch::Tensor shared = Side(0, 2).mul_(Side(1, 3));
  return shared / (BoxAreas(a).unsqueeze(1) + BoxAreas(b) - shared);
}

torch::Tensor ClipBoxes(const torch::Tensor& boxes, int64_t height, int64_t width) {
  const auto pairs = boxes.reshape({-1, 2});
  return torch::stack({pairs.select(1, 0).clamp(0, width), pairs.select(1, 1).clamp(0, height)}, 1)
      .view(boxes.sizes());
}

torch::Tensor LargeEnough(const torch::Tensor& boxes, double side) {
  return ((boxes.select(1, 2) - boxes.select(1, 0)).ge(side) &
          (boxes.select(1, 3) - boxes.select(1, 1)).ge(side))
      .nonzero()
      .squeeze(1);
}

torch::Tensor ScaleBoxes(const torch::Tensor& boxes, int64_t from_height, int64_t from_width,
                         int64_t to_height, int64_t to_width) {
  const float x = static_cast<float>(to_width) / static_cast<float>(from_width);
  const float y = static_cast<float>(to_height) / static_cast<float>(from_height);
  return boxes * torch::tensor({x, y, x, y}, boxes.options());
}

torch::Tensor CornersOf(const torch::Tensor& centered) {
  const torch::Tensor middle = centered.slice(-1, 0, 2), half = centered.slice(-1, 2, 4) / 2;
  return torch::cat({middle - half, middle + half}, -1);
}

torch::Tensor CenteredOf(const torch::Tensor& corners) {
  const torch::Tensor low = corners.slice(-1, 0, 2), high = corners.slice(-1, 2, 4);
  return torch::cat({(low + high) / 2, high - low}, -1);
}

torch::Tensor Nms(const torch::Tensor& boxes, const torch::Tensor& scores, double most_iou) {
  const torch::NoGradGuard no_grad;
  if (boxes.size(0) == 0) return torch::empty({0}, boxes.options().dtype(torch::kInt64));
  const torch::Tensor cpu_scores = scores.to(torch::kCPU, torch::kFloat32);
  const torch::Tensor order =
      std::get<1>(torch::sort(cpu_scores, /*stable=*/true, /*dim=*/0, /*descending=*/true));
  const torch::Tensor sorted = boxes.to(torch::kCPU, torch::kFloat32).index_select(0, order);
  const std::vector<int64_t> kept = KeepGreedily(sorted, most_iou);
  return order.index_select(0, torch::tensor(kept, torch::kInt64)).to(boxes.device());
}

torch::Tensor GroupedNms(const torch::Tensor& boxes, const torch::Tensor& scores,
                         const torch::Tensor& groups, double most_iou) {
  const torch::NoGradGuard no_grad;
  if (boxes.size(0) == 0) return torch::empty({0}, boxes.options().dtype(torch::kInt64));
  if (boxes.numel() <= (boxes.is_cpu() ? 4000 : 20000)) {
    const torch::Tensor offsets = groups.to(boxes.scalar_type()) * (boxes.max() + 1);
    return Nms(boxes + offsets.unsqueeze(1), scores, most_iou);
  }
  const int64_t count = std::get<0>(torch::_unique(groups)).numel();
  const torch::Tensor values = std::get<0>(torch::_unique(groups)).to(torch::kCPU).contiguous();
  std::vector<torch::Tensor> kept(static_cast<size_t>(count));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    const torch::NoGradGuard no_grad_here;
    for (int64_t g = begin; g < end; ++g) {
      const torch::Tensor members = groups.eq(values.data_ptr<int64_t>()[g]).nonzero().squeeze(1);
      kept[static_cast<size_t>(g)] = members.index_select(
          0, Nms(boxes.index_select(0, members), scores.index_select(0, members), most_iou));
    }
  });
  const torch::Tensor all = std::get<0>(torch::cat(kept).sort());
  return all.index_select(0, std::get<1>(scores.index_select(0, all).sort(0, true)));
}

torch::Tensor BoxCoder::Encode(const torch::Tensor& boxes, const torch::Tensor& references) const {
  const torch::Tensor own = references.unsqueeze(2), target = boxes.unsqueeze(2);
  const torch::Tensor own_size = own.slice(1, 2, 4) - own.slice(1, 0, 2);
  const torch::Tensor own_middle = own.slice(1, 0, 2) + 0.5 * own_size;
  const torch::Tensor size = target.slice(1, 2, 4) - target.slice(1, 0, 2);
  const torch::Tensor middle = target.slice(1, 0, 2) + 0.5 * size;
  const torch::Tensor weights =
      torch::tensor({weights_[0], weights_[1], weights_[2], weights_[3]}, boxes.options())
          .view({1, 4, 1});
  return torch::cat({weights.slice(1, 0, 2) * (middle - own_middle) / own_size,
                     weights.slice(1, 2, 4) * (size / own_size).log()},
                    1)
      .squeeze(2);
}

torch::Tensor BoxCoder::Decode(const torch::Tensor& deltas, const torch::Tensor& references) const {
  const torch::Tensor own = references.to(deltas.scalar_type());
  const torch::Tensor own_size = (own.slice(1, 2, 4) - own.slice(1, 0, 2)).unsqueeze(1);
  const torch::Tensor own_middle = own.slice(1, 0, 2).unsqueeze(1) + 0.5 * own_size;
  const torch::Tensor each = deltas.reshape({deltas.size(0), -1, 4});  // [N, C, 4]
  const torch::Tensor weights =
      torch::tensor({weights_[0], weights_[1], weights_[2], weights_[3]}, deltas.options());
  const torch::Tensor parts = each / weights;
  const torch::Tensor middle = parts.slice(2, 0, 2) * own_size + own_middle;
  const torch::Tensor half =
      0.5 * (parts.slice(2, 2, 4).clamp_max(kMostLogGrowth).exp() * own_size);
  return torch::cat({middle - half, middle + half}, 2);
}

torch::Tensor MatchByIou(const torch::Tensor& iou, double high, double low, bool keep_best) {
  const torch::NoGradGuard no_grad;
  const auto [best, label] = iou.max(0);
  torch::Tensor matches = label.clone();
  matches.masked_fill_(best.lt(low), kBelow);
  matches.masked_fill_(best.ge(low) & best.lt(high), kBetween);
  if (keep_best) {
    const torch::Tensor highest = std::get<0>(iou.max(1, /*keepdim=*/true));
    const torch::Tensor chosen = iou.eq(highest).any(0);
    matches = torch::where(chosen, label, matches);
  }
  return matches;
}

Sampled SampleBalanced(const torch::Tensor& states, int64_t count, double positive_share) {
  const torch::NoGradGuard no_grad;
  const auto Draw = [](const torch::Tensor& from, int64_t most) {
    if (from.size(0) <= most) return from;
    // Drawn on the CPU, so that a seed means the same on every device.
    const torch::Tensor order = torch::randperm(from.size(0), torch::kInt64).slice(0, 0, most);
    return from.index_select(0, std::get<0>(order.sort()).to(from.device()));
  };
  const torch::Tensor positive = states.ge(1).nonzero().squeeze(1);
  const torch::Tensor negative = states.eq(0).nonzero().squeeze(1);
  Sampled sampled;
  sampled.positive =
      Draw(positive, static_cast<int64_t>(static_cast<double>(count) * positive_share));
  sampled.negative = Draw(negative, count - sampled.positive.size(0));
  return sampled;
}

}  // namespace train
