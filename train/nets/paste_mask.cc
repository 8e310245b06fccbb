#include "train/nets/paste_mask.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "datasets/shape/mask.h"

namespace train {
namespace {

// For each of `count` pixels from `first` on along a side of `length` pixels: which two of `small`
// values lie around it, and how much the second counts (bilinear, half-pixel centers).
struct Tap {
  int low, high;
  float share;
};

std::vector<Tap> Taps(int first, int count, int length, int small) {
  const float step = static_cast<float>(small) / static_cast<float>(length);
  std::vector<Tap> taps;
  for (int i = first; i < first + count; ++i) {
    const float at = std::max(0.f, step * (static_cast<float>(i) + 0.5f) - 0.5f);
    const int low = std::min(static_cast<int>(at), small - 1);
    taps.push_back({low, std::min(low + 1, small - 1), at - static_cast<float>(low)});
  }
  return taps;
}

float BorderCertainty(const cv::Mat& probability) {
  const cv::Mat inside = probability > 0.5;
  cv::Mat outer, inner;
  cv::dilate(inside, outer, cv::Mat());
  cv::erode(inside, inner, cv::Mat());
  return static_cast<float>(cv::mean(cv::abs(probability * 2 - 1), outer & ~inner)[0]);
}

}  // namespace

PastedMask PasteMask(const cv::Mat& probability, const float (&box)[4], const cv::Size& picture) {
  PastedMask result;
  cv::Mat padded;
  cv::copyMakeBorder(probability, padded, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  const float growth = static_cast<float>(static_cast<double>(padded.rows) / probability.rows);
  const float half_width = (box[2] - box[0]) * 0.5f * growth;
  const float half_height = (box[3] - box[1]) * 0.5f * growth;
  const float middle_x = (box[2] + box[0]) * 0.5f, middle_y = (box[3] + box[1]) * 0.5f;
  if (!std::isfinite(half_width + half_height + middle_x + middle_y)) return result;
  const int x1 = static_cast<int>(middle_x - half_width);
  const int x2 = static_cast<int>(middle_x + half_width);
  const int y1 = static_cast<int>(middle_y - half_height);
  const int y2 = static_cast<int>(middle_y + half_height);
  const cv::Size size(std::max(x2 - x1 + 1, 1), std::max(y2 - y1 + 1, 1));
  const cv::Rect place = cv::Rect(cv::Point(x1, y1), size) & cv::Rect(cv::Point(0, 0), picture);
  if (place.empty()) return result;
  const std::vector<Tap> columns = Taps(place.x - x1, place.width, size.width, padded.cols);
  const std::vector<Tap> rows = Taps(place.y - y1, place.height, size.height, padded.rows);
  cv::Mat mask(place.size(), CV_8UC1);
  for (int y = 0; y < place.height; ++y) {
    const Tap& row = rows[static_cast<size_t>(y)];
    const float* upper = padded.ptr<float>(row.low);
    const float* lower = padded.ptr<float>(row.high);
    uchar* out = mask.ptr<uchar>(y);
    for (int x = 0; x < place.width; ++x) {
      const Tap& column = columns[static_cast<size_t>(x)];
      const float above =
          (1 - column.share) * upper[column.low] + column.share * upper[column.high];
      const float below =
          (1 - column.share) * lower[column.low] + column.share * lower[column.high];
      out[x] = (1 - row.share) * above + row.share * below > 0.5f ? 255 : 0;
    }
  }
  const cv::Rect tight = datasets::BoundsOf(mask);
  if (tight.empty()) return result;
  result.region = tight + place.tl();
  result.mask = mask(tight).clone();
  result.certainty = BorderCertainty(probability);
  return result;
}

}  // namespace train
