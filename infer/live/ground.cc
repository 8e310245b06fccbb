#include "infer/live/ground.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/shape/contrast.h"
#include "datasets/shape/mask.h"

namespace infer {
namespace {

constexpr double kSampleBytes = 100e6;
constexpr size_t kMostSamples = 300, kLeastSamples = 12, kMedianSamples = 25;
constexpr int kFollowEvery = 12;     // frames
constexpr double kAround = 0.5;      // of an animal's length: shadows, and what was not outlined
constexpr double kSpeckShare = 0.2;  // of an animal's area
constexpr double kFaint = 0.6;       // of the cut: legs, tails, faint fur beside what is certain
constexpr int kRim = 3;              // pixels around a ghost that go with it
constexpr int kBand = 5;             // pixels on both sides of an outline
constexpr double kGhostStep = 1.5;   // the ground's step there is so much larger
constexpr double kLeastStep = 12;    // gray levels

// How differently colored a picture is on the two sides of an outline, gray levels; what has a
// texture is taken by its mean.
double Step(const cv::Mat& bgr, const cv::Mat& inside, const cv::Mat& outside) {
  const cv::Scalar in = cv::mean(bgr, inside), out = cv::mean(bgr, outside);
  return cv::norm(cv::Vec3d(in[0] - out[0], in[1] - out[1], in[2] - out[2]));
}

// A thing grows into what hangs together with it and stands out less, as far as legs reach.
void TakeFaintParts(const cv::Mat& contrast, int cut, double area, train::Detection& thing) {
  const int reach = datasets::LegRadius(area) + 2;
  const cv::Rect view = cv::Rect(thing.region.x - reach, thing.region.y - reach,
                                 thing.region.width + 2 * reach, thing.region.height + 2 * reach) &
                        cv::Rect({0, 0}, contrast.size());
  cv::Mat core(view.size(), CV_8UC1, cv::Scalar(0)), around;
  thing.mask.copyTo(core(thing.region - view.tl()));
  cv::dilate(core, around,
             cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1}));
  cv::Mat grown = datasets::Open(contrast(view) > kFaint * cut, 1) & around;
  grown = datasets::FillHoles(grown | core);
  cv::Mat labels;
  cv::connectedComponents(grown, labels, 8, CV_32S);
  cv::Mat held(view.size(), CV_8UC1, cv::Scalar(0));
  std::vector<bool> in_core(static_cast<size_t>(view.area()) + 1, false);
  for (int y = 0; y < view.height; ++y) {
    for (int x = 0; x < view.width; ++x) {
      if (core.at<uchar>(y, x)) in_core[static_cast<size_t>(labels.at<int>(y, x))] = true;
    }
  }
  for (int y = 0; y < view.height; ++y) {
    for (int x = 0; x < view.width; ++x) {
      const int label = labels.at<int>(y, x);
      if (label > 0 && in_core[static_cast<size_t>(label)]) held.at<uchar>(y, x) = 255;
    }
  }
  const cv::Rect tight = datasets::BoundsOf(held);
  thing.mask = held(tight).clone();
  thing.region = tight + view.tl();
}

}  // namespace

void GroundSamples::Add(const GroundSample& sample) {
  if (came_++ % every_ != 0) return;
  const double bytes = std::max(1.0, static_cast<double>(sample.bgr.total() * 3));
  const auto most =
      std::clamp(static_cast<size_t>(kSampleBytes / bytes), kLeastSamples, kMostSamples);
  if (samples_.size() >= most) {
    for (size_t i = 0; 2 * i < samples_.size(); ++i) samples_[i] = samples_[2 * i];
    samples_.resize((samples_.size() + 1) / 2);
    every_ *= 2;
    if ((came_ - 1) % every_ != 0) return;
  }
  samples_.push_back(sample);
}

std::vector<GroundSample> GroundSamples::Spread(size_t most) const {
  std::vector<GroundSample> some;
  const size_t count = std::min(most, samples_.size());
  for (size_t i = 0; i < count; ++i) {
    some.push_back(samples_[(2 * i + 1) * samples_.size() / (2 * count)]);
  }
  return some;
}

cv::Mat MedianOf(const std::vector<GroundSample>& samples) {
  VOLE_CHECK(!samples.empty());
  const size_t count = std::min(kMedianSamples, samples.size());
  std::vector<const cv::Mat*> chosen;
  for (size_t i = 0; i < count; ++i) {
    chosen.push_back(&samples[(2 * i + 1) * samples.size() / (2 * count)].bgr);
  }
  cv::Mat median(chosen[0]->size(), CV_8UC3);
  std::vector<uchar> values(count);
  for (int y = 0; y < median.rows; ++y) {
    uchar* out = median.ptr(y);
    for (int x = 0; x < 3 * median.cols; ++x) {
      for (size_t i = 0; i < count; ++i) values[i] = chosen[i]->ptr(y)[x];
      const auto middle = values.begin() + static_cast<ptrdiff_t>(count / 2);
      std::nth_element(values.begin(), middle, values.end());
      out[x] = *middle;
    }
  }
  return median;
}

void Ground::Follow(const cv::Mat& bgr, const std::vector<Blob>& animals) {
  if (picture_.empty() || ++followed_ % kFollowEvery != 0) return;
  picture_ = picture_.clone();  // a predictor knows a background by its memory
  cv::Mat keep(bgr.size(), CV_8UC1, cv::Scalar(0));
  for (const Blob& animal : animals) {
    const int by = cvCeil(kAround * std::max(animal.region.width, animal.region.height));
    const cv::Rect around(animal.region.x - by, animal.region.y - by, animal.region.width + 2 * by,
                          animal.region.height + 2 * by);
    keep(around & cv::Rect({0, 0}, bgr.size())).setTo(255);
  }
  for (int y = 0; y < bgr.rows; ++y) {
    const uchar* kept = keep.ptr(y);
    const uchar* now = bgr.ptr(y);
    uchar* ground = picture_.ptr(y);
    for (int x = 0; x < bgr.cols; ++x, now += 3, ground += 3) {
      if (kept[x]) continue;
      for (int c = 0; c < 3; ++c) {
        ground[c] = static_cast<uchar>(ground[c] + (now[c] > ground[c]) - (now[c] < ground[c]));
      }
    }
  }
}

bool IsGhost(const cv::Mat& bgr, const cv::Mat& ground, const train::Detection& thing) {
  const int band = kBand + 1;
  const cv::Rect view = cv::Rect(thing.region.x - band, thing.region.y - band,
                                 thing.region.width + 2 * band, thing.region.height + 2 * band) &
                        cv::Rect({0, 0}, bgr.size());
  cv::Mat mask(view.size(), CV_8UC1, cv::Scalar(0)), outer, inner;
  thing.mask.copyTo(mask(thing.region - view.tl()));
  const cv::Mat disc = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * kBand + 1, 2 * kBand + 1});
  cv::dilate(mask, outer, disc);
  cv::erode(mask, inner, disc);
  const cv::Mat inside = mask & ~inner, outside = outer & ~mask;
  if (cv::countNonZero(outside) == 0) return false;
  const double in_ground = Step(ground(view), inside, outside);
  return in_ground > kLeastStep && in_ground > kGhostStep * Step(bgr(view), inside, outside);
}

bool Ground::FindIn(const cv::Rect& place, const cv::Mat& bgr, int cut, double area,
                    train::FrameDetections& found) {
  const cv::Mat here = bgr(place);
  cv::Mat ground = picture_(place);
  const cv::Mat contrast = datasets::ContrastTo(here, ground);
  const cv::Mat mask =
      datasets::FillHoles(datasets::Open(contrast > cut, datasets::LegRadius(area)));
  cv::Mat labels, stats, centers;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centers, 8, CV_32S);
  for (int k = 1; k < count; ++k) {
    if (stats.at<int>(k, cv::CC_STAT_AREA) < std::max(kLeastMovingArea, kSpeckShare * area)) {
      continue;
    }
    train::Detection thing;
    thing.region = {stats.at<int>(k, cv::CC_STAT_LEFT), stats.at<int>(k, cv::CC_STAT_TOP),
                    stats.at<int>(k, cv::CC_STAT_WIDTH), stats.at<int>(k, cv::CC_STAT_HEIGHT)};
    thing.mask = labels(thing.region) == k;
    if (IsGhost(here, ground, thing)) {
      const cv::Rect rim(thing.region.x - kRim, thing.region.y - kRim,
                         thing.region.width + 2 * kRim, thing.region.height + 2 * kRim);
      const cv::Rect view = rim & cv::Rect({0, 0}, place.size());
      const int side = 2 * kRim + 1;
      cv::Mat around;
      cv::dilate(labels(view) == k, around,
                 cv::getStructuringElement(cv::MORPH_ELLIPSE, {side, side}));
      here(view).copyTo(ground(view), around);
      continue;
    }
    TakeFaintParts(contrast, cut, area, thing);
    const double stands_out = cv::mean(contrast(thing.region), thing.mask)[0];
    thing.score = static_cast<float>(std::clamp(stands_out / (2.0 * std::max(cut, 1)), 0.0, 1.0));
    thing.region += place.tl();
    const cv::Rect grown(thing.region.x - 1, thing.region.y - 1, thing.region.width + 2,
                         thing.region.height + 2);
    const cv::Rect in_picture = grown & cv::Rect({0, 0}, bgr.size());
    if ((in_picture & place) != in_picture) return false;
    found.detections.push_back(std::move(thing));
  }
  return true;
}

train::FrameDetections Ground::FindMoving(const cv::Mat& bgr, int cut, double area,
                                          const std::vector<cv::Rect>& places) {
  VOLE_CHECK(picture_.size() == bgr.size());
  train::FrameDetections found;
  bool all = !places.empty();
  for (const cv::Rect& place : places) all = all && FindIn(place, bgr, cut, area, found);
  if (all) return found;
  found.detections.clear();
  FindIn({{0, 0}, bgr.size()}, bgr, cut, area, found);
  return found;
}

int Ground::PixelsAt(const cv::Mat& bgr, int cut, cv::Point pixel) const {
  cv::Mat labels;
  cv::connectedComponents(datasets::ContrastTo(bgr, picture_) > cut, labels, 8, CV_32S);
  const int label = labels.at<int>(pixel);
  return label == 0 ? 0 : cv::countNonZero(labels == label);
}

}  // namespace infer
