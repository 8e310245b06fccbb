#include "train/idseg/input.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"

namespace train {
namespace {

constexpr float kDifferenceUnit = 40;  // grey levels
constexpr float kDifferenceLimit = 4;

}  // namespace

cv::Size ScaledSize(const cv::Size& image, double scale) {
  return {std::max(1, static_cast<int>(std::lround(image.width * scale))),
          std::max(1, static_cast<int>(std::lround(image.height * scale)))};
}

cv::Mat AtNetworkScale(const cv::Mat& image, double scale) {
  const cv::Size size = ScaledSize(image.size(), scale);
  if (size == image.size()) return image;
  cv::Mat small;
  cv::resize(image, small, size, 0, 0, scale > 1 ? cv::INTER_CUBIC : cv::INTER_AREA);
  return small;
}

double MedianGrey(const cv::Mat& bgr) {
  std::array<int64_t, 256> counts{};
  const int step = std::max(1, bgr.rows * bgr.cols / 20000);
  int64_t total = 0;
  for (int i = 0; i < bgr.rows * bgr.cols; i += step) {
    const auto& p = bgr.at<cv::Vec3b>(i / bgr.cols, i % bgr.cols);
    ++counts[(p[0] * 29 + p[1] * 150 + p[2] * 77) >> 8];
    ++total;
  }
  int64_t below = 0;
  for (int level = 0; level < 256; ++level) {
    below += counts[level];
    if (below * 2 >= total) return level;
  }
  return 255;
}

double FrameGain(double median_grey, double reference_level) {
  constexpr double kSoftening = 32;  // a dark arena says little about the light
  return std::clamp((reference_level + kSoftening) / (median_grey + kSoftening), 0.75, 1.33);
}

void FillSegInput(const cv::Mat& scaled, const cv::Mat& background, double picture_gain,
                  double behind_gain, const SegInput& input, const cv::Size& out_size, float* out) {
  VOLE_CHECK(scaled.type() == CV_8UC3);
  VOLE_CHECK(background.empty() ||
             (background.type() == CV_8UC3 && background.size() == scaled.size()));
  const float gain = static_cast<float>(picture_gain);
  const float background_gain = static_cast<float>(behind_gain);
  std::array<std::array<float, 256>, 3> normalized;
  for (int c = 0; c < 3; ++c) {
    for (int v = 0; v < 256; ++v) {
      normalized[c][v] = static_cast<float>((v * gain - input.mean_bgr[c]) / input.deviation);
    }
  }
  const bool known = !background.empty();
  const int width = std::min(scaled.cols, out_size.width);
  for (int y = 0; y < out_size.height; ++y) {
    const int from = std::min(y, scaled.rows - 1);
    const cv::Vec3b* pixel = scaled.ptr<cv::Vec3b>(from);
    const cv::Vec3b* behind = known ? background.ptr<cv::Vec3b>(from) : nullptr;
    float* row = out + static_cast<size_t>(y) * out_size.width * 5;
    for (int x = 0; x < width; ++x, row += 5) {
      const cv::Vec3b p = pixel[x];
      row[0] = normalized[2][p[2]];
      row[1] = normalized[1][p[1]];
      row[2] = normalized[0][p[0]];
      if (known) {
        const cv::Vec3b b = behind[x];
        float difference = 0;
        for (int c = 0; c < 3; ++c) {
          difference = std::max(difference, std::abs(p[c] * gain - b[c] * background_gain));
        }
        row[3] = std::min(difference / kDifferenceUnit, kDifferenceLimit);
        row[4] = 1;
      } else {
        row[3] = row[4] = 0;
      }
    }
    for (int x = width; x < out_size.width; ++x, row += 5) std::copy_n(row - 5, 5, row);
  }
}

AnimalPatch CutPatch(const cv::Mat& image, const cv::Rect& region, const cv::Mat& mask,
                     const CropInput& crop) {
  VOLE_CHECK(mask.type() == CV_8UC1 && mask.size() == region.size());
  const cv::Moments moments = cv::moments(mask, true);
  AnimalPatch patch;
  cv::Point2d center(region.x + region.width / 2.0, region.y + region.height / 2.0);
  if (moments.m00 > 0) {
    center = {region.x + moments.m10 / moments.m00 + 0.5,
              region.y + moments.m01 / moments.m00 + 0.5};
    patch.axis_radians = 0.5 * std::atan2(2 * moments.mu11, moments.mu20 - moments.mu02);
  }
  const double side_in_image = crop.side_in_image * kPatchMargin;
  const int side = static_cast<int>(std::lround(crop.side * kPatchMargin));
  const int span = static_cast<int>(std::lround(side_in_image));
  const cv::Rect window(static_cast<int>(std::lround(center.x - side_in_image / 2)),
                        static_cast<int>(std::lround(center.y - side_in_image / 2)), span, span);
  cv::Mat bgr(window.size(), CV_8UC3, cv::Scalar::all(0));
  cv::Mat own(window.size(), CV_8UC1, cv::Scalar::all(0));
  const cv::Rect seen = window & cv::Rect(0, 0, image.cols, image.rows);
  if (!seen.empty()) image(seen).copyTo(bgr(seen - window.tl()));
  const cv::Rect masked = window & region;
  if (!masked.empty()) mask(masked - region.tl()).copyTo(own(masked - window.tl()));
  const int method = span > side ? cv::INTER_AREA : cv::INTER_LINEAR;
  cv::resize(bgr, patch.bgr, {side, side}, 0, 0, method);
  cv::resize(own, patch.mask, {side, side}, 0, 0, method);
  return patch;
}

void CutView(const AnimalPatch& patch, const CropView& view, int side, cv::Mat& bgr,
             cv::Mat& mask) {
  // Maps crop pixels to patch pixels.
  const double angle = patch.axis_radians + view.turn_radians;
  const double c = std::cos(angle) / view.zoom, s = std::sin(angle) / view.zoom;
  const double flip = view.flip ? -1 : 1;
  const double half = (side - 1) / 2.0, center = (patch.bgr.cols - 1) / 2.0;
  const cv::Matx23d map(
      c, -s * flip, center - c * (half + view.shift_x) + s * flip * (half + view.shift_y), s,
      c * flip, center - s * (half + view.shift_x) - c * flip * (half + view.shift_y));
  const int flags = cv::INTER_LINEAR | cv::WARP_INVERSE_MAP;
  cv::warpAffine(patch.bgr, bgr, map, {side, side}, flags, cv::BORDER_CONSTANT);
  cv::warpAffine(patch.mask, mask, map, {side, side}, flags, cv::BORDER_CONSTANT);
}

void FillCropInput(const cv::Mat& bgr, const cv::Mat& mask, const CropInput& crop, double gain,
                   double offset, float* out) {
  const float inverse = static_cast<float>(1 / crop.deviation);
  for (int y = 0; y < bgr.rows; ++y) {
    const cv::Vec3b* pixel = bgr.ptr<cv::Vec3b>(y);
    const uchar* covered = mask.ptr<uchar>(y);
    for (int x = 0; x < bgr.cols; ++x, out += crop.channels) {
      const float share = covered[x] / 255.0f;
      const cv::Vec3b p = pixel[x];
      const float grey = 0.114f * p[0] + 0.587f * p[1] + 0.299f * p[2];
      out[0] = (static_cast<float>(grey * gain + offset - crop.mean)) * inverse * share;
      out[1] = share;
      if (crop.channels == 4) {
        out[2] = (p[0] - grey) * inverse * share * 2;
        out[3] = (p[2] - grey) * inverse * share * 2;
      }
    }
  }
}

std::vector<CropView> TestViews() {
  std::vector<CropView> views;
  for (int i = 0; i < 8; ++i) {
    CropView view;
    view.flip = i % 2 == 1;
    view.turn_radians = CV_PI / 4 * i;
    views.push_back(view);
  }
  return views;
}

}  // namespace train
