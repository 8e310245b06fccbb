#include "infer/picture_agreement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace infer {
namespace {

constexpr int kMostPixels = 64;      // of the neighbourhood's longer side, after reduction
constexpr double kMargin = 0.6;      // of the square root of the area, around the mask
constexpr int kFewestPixels = 12;    // in either part, to say anything
constexpr double kNoiseSquared = 9;  // grey levels; keeps flat colors from deciding alone

using Feature = std::array<float, 6>;  // b g r, and their differences to the background

enum Part : uchar { kAround = 0, kOwn = 1, kOther = 2 };

struct Neighbourhood {
  cv::Size size;
  std::vector<Feature> features;  // [pixels]
  cv::Mat part;                   // CV_8UC1 of Part
};

cv::Mat Reduced(const cv::Mat& picture, cv::Size size) {
  cv::Mat small;
  cv::resize(picture, small, size, 0, 0, cv::INTER_AREA);
  return small;
}

// The detection's mask within `view`, as shares 0..255.
cv::Mat MaskIn(const train::Detection& detection, const cv::Rect& view) {
  cv::Mat mask(view.size(), CV_8UC1, cv::Scalar(0));
  const cv::Rect common = detection.region & view;
  if (common.empty()) return mask;
  detection.mask(common - detection.region.tl()).copyTo(mask(common - view.tl()));
  return mask;
}

Neighbourhood Look(const cv::Mat& bgr, const cv::Mat& background,
                   const train::FrameDetections& found, size_t which, const cv::Rect& view) {
  const double scale = std::min(1.0, kMostPixels / double(std::max(view.width, view.height)));
  Neighbourhood near;
  near.size = {std::max(1, cvRound(view.width * scale)), std::max(1, cvRound(view.height * scale))};
  near.part = cv::Mat(near.size, CV_8UC1, cv::Scalar(kAround));
  for (size_t d = 0; d < found.detections.size(); ++d) {
    const train::Detection& detection = found.detections[d];
    if (d == which || detection.mask.empty() || (detection.region & view).empty()) continue;
    near.part.setTo(cv::Scalar(kOther), Reduced(MaskIn(detection, view), near.size) > 64);
  }
  near.part.setTo(cv::Scalar(kOwn),
                  Reduced(MaskIn(found.detections[which], view), near.size) > 127);
  const cv::Mat colors = Reduced(bgr(view), near.size);
  const cv::Mat empty_scene = background.empty() ? cv::Mat() : Reduced(background(view), near.size);
  near.features.reserve(near.part.total());
  for (int y = 0; y < near.size.height; ++y) {
    for (int x = 0; x < near.size.width; ++x) {
      const cv::Vec3b color = colors.at<cv::Vec3b>(y, x);
      Feature feature{};
      for (int c = 0; c < 3; ++c) {
        const auto i = static_cast<size_t>(c);
        feature[i] = color[c];
        if (!empty_scene.empty()) {
          feature[i + 3] =
              std::abs(static_cast<float>(color[c]) - empty_scene.at<cv::Vec3b>(y, x)[c]);
        }
      }
      near.features.push_back(feature);
    }
  }
  return near;
}

struct Spread {
  cv::Vec6d mean{0, 0, 0, 0, 0, 0};
  cv::Matx66d covariance = cv::Matx66d::zeros();
  int pixels = 0;
};

Spread SpreadOf(const Neighbourhood& near, Part part) {
  Spread spread;
  const uchar* parts = near.part.ptr();
  cv::Matx66d squares = cv::Matx66d::zeros();
  for (size_t i = 0; i < near.features.size(); ++i) {
    if (parts[i] != part) continue;
    ++spread.pixels;
    const Feature& f = near.features[i];
    for (int a = 0; a < 6; ++a) {
      spread.mean[a] += f[static_cast<size_t>(a)];
      for (int b = a; b < 6; ++b) {
        squares(a, b) += double(f[static_cast<size_t>(a)]) * f[static_cast<size_t>(b)];
      }
    }
  }
  const double n = std::max(1, spread.pixels);
  spread.mean *= 1 / n;
  for (int a = 0; a < 6; ++a) {
    for (int b = a; b < 6; ++b) {
      spread.covariance(a, b) = squares(a, b) / n - spread.mean[a] * spread.mean[b];
      spread.covariance(b, a) = spread.covariance(a, b);
    }
  }
  return spread;
}

double Agreement(const Neighbourhood& near) {
  const Spread own = SpreadOf(near, kOwn), around = SpreadOf(near, kAround);
  if (own.pixels < kFewestPixels || around.pixels < kFewestPixels) return -1;
  const cv::Matx66d within =
      own.covariance + around.covariance + kNoiseSquared * cv::Matx66d::eye();
  const cv::Vec6d direction = within.solve(own.mean - around.mean, cv::DECOMP_CHOLESKY);
  std::vector<float> along;
  along.reserve(near.features.size());
  for (const Feature& f : near.features) {
    double value = 0;
    for (int a = 0; a < 6; ++a) value += direction[a] * f[static_cast<size_t>(a)];
    along.push_back(static_cast<float>(value));
  }
  const uchar* parts = near.part.ptr();
  std::vector<float> seen;
  for (size_t i = 0; i < along.size(); ++i) {
    if (parts[i] != kOther) seen.push_back(along[i]);
  }
  const auto at = [&](double share) {
    const auto place = seen.begin() + static_cast<ptrdiff_t>(share * double(seen.size() - 1));
    std::nth_element(seen.begin(), place, seen.end());
    return *place;
  };
  const float low = at(0.005), high = at(0.995);
  if (!(high > low)) return -1;
  cv::Mat levels(near.size, CV_8UC1);
  std::vector<uchar> histogram_of;
  for (size_t i = 0; i < along.size(); ++i) {
    const float level = std::clamp((along[i] - low) / (high - low), 0.f, 1.f) * 255;
    levels.ptr()[i] = static_cast<uchar>(level);
    if (parts[i] != kOther) histogram_of.push_back(static_cast<uchar>(level));
  }
  cv::Mat ignored;
  const double threshold =
      cv::threshold(histogram_of, ignored, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  const cv::Mat stands_out = (levels > threshold) & (near.part != kOther);
  cv::Mat component;
  const int components = cv::connectedComponents(stands_out, component, 8, CV_32S);
  std::vector<char> touched(static_cast<size_t>(components), 0);
  const int* label = component.ptr<int>();
  for (size_t i = 0; i < along.size(); ++i) {
    if (parts[i] == kOwn && label[i] > 0) touched[static_cast<size_t>(label[i])] = 1;
  }
  int both = 0, either = 0;
  for (size_t i = 0; i < along.size(); ++i) {
    const bool shown = touched[static_cast<size_t>(label[i])] != 0;
    both += shown && parts[i] == kOwn;
    either += shown || parts[i] == kOwn;
  }
  return either > 0 ? static_cast<double>(both) / either : -1;
}

}  // namespace

void JudgeOutlines(const cv::Mat& bgr, const cv::Mat& background, train::FrameDetections& found) {
  const cv::Rect frame({0, 0}, bgr.size());
  for (size_t d = 0; d < found.detections.size(); ++d) {
    train::Detection& detection = found.detections[d];
    detection.picture_agreement = -1;
    const cv::Rect inside = detection.region & frame;
    if (detection.mask.empty() || inside != detection.region || inside.empty()) continue;
    const int margin = std::max(2, cvRound(kMargin * std::sqrt(cv::countNonZero(detection.mask))));
    const cv::Rect view = cv::Rect(inside.x - margin, inside.y - margin, inside.width + 2 * margin,
                                   inside.height + 2 * margin) &
                          frame;
    detection.picture_agreement =
        static_cast<float>(Agreement(Look(bgr, background, found, d, view)));
  }
}

}  // namespace infer
