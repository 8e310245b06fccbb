#include "train/nets/yolact/yolact_detect.h"

#include <algorithm>
#include <cmath>

#include "datasets/shape/mask.h"
#include "train/nets/yolact/yolact_loss.h"

namespace train {
namespace {

// [C, n, 4] -> [C, n, n].
torch::Tensor Overlaps(const torch::Tensor& boxes) {
  const auto Side = [&](int64_t low, int64_t high) {
    const torch::Tensor a = boxes.select(2, low), b = boxes.select(2, high);
    return (torch::min(b.unsqueeze(2), b.unsqueeze(1)) - torch::max(a.unsqueeze(2), a.unsqueeze(1)))
        .clamp_min_(0);
  };
  const torch::Tensor shared = Side(0, 2).mul_(Side(1, 3));
  const torch::Tensor area =
      (boxes.select(2, 2) - boxes.select(2, 0)) * (boxes.select(2, 3) - boxes.select(2, 1));
  return shared / (area.unsqueeze(2) + area.unsqueeze(1) - shared);
}

// Where output pixel `i` of `count` lies among `cells`, as bilinear interpolation without aligned
// corners sees it.
struct Place {
  int low = 0, high = 0;
  float share = 0;  // of the higher
};
Place PlaceOf(int i, int count, int cells) {
  const float at = std::max(
      0.f, (static_cast<float>(i) + 0.5f) * static_cast<float>(cells) / static_cast<float>(count) -
               0.5f);
  Place place;
  place.low = std::min(static_cast<int>(at), cells - 1);
  place.high = std::min(place.low + 1, cells - 1);
  place.share = at - static_cast<float>(place.low);
  return place;
}

// Pixels [begin, end) that can see a cell of [low, high].
std::pair<int, int> PixelsOf(double low, double high, int count, int cells) {
  const double scale = static_cast<double>(count) / cells;
  return {std::clamp(static_cast<int>(std::floor((low - 1) * scale)), 0, count),
          std::clamp(static_cast<int>(std::ceil((high + 2) * scale)), 0, count)};
}

float BorderCertainty(const cv::Mat& mask, const cv::Mat& probability) {
  double sum = 0;
  int count = 0;
  for (int y = 0; y < mask.rows; ++y) {
    for (int x = 0; x < mask.cols; ++x) {
      if (!mask.at<uchar>(y, x)) continue;
      const bool border = x == 0 || y == 0 || x + 1 == mask.cols || y + 1 == mask.rows ||
                          !mask.at<uchar>(y, x - 1) || !mask.at<uchar>(y, x + 1) ||
                          !mask.at<uchar>(y - 1, x) || !mask.at<uchar>(y + 1, x);
      if (!border) continue;
      sum += std::abs(2 * probability.at<float>(y, x) - 1);
      ++count;
    }
  }
  return count > 0 ? static_cast<float>(sum / count) : 0;
}

}  // namespace

YolactFound DetectYolact(const YolactOutput& output, int64_t index,
                         const YolactDetectOptions& options) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor probabilities = output.conf[index].softmax(1).slice(1, 1).to(torch::kCPU);
  const torch::Tensor kept =
      std::get<0>(probabilities.max(1)).gt(options.least_score).nonzero().squeeze(1);
  const torch::Tensor offsets = output.box[index].to(torch::kCPU).index_select(0, kept);
  const torch::Tensor boxes =
      DecodeYolact(offsets, output.priors.to(torch::kCPU).index_select(0, kept));
  const torch::Tensor coef = output.coef[index].to(torch::kCPU).index_select(0, kept);
  const torch::Tensor class_scores = probabilities.index_select(0, kept);
  YolactFound found{boxes, torch::zeros({0}, torch::kInt64), torch::zeros({0}), coef, class_scores};
  if (kept.size(0) == 0) return found;
  auto [scores, order] = class_scores.t().sort(1, /*descending=*/true);  // [C, n]
  scores = scores.slice(1, 0, options.most_a_class);
  order = order.slice(1, 0, options.most_a_class).contiguous();
  const int64_t classes = order.size(0), count = order.size(1);
  const torch::Tensor sorted = boxes.index_select(0, order.reshape({-1})).view({classes, count, 4});
  const torch::Tensor worst = std::get<0>(Overlaps(sorted).triu(1).max(1));  // [C, n]
  const torch::Tensor stays = worst.le(options.most_iou);
  const torch::Tensor labels =
      torch::arange(classes, torch::kInt64).unsqueeze(1).expand({classes, count});
  const torch::Tensor all = scores.index({stays});
  const torch::Tensor best =
      std::get<1>(all.sort(0, /*descending=*/true)).slice(0, 0, options.most);
  const torch::Tensor rows = order.index({stays}).index_select(0, best);
  found.scores = all.index_select(0, best);
  found.labels = labels.index({stays}).index_select(0, best);
  found.boxes = boxes.index_select(0, rows);
  found.coef = coef.index_select(0, rows);
  found.class_scores = class_scores.index_select(0, rows);
  return found;
}

YolactMask MaskOfYolact(const torch::Tensor& proto, const torch::Tensor& coef,
                        const torch::Tensor& box, const cv::Size& picture) {
  const torch::NoGradGuard no_grad;
  const int height = static_cast<int>(proto.size(0)), width = static_cast<int>(proto.size(1));
  const torch::Tensor cells =
      CropYolact(torch::matmul(proto, coef.unsqueeze(1)).sigmoid_(), box.unsqueeze(0))
          .squeeze(2)
          .contiguous();
  const float* values = cells.data_ptr<float>();
  const auto Edge = [&](int64_t i, int extent) {
    const double share = box[i].item<double>();
    return std::isfinite(share) ? std::clamp(share, -1.0, 2.0) * extent : 0;
  };
  const auto [left, right] =
      PixelsOf(std::min(Edge(0, width), Edge(2, width)) - 1,
               std::max(Edge(0, width), Edge(2, width)) + 1, picture.width, width);
  const auto [top, bottom] =
      PixelsOf(std::min(Edge(1, height), Edge(3, height)) - 1,
               std::max(Edge(1, height), Edge(3, height)) + 1, picture.height, height);
  YolactMask result;
  if (left >= right || top >= bottom) return result;
  cv::Mat probability(bottom - top, right - left, CV_32FC1);
  for (int y = top; y < bottom; ++y) {
    const Place v = PlaceOf(y, picture.height, height);
    float* row = probability.ptr<float>(y - top);
    for (int x = left; x < right; ++x) {
      const Place u = PlaceOf(x, picture.width, width);
      const float upper =
          values[v.low * width + u.low] * (1 - u.share) + values[v.low * width + u.high] * u.share;
      const float lower = values[v.high * width + u.low] * (1 - u.share) +
                          values[v.high * width + u.high] * u.share;
      row[x - left] = upper * (1 - v.share) + lower * v.share;
    }
  }
  const cv::Mat mask = probability > 0.5f;
  const cv::Rect tight = datasets::BoundsOf(mask);
  if (tight.empty()) return result;
  result.region = tight + cv::Point(left, top);
  result.mask = mask(tight).clone();
  result.certainty = BorderCertainty(result.mask, probability(tight));
  return result;
}

}  // namespace train
