#include "infer/run/prediction_writer.h"

#include "datasets/shape/mask.h"
#include "datasets/store/connection.h"
#include "datasets/store/writer.h"

namespace infer {
namespace {
constexpr auto kFlushEvery = std::chrono::milliseconds(300);
constexpr size_t kMostWaiting = 2000;  // rows
}  // namespace

datasets::PredictionRow RowOf(const Blob& blob, cv::Size frame_size) {
  datasets::PredictionRow row;
  row.frame_index = blob.frame;
  row.tracklet = blob.tracklet;
  row.score = blob.score;
  row.rle = datasets::EncodeMaskAt(blob.mask, blob.region, frame_size.height, frame_size.width);
  row.polygons = datasets::TraceMask(blob.mask, 0.7, blob.region.tl(), 1);
  row.box = {static_cast<double>(blob.region.x), static_cast<double>(blob.region.y),
             static_cast<double>(blob.region.width), static_cast<double>(blob.region.height)};
  return row;
}

PredictionWriter::PredictionWriter(datasets::Project& project, datasets::Id job_id,
                                   datasets::Id video_id, std::vector<datasets::Id> categories,
                                   cv::Size frame_size)
    : project_(project),
      job_id_(job_id),
      video_id_(video_id),
      categories_(std::move(categories)),
      frame_size_(frame_size),
      last_flush_(std::chrono::steady_clock::now()) {}

void PredictionWriter::Add(const NamedFrame& named) {
  for (size_t b = 0; b < named.frame.blobs.size(); ++b) {
    datasets::PredictionRow row = RowOf(named.frame.blobs[b], frame_size_);
    row.job_id = job_id_;
    row.video_id = video_id_;
    row.category_id = categories_.at(named.class_indices[b]);
    waiting_.push_back(std::move(row));
  }
  const bool late = std::chrono::steady_clock::now() - last_flush_ > kFlushEvery;
  if (late || waiting_.size() >= kMostWaiting) Flush();
}

void PredictionWriter::Flush() {
  if (!waiting_.empty()) {
    std::vector<datasets::Id> ids;
    project_.Write([&](datasets::Writer& writer) {
      ids.clear();
      for (const datasets::PredictionRow& row : waiting_) {
        writer.InsertPrediction(row);
        ids.push_back(sqlite3_last_insert_rowid(writer.connection().handle()));
      }
    });
    rows_.insert(rows_.end(), ids.begin(), ids.end());
    waiting_.clear();
  }
  last_flush_ = std::chrono::steady_clock::now();
}

}  // namespace infer
