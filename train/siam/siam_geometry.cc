#include "train/siam/siam_geometry.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/shape/mask.h"

namespace train {
namespace {

constexpr double kContext = 0.5;
constexpr int kTemplatePixels = 127, kStride = 8, kAnchors = 5;
constexpr double kLeastExtent = 10, kLeastBlob = 100;

double Padded(double width, double height) {
  const double around = kContext * (width + height);
  return std::sqrt((width + around) * (height + around));
}

double Change(double ratio) { return std::max(ratio, 1 / ratio); }

SiamCorners CornersOf(const cv::Rect2d& box) {
  const auto At = [](double x, double y) {
    return cv::Point2f(static_cast<float>(x), static_cast<float>(y));
  };
  return {At(box.x, box.y), At(box.x + box.width, box.y), At(box.x + box.width, box.y + box.height),
          At(box.x, box.y + box.height)};
}

// Outline of the largest blob; empty when it has no more than 100 pixels.
std::vector<cv::Point> LargestOutline(const cv::Mat& mask) {
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(mask, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  double most = kLeastBlob;
  std::vector<cv::Point> largest;
  for (std::vector<cv::Point>& outline : outlines) {
    const double area = cv::contourArea(outline);
    if (area <= most) continue;
    most = area;
    largest = std::move(outline);
  }
  return largest;
}

double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  const double dot = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  const double aa = std::inner_product(a.begin(), a.end(), a.begin(), 0.0);
  const double bb = std::inner_product(b.begin(), b.end(), b.begin(), 0.0);
  return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0;
}

}  // namespace

SiamTarget TargetOf(const cv::Rect& region) {
  return {region.x + region.width / 2.0, region.y + region.height / 2.0,
          static_cast<double>(region.width), static_cast<double>(region.height)};
}

double ContextSide(const SiamTarget& target) { return Padded(target.width, target.height); }

cv::Scalar MeanColor(const cv::Mat& picture) { return cv::mean(picture); }

cv::Mat CutWindow(const cv::Mat& picture, const cv::Point2d& origin, double scale,
                  const cv::Size& size, const cv::Scalar& outside) {
  // Of the window's pixel u the center is the image's point origin + (u + 0.5) / scale.
  const cv::Matx23d to_image(1 / scale, 0, origin.x + 0.5 / scale - 0.5, 0, 1 / scale,
                             origin.y + 0.5 / scale - 0.5);
  cv::Mat window;
  cv::warpAffine(picture, window, to_image, size, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_CONSTANT, outside);
  return window;
}

cv::Mat CutTemplate(const cv::Mat& picture, const SiamTarget& target, const cv::Scalar& outside) {
  const double side = ContextSide(target);
  return CutWindow(picture, {target.x - side / 2, target.y - side / 2}, kTemplatePixels / side,
                   {kTemplatePixels, kTemplatePixels}, outside);
}

std::array<cv::Size2d, 5> SiamAnchorSizes() {
  const double ratios[] = {0.33, 0.5, 1, 2, 3};
  std::array<cv::Size2d, 5> sizes;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int width = static_cast<int>(std::sqrt(kStride * kStride / ratios[i]));
    sizes[i] = {static_cast<double>(kStride * width),
                static_cast<double>(kStride * static_cast<int>(width * ratios[i]))};
  }
  return sizes;
}

std::vector<float> HannWindow(int side) {
  std::vector<double> line(static_cast<size_t>(side));
  for (int i = 0; i < side; ++i) {
    line[static_cast<size_t>(i)] = 0.5 - 0.5 * std::cos(2 * M_PI * i / std::max(1, side - 1));
  }
  std::vector<float> window;
  for (double y : line) {
    for (double x : line) window.push_back(static_cast<float>(x * y));
  }
  return window;
}

SiamChoice ChooseAnswer(const SiamAnswers& answers, const SiamTarget& before,
                        const cv::Point2d& center, double scale, const cv::Size& image,
                        const SiamSettings& settings) {
  const int side = answers.side;
  const size_t places = static_cast<size_t>(side) * static_cast<size_t>(side);
  const size_t all = kAnchors * places;
  VOLE_CHECK(answers.presence.size() == all && answers.box.size() == 4 * all);
  const auto anchors = SiamAnchorSizes();
  const std::vector<float> window = HannWindow(side);
  SiamChoice best;
  double best_rank = -1e9, best_penalty = 1;
  cv::Rect2d best_box;  // x, y: of the center
  for (size_t i = 0; i < all; ++i) {
    const size_t anchor = i / places, place = i % places;
    const int row = static_cast<int>(place) / side, col = static_cast<int>(place) % side;
    const cv::Size2d& size = anchors[anchor];
    const cv::Rect2d box((answers.box[i] * size.width + (col - side / 2) * kStride) / scale,
                         (answers.box[all + i] * size.height + (row - side / 2) * kStride) / scale,
                         std::exp(std::min(answers.box[2 * all + i], 4.f)) * size.width / scale,
                         std::exp(std::min(answers.box[3 * all + i], 4.f)) * size.height / scale);
    const double growth =
        Change(Padded(box.width, box.height) / Padded(before.width, before.height));
    const double stretch = Change((before.width / before.height) / (box.width / box.height));
    const double penalty = std::exp(-(growth * stretch - 1) * settings.penalty);
    const double rank =
        penalty * answers.presence[i] * (1 - settings.window) + window[place] * settings.window;
    if (!(rank > best_rank)) continue;
    best_rank = rank;
    best_penalty = penalty;
    best_box = box;
    best = {static_cast<int>(anchor), row, col, answers.presence[i], {}};
  }
  const double rate = best_penalty * best.score * settings.rate;
  const auto Blend = [&](double old_value, double value, int most) {
    return std::clamp(old_value * (1 - rate) + value * rate, kLeastExtent,
                      std::max<double>(kLeastExtent, most));
  };
  best.target = {std::clamp<double>(center.x + best_box.x, 0, image.width),
                 std::clamp<double>(center.y + best_box.y, 0, image.height),
                 Blend(before.width, best_box.width, image.width),
                 Blend(before.height, best_box.height, image.height)};
  return best;
}

std::pair<cv::Rect, cv::Mat> PasteOutline(const cv::Mat& probability, const cv::Rect2d& box,
                                          const cv::Size& image, double threshold) {
  const cv::Point first(static_cast<int>(std::floor(box.x)), static_cast<int>(std::floor(box.y)));
  const cv::Point last(static_cast<int>(std::ceil(box.x + box.width)),
                       static_cast<int>(std::ceil(box.y + box.height)));
  const cv::Rect place = cv::Rect(first, last) & cv::Rect({}, image);
  if (place.empty() || probability.empty()) return {};
  const double scale = probability.cols / box.width;
  const cv::Mat pasted =
      CutWindow(probability, {(place.x - box.x) * scale, (place.y - box.y) * scale}, 1 / scale,
                place.size(), cv::Scalar(0));
  const cv::Mat inside = pasted > threshold;
  cv::Mat labels, stats, centers;
  const int count = cv::connectedComponentsWithStats(inside, labels, stats, centers, 8);
  int largest = 0, most = 0;
  for (int i = 1; i < count; ++i) {
    const int area = stats.at<int>(i, cv::CC_STAT_AREA);
    if (area > most) most = area, largest = i;
  }
  if (largest == 0) return {};
  const cv::Mat blob = labels == largest;
  const cv::Rect bounds = datasets::BoundsOf(blob);
  return {bounds + place.tl(), blob(bounds).clone()};
}

SiamCorners RotatedBox(const cv::Mat& mask, const cv::Rect2d& otherwise) {
  const std::vector<cv::Point> outline = LargestOutline(mask);
  if (outline.empty()) return CornersOf(otherwise);
  SiamCorners corners;
  cv::minAreaRect(outline).points(corners.data());
  return corners;
}

SiamCorners EllipseBox(const cv::Mat& mask, const cv::Rect2d& otherwise, double trim) {
  const std::vector<cv::Point> outline = LargestOutline(mask);
  if (outline.size() < 5) return CornersOf(otherwise);
  const cv::RotatedRect ellipse = cv::fitEllipse(outline);
  const cv::Matx23d turn = cv::getRotationMatrix2D(ellipse.center, ellipse.angle, 1);
  const auto Turned = [](const cv::Matx23d& m, double x, double y) {
    return cv::Point2d(m(0, 0) * x + m(0, 1) * y + m(0, 2), m(1, 0) * x + m(1, 1) * y + m(1, 2));
  };
  // Along the ellipse's axes: what both its box and the turned outline cover.
  const double half_width = ellipse.size.width / 2.0, half_height = ellipse.size.height / 2.0;
  double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
  for (const cv::Point& point : outline) {
    const cv::Point2d p = Turned(turn, point.x, point.y);
    if (std::abs(p.x - ellipse.center.x) > half_width ||
        std::abs(p.y - ellipse.center.y) > half_height) {
      continue;
    }
    left = std::min(left, p.x), right = std::max(right, p.x);
    top = std::min(top, p.y), bottom = std::max(bottom, p.y);
  }
  if (right < left || bottom < top) return CornersOf(otherwise);
  // The turned mask, on a canvas that holds all of it.
  const int reach = static_cast<int>(std::hypot(mask.cols, mask.rows)) + 2;
  cv::Matx23d moved = turn;
  moved(0, 2) += reach, moved(1, 2) += reach;
  cv::Mat turned;
  cv::warpAffine(mask, turned, moved, {mask.cols + 2 * reach, mask.rows + 2 * reach},
                 cv::INTER_NEAREST);
  const auto Filled = [&](double x1, double y1, double x2, double y2) {
    const cv::Rect line(cvRound(x1) + reach, cvRound(y1) + reach,
                        std::max(1, cvRound(x2) - cvRound(x1)),
                        std::max(1, cvRound(y2) - cvRound(y1)));
    const cv::Rect seen = line & cv::Rect({}, turned.size());
    return seen.empty() ? 0.0 : cv::countNonZero(turned(seen)) / static_cast<double>(line.area());
  };
  constexpr double kStep = 0.02;
  while (right - left > 1 && Filled(left, top, left, bottom) < trim) left += kStep * (right - left);
  while (right - left > 1 && Filled(right, top, right, bottom) < trim) {
    right -= kStep * (right - left);
  }
  while (bottom - top > 1 && Filled(left, top, right, top) < trim) top += kStep * (bottom - top);
  while (bottom - top > 1 && Filled(left, bottom, right, bottom) < trim) {
    bottom -= kStep * (bottom - top);
  }
  cv::Matx23d back;
  cv::invertAffineTransform(turn, back);
  SiamCorners corners = CornersOf({left, top, right - left, bottom - top});
  for (cv::Point2f& corner : corners) corner = Turned(back, corner.x, corner.y);
  return corners;
}

std::vector<cv::Rect> VariedWindows(const cv::Mat& background, int side, int count) {
  cv::Mat grey;
  if (background.channels() == 3) {
    cv::cvtColor(background, grey, cv::COLOR_BGR2GRAY);
  } else {
    grey = background;
  }
  const int step = std::max(1, side / 2);
  std::vector<std::pair<double, cv::Rect>> windows;
  for (int y = 0; y + side <= grey.rows; y += step) {
    for (int x = 0; x + side <= grey.cols; x += step) {
      const cv::Rect window(x, y, side, side);
      cv::Scalar mean, deviation;
      cv::meanStdDev(grey(window), mean, deviation);
      windows.emplace_back(deviation[0], window);
    }
  }
  std::stable_sort(windows.begin(), windows.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<cv::Rect> chosen;
  for (const auto& [deviation, window] : windows) {
    if (static_cast<int>(chosen.size()) < count) chosen.push_back(window);
  }
  return chosen;
}

std::vector<int> FarApart(const std::vector<std::vector<float>>& embeddings,
                          const std::vector<float>& target, int count) {
  std::vector<double> nearest;  // cosine to the nearest of the target and those chosen
  for (const auto& embedding : embeddings) nearest.push_back(Cosine(embedding, target));
  std::vector<int> chosen;
  while (static_cast<int>(chosen.size()) < std::min<int>(count, static_cast<int>(nearest.size()))) {
    const auto next = std::min_element(nearest.begin(), nearest.end());
    const size_t at = static_cast<size_t>(next - nearest.begin());
    chosen.push_back(static_cast<int>(at));
    for (size_t i = 0; i < nearest.size(); ++i) {
      nearest[i] = std::max(nearest[i], Cosine(embeddings[i], embeddings[at]));
    }
    nearest[at] = 1e9;
  }
  return chosen;
}

}  // namespace train
