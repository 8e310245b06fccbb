#include "infer/review/picture_agreement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace infer {
namespace {

constexpr int kFewestPixels = 12;                 // in either part, to say anything
constexpr double kNoiseSquared = 9 / (64. * 64);  // keeps flat colors from deciding alone
constexpr double kLeastOverlap = 0.6;             // of a picture model with labels, to be believed

enum Part : uchar { kAround = 0, kOwn = 1, kOther = 2 };

struct Neighborhood {
  train::Surroundings around;
  cv::Mat part;  // CV_8UC1 of Part
};

Neighborhood Look(const cv::Mat& bgr, const cv::Mat& background,
                  const train::FrameDetections& found, size_t which, const cv::Rect& view) {
  Neighborhood near;
  near.around = train::LookAround(bgr, background, view, train::UsualScale(view));
  near.part = cv::Mat(near.around.size, CV_8UC1, cv::Scalar(kAround));
  const auto share = [&](const train::Detection& detection) {
    return train::ReducedMask(detection.mask, detection.region, view, near.around.size);
  };
  for (size_t d = 0; d < found.detections.size(); ++d) {
    const train::Detection& detection = found.detections[d];
    if (d == which || detection.mask.empty() || (detection.region & view).empty()) continue;
    near.part.setTo(cv::Scalar(kOther), share(detection) > 64);
  }
  near.part.setTo(cv::Scalar(kOwn), share(found.detections[which]) > 127);
  return near;
}

// Colors and, where there is an empty scene, the distances to it (zeros elsewhere).
cv::Vec6f CuesAt(const train::Surroundings& around, int pixel) {
  cv::Vec6f cues;
  for (int a = 0; a < (around.has_background ? 6 : 3); ++a) {
    cues[a] = around.features.at<float>(a, pixel);
  }
  return cues;
}

struct Spread {
  cv::Vec6d mean{0, 0, 0, 0, 0, 0};
  cv::Matx66d covariance = cv::Matx66d::zeros();
  int pixels = 0;
};

Spread SpreadOf(const Neighborhood& near, Part part) {
  Spread spread;
  const uchar* parts = near.part.ptr();
  cv::Matx66d squares = cv::Matx66d::zeros();
  for (int i = 0; i < near.around.features.cols; ++i) {
    if (parts[i] != part) continue;
    ++spread.pixels;
    const cv::Vec6f f = CuesAt(near.around, i);
    for (int a = 0; a < 6; ++a) {
      spread.mean[a] += f[a];
      for (int b = a; b < 6; ++b) squares(a, b) += double(f[a]) * f[b];
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

// CV_8UC1: 255 where the pixels look like the mask's own rather than like those around it; empty
// when there is too little of either.
cv::Mat StandingOut(const Neighborhood& near) {
  const Spread own = SpreadOf(near, kOwn), around = SpreadOf(near, kAround);
  if (own.pixels < kFewestPixels || around.pixels < kFewestPixels) return {};
  const cv::Matx66d within =
      own.covariance + around.covariance + kNoiseSquared * cv::Matx66d::eye();
  const cv::Vec6d direction = within.solve(own.mean - around.mean, cv::DECOMP_CHOLESKY);
  std::vector<float> along;
  along.reserve(near.part.total());
  for (int i = 0; i < near.around.features.cols; ++i) {
    const cv::Vec6f f = CuesAt(near.around, i);
    double value = 0;
    for (int a = 0; a < 6; ++a) value += direction[a] * f[a];
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
  if (!(high > low)) return {};
  cv::Mat levels(near.around.size, CV_8UC1);
  std::vector<uchar> histogram_of;
  for (size_t i = 0; i < along.size(); ++i) {
    const float level = std::clamp((along[i] - low) / (high - low), 0.f, 1.f) * 255;
    levels.ptr()[i] = static_cast<uchar>(level);
    if (parts[i] != kOther) histogram_of.push_back(static_cast<uchar>(level));
  }
  cv::Mat ignored;
  const double threshold =
      cv::threshold(histogram_of, ignored, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  return levels > threshold;
}

// IoU of what is kOwn with the parts of `stands_out` that it touches and that are nearer to it than
// to another animal; -1 for nothing.
double Agreement(const cv::Mat& part, const cv::Mat& stands_out) {
  cv::Mat shown = stands_out & (part != kOther);
  if (cv::countNonZero(part == kOther) > 0) {
    cv::Mat to_own, to_other;
    cv::distanceTransform(part != kOwn, to_own, cv::DIST_L2, 3);
    cv::distanceTransform(part != kOther, to_other, cv::DIST_L2, 3);
    shown &= to_own <= to_other;
  }
  cv::Mat component;
  const int components = cv::connectedComponents(shown, component, 8, CV_32S);
  std::vector<char> touched(static_cast<size_t>(components), 0);
  const int* label = component.ptr<int>();
  const uchar* parts = part.ptr();
  const size_t pixels = part.total();
  for (size_t i = 0; i < pixels; ++i) {
    if (parts[i] == kOwn && label[i] > 0) touched[static_cast<size_t>(label[i])] = 1;
  }
  int both = 0, either = 0;
  for (size_t i = 0; i < pixels; ++i) {
    const bool is_shown = touched[static_cast<size_t>(label[i])] != 0;
    both += is_shown && parts[i] == kOwn;
    either += is_shown || parts[i] == kOwn;
  }
  return either > 0 ? static_cast<double>(both) / either : -1;
}

// The view of a detection; empty where it has no mask or lies outside.
cv::Rect ViewOf(const train::Detection& detection, cv::Size frame) {
  const cv::Rect inside = detection.region & cv::Rect({0, 0}, frame);
  if (detection.mask.empty() || inside != detection.region || inside.empty()) return {};
  return train::ViewAround(inside, cv::countNonZero(detection.mask), frame);
}

}  // namespace

bool CanJudge(const train::PictureModel& model, bool has_background) {
  return !model.empty() && model.uses_background == has_background &&
         model.overlap >= kLeastOverlap;
}

std::vector<PictureEvidence> LookForAnimals(const cv::Mat& bgr, const cv::Mat& background,
                                            const train::PictureModel& model,
                                            const train::FrameDetections& found) {
  std::vector<PictureEvidence> evidence;
  for (const train::Detection& detection : found.detections) {
    const cv::Rect view = ViewOf(detection, bgr.size());
    if (view.empty()) continue;
    evidence.push_back(
        {view, model.AnimalPixels(train::LookAround(bgr, background, view, model.scale))});
  }
  return evidence;
}

void JudgeBlobs(const std::vector<PictureEvidence>& evidence, const cv::Size& frame_size,
                std::vector<Blob>& blobs) {
  constexpr double kCovered = 0.98;  // of a blob's box
  for (Blob& blob : blobs) {
    blob.picture_agreement = -1;
    if (blob.area < 1) continue;
    // The view made for this blob, not one of a neighbor that ends right behind it.
    const cv::Rect own_view = train::ViewAround(blob.region, blob.area, frame_size);
    const PictureEvidence* nearest = nullptr;
    double best = 0;
    for (const PictureEvidence& seen : evidence) {
      const bool covers = (seen.view & blob.region).area() >= kCovered * blob.region.area();
      const double common = (seen.view & own_view).area();
      const double fit = common / (seen.view.area() + own_view.area() - common);
      if (!covers || fit <= best) continue;
      nearest = &seen;
      best = fit;
    }
    if (!nearest) continue;
    const cv::Size size = nearest->animal_pixels.size();
    cv::Mat part(size, CV_8UC1, cv::Scalar(kAround));
    const auto share = [&](const Blob& any) {
      return train::ReducedMask(any.mask, any.region, nearest->view, size);
    };
    for (const Blob& other : blobs) {
      if (&other == &blob || (other.region & nearest->view).empty()) continue;
      part.setTo(cv::Scalar(kOther), share(other) > 64);
    }
    part.setTo(cv::Scalar(kOwn), share(blob) > 127);
    blob.picture_agreement = static_cast<float>(Agreement(part, nearest->animal_pixels));
  }
}

void JudgeOutlines(const cv::Mat& bgr, const cv::Mat& background, train::FrameDetections& found) {
  for (size_t d = 0; d < found.detections.size(); ++d) {
    train::Detection& detection = found.detections[d];
    detection.picture_agreement = -1;
    const cv::Rect view = ViewOf(detection, bgr.size());
    if (view.empty()) continue;
    const Neighborhood near = Look(bgr, background, found, d, view);
    const cv::Mat stands_out = StandingOut(near);
    if (stands_out.empty()) continue;
    detection.picture_agreement = static_cast<float>(Agreement(near.part, stands_out));
  }
}

}  // namespace infer
