#include "infer/track/blob.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "datasets/shape/mask.h"

namespace infer {

void SetMask(Blob& blob, const cv::Mat& mask, const cv::Rect& region) {
  const cv::Rect tight = datasets::BoundsOf(mask);
  if (tight.empty()) {
    blob.region = {};
    blob.mask = cv::Mat();
    blob.area = 0;
    return;
  }
  blob.mask = mask(tight).clone();
  blob.region = tight + region.tl();
  const cv::Moments moments = cv::moments(blob.mask, true);
  blob.area = moments.m00;
  blob.centroid = {blob.region.x + moments.m10 / moments.m00 + 0.5,
                   blob.region.y + moments.m01 / moments.m00 + 0.5};
}

Blob BlobOf(const train::Detection& detection, int frame, cv::Size frame_size) {
  Blob blob;
  blob.frame = frame;
  blob.score = std::isfinite(detection.score) ? std::clamp(detection.score, 0.f, 1.f) : 0.f;
  blob.certainty = std::isfinite(detection.mask_certainty)
                       ? std::clamp(detection.mask_certainty, 0.f, 1.f)
                       : 0.f;
  blob.picture_agreement = detection.picture_agreement;
  blob.apart = detection.apart;
  blob.pixel_log_prob = detection.pixel_log_prob;
  blob.crop_log_prob = detection.crop_log_prob;
  blob.identity_features = detection.identity_features;
  const cv::Rect visible = detection.region & cv::Rect({0, 0}, frame_size);
  if (visible.empty()) return blob;
  if (detection.mask.empty()) {
    SetMask(blob, cv::Mat(visible.size(), CV_8UC1, cv::Scalar(255)), visible);
  } else {
    SetMask(blob, detection.mask(visible - detection.region.tl()), visible);
  }
  return blob;
}

double Intersection(const Blob& a, cv::Point shift, const Blob& b) {
  const cv::Rect moved = a.region + shift;
  const cv::Rect common = moved & b.region;
  if (common.empty()) return 0;
  cv::Mat both;
  cv::bitwise_and(a.mask(common - moved.tl()), b.mask(common - b.region.tl()), both);
  return cv::countNonZero(both);
}

double Iou(const Blob& a, cv::Point shift, const Blob& b) {
  const double common = Intersection(a, shift, b);
  const double all = a.area + b.area - common;
  return all > 0 ? common / all : 0;
}

bool Touch(const Blob& a, const Blob& b) {
  constexpr int kApart = 2;
  const cv::Rect grown(a.region.x - kApart, a.region.y - kApart, a.region.width + 2 * kApart,
                       a.region.height + 2 * kApart);
  if ((grown & b.region).empty()) return false;
  for (const cv::Point& by : {cv::Point(kApart, 0), cv::Point(-kApart, 0), cv::Point(0, kApart),
                              cv::Point(0, -kApart), cv::Point()}) {
    if (Intersection(a, by, b) > 0) return true;
  }
  return false;
}

Blob Union(const Blob& a, const Blob& b) {
  Blob blob = a.area >= b.area ? a : b;
  const cv::Rect region = a.region | b.region;
  cv::Mat mask(region.size(), CV_8UC1, cv::Scalar(0));
  for (const Blob* part : {&a, &b}) {
    cv::Mat place = mask(part->region - region.tl());
    cv::bitwise_or(place, part->mask, place);
  }
  SetMask(blob, mask, region);
  blob.score = std::max(a.score, b.score);
  blob.certainty = std::min(a.certainty, b.certainty);
  blob.picture_agreement = -1;
  blob.apart = -1;
  return blob;
}

std::vector<Blob> CleanBlobs(const train::FrameDetections& found, int frame, cv::Size frame_size,
                             double median_area, double speck_share) {
  std::vector<Blob> blobs;
  for (const train::Detection& detection : found.detections) {
    Blob blob = BlobOf(detection, frame, frame_size);
    if (blob.area < 1 || (median_area > 0 && blob.area < speck_share * median_area)) continue;
    blobs.push_back(std::move(blob));
  }
  std::vector<size_t> order(blobs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return blobs[a].score * std::sqrt(blobs[a].area) > blobs[b].score * std::sqrt(blobs[b].area);
  });
  std::vector<bool> kept(blobs.size(), false);
  std::vector<size_t> better;
  for (size_t i : order) {
    const bool twice = std::any_of(better.begin(), better.end(), [&](size_t j) {
      return Intersection(blobs[i], {}, blobs[j]) > 0.7 * blobs[i].area;
    });
    if (twice) continue;
    kept[i] = true;
    better.push_back(i);
  }
  std::vector<Blob> clean;
  for (size_t i = 0; i < blobs.size(); ++i) {
    if (kept[i]) clean.push_back(std::move(blobs[i]));
  }
  return clean;
}

}  // namespace infer
