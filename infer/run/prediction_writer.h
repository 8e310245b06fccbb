// Tracked frames -> rows of `predictions`, a batch a transaction.
#pragma once

#include <chrono>
#include <opencv2/core.hpp>
#include <vector>

#include "datasets/project.h"
#include "infer/track/tracklets.h"

namespace infer {

struct NamedFrame {
  TrackedFrame frame;
  std::vector<size_t> class_indices;  // one a blob
};

// The row of one blob: outline, RLE, box. Confidence is not known yet (0).
datasets::PredictionRow RowOf(const Blob& blob, cv::Size frame_size);

class PredictionWriter {
 public:
  PredictionWriter(datasets::Project& project, datasets::Id job_id, datasets::Id video_id,
                   std::vector<datasets::Id> categories, cv::Size frame_size);

  void Add(const NamedFrame& frame);  // commits when enough has gathered
  void Flush();
  std::vector<datasets::Id> TakeRows() { return std::move(rows_); }

 private:
  datasets::Project& project_;
  const datasets::Id job_id_, video_id_;
  const std::vector<datasets::Id> categories_;
  const cv::Size frame_size_;
  std::vector<datasets::PredictionRow> waiting_;
  std::chrono::steady_clock::time_point last_flush_;
  std::vector<datasets::Id> rows_;
};

}  // namespace infer
