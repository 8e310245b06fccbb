// What is kept of every animal and frame of a video: some sixty bytes, no mask.
#pragma once

#include <cstdint>
#include <vector>

#include "infer/track/blob.h"
#include "infer/track/tracklets.h"

namespace infer {

struct AnimalFrame {
  int frame = 0;
  int tracklet = 0;
  float x = 0, y = 0;  // centroid, image pixels
  float area = 0;      // image pixels
  float score = 0, certainty = 0;
  float picture_agreement = -1;
  float previous_iou = -1, jump = 0, split_agreement = 1;  // as in Blob
  bool touching = false;
  bool at_border = false;  // within two pixels of the picture's edge
  bool filled = false;     // made up to bridge a gap, not seen
};

// Rows in order of frames. Memory grows by about 52 + 2 K bytes an animal and frame.
class TrackRecord {
 public:
  TrackRecord(size_t classes, cv::Size frame_size) : classes_(classes), frame_size_(frame_size) {}

  void Add(const TrackedFrame& frame);

  // The rows of a tracklet from a frame on belong to another one.
  void MoveTo(int tracklet, int from_frame, int other_tracklet);

  const std::vector<AnimalFrame>& rows() const { return rows_; }
  size_t classes() const { return classes_; }
  int first_frame() const { return first_frame_; }
  int end_frame() const { return end_frame_; }  // one past the last frame seen, with animals or not

  // Log-probability of a class in a row's own frame, within [-7.9, 0]; 0 for every class where the
  // frame has no such opinion.
  enum class Source { kPixels, kCrop, kWindow };
  double Opinion(Source source, size_t row, size_t class_index) const;
  bool HasOpinion(Source source, size_t row) const;
  // The opinion of a window of frames around a row's, which is there only later; [classes].
  void SetWindowOpinion(size_t row, const std::vector<float>& log_prob);

 private:
  void Pack(const std::vector<float>& log_prob, std::vector<uint8_t>& packed) const;
  const std::vector<uint8_t>& Of(Source source) const;

  size_t classes_;
  cv::Size frame_size_;
  int first_frame_ = -1, end_frame_ = -1;
  std::vector<AnimalFrame> rows_;
  // [rows][classes], -log-probability * 32, 255 = none; window_ is shorter while the last are none
  std::vector<uint8_t> pixels_, crop_, window_;
};

}  // namespace infer
