// One animal-like thing in one frame: what the tracker follows.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "train/base/predictor.h"

namespace infer {

struct Blob {
  int frame = 0;
  cv::Rect region;  // image pixels
  cv::Mat mask;     // CV_8UC1 [region.height, region.width], 0 or 255; a full box for box networks
  double area = 0;  // mask pixels
  cv::Point2d centroid;          // image pixels, continuous
  float score = 0;               // of the detection
  float certainty = 0;           // of the mask's border
  float picture_agreement = -1;  // as in Detection; see picture_agreement.h
  float apart = -1;              // as in Detection
  // This frame's opinion, log-probabilities [K]; empty where there is none (pieces of a contact
  // have no crop opinion).
  std::vector<float> pixel_log_prob, crop_log_prob;
  std::vector<float> identity_features;  // as in Detection
  int tracklet = -1;
  // Overlap with the same animal one frame before, after moving that one by its velocity; -1 where
  // there is no such blob.
  float previous_iou = -1;
  float jump = 0;         // how far the centroid is from where motion would put it, body lengths
  bool touching = false;  // cut out of a merged blob
  bool cut_by_classes = false;  // along the border that the network sees between the animals
  float split_agreement = 1;    // forward and backward splits of a contact agree (IoU); 1 outside
};

// Empty mask: the whole box counts as mask. The region is clipped to `frame_size`; a blob that has
// no pixel left has area 0.
Blob BlobOf(const train::Detection& detection, int frame, cv::Size frame_size);

// Sets region (tight), area and centroid from a mask that covers `region`.
void SetMask(Blob& blob, const cv::Mat& mask, const cv::Rect& region);

// Pixels that both cover when `a` is moved by `shift`.
double Intersection(const Blob& a, cv::Point shift, const Blob& b);
double Iou(const Blob& a, cv::Point shift, const Blob& b);

// No more than two pixels apart.
bool Touch(const Blob& a, const Blob& b);
Blob Union(const Blob& a, const Blob& b);

// Drops what cannot be an animal or is there twice: no pixels, not finite, smaller than
// `speck_share` of `median_area` (when that is known), or covered for more than 70 % by a better
// one. Order of the rest is kept.
std::vector<Blob> CleanBlobs(const train::FrameDetections& found, int frame, cv::Size frame_size,
                             double median_area, double speck_share = 0.12);

}  // namespace infer
