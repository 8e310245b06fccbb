#include "infer/track/track_record.h"

#include <algorithm>
#include <cmath>

namespace infer {
namespace {
constexpr double kSteps = 32;  // per unit of log-probability
constexpr uint8_t kNone = 255;
}  // namespace

void TrackRecord::Pack(const std::vector<float>& log_prob, std::vector<uint8_t>& packed) const {
  const bool known = log_prob.size() == classes_;
  for (size_t k = 0; k < classes_; ++k) {
    uint8_t value = kNone;
    if (known) {
      const double steps = std::isfinite(log_prob[k]) ? std::round(-log_prob[k] * kSteps) : 254.0;
      value = static_cast<uint8_t>(std::clamp(steps, 0.0, 254.0));
    }
    packed.push_back(value);
  }
}

void TrackRecord::Add(const TrackedFrame& frame) {
  if (first_frame_ < 0) first_frame_ = frame.frame;
  end_frame_ = frame.frame + 1;
  for (const Blob& blob : frame.blobs) {
    AnimalFrame row;
    row.frame = frame.frame;
    row.tracklet = blob.tracklet;
    row.x = static_cast<float>(blob.centroid.x);
    row.y = static_cast<float>(blob.centroid.y);
    row.area = static_cast<float>(blob.area);
    row.score = blob.score;
    row.certainty = blob.certainty;
    row.picture_agreement = blob.picture_agreement;
    row.previous_iou = blob.previous_iou;
    row.jump = blob.jump;
    row.split_agreement = blob.split_agreement;
    row.touching = blob.touching;
    row.at_border = blob.region.x < 2 || blob.region.y < 2 ||
                    blob.region.br().x > frame_size_.width - 2 ||
                    blob.region.br().y > frame_size_.height - 2;
    rows_.push_back(row);
    Pack(blob.pixel_log_prob, pixels_);
    Pack(blob.crop_log_prob, crop_);
  }
}

void TrackRecord::MoveTo(int tracklet, int from_frame, int other_tracklet) {
  for (AnimalFrame& row : rows_) {
    if (row.tracklet == tracklet && row.frame >= from_frame) row.tracklet = other_tracklet;
  }
}

void TrackRecord::SetWindowOpinion(size_t row, const std::vector<float>& log_prob) {
  if (window_.size() < (row + 1) * classes_) window_.resize((row + 1) * classes_, kNone);
  std::vector<uint8_t> packed;
  Pack(log_prob, packed);
  std::copy(packed.begin(), packed.end(),
            window_.begin() + static_cast<std::ptrdiff_t>(row * classes_));
}

const std::vector<uint8_t>& TrackRecord::Of(Source source) const {
  return source == Source::kPixels ? pixels_ : source == Source::kCrop ? crop_ : window_;
}

bool TrackRecord::HasOpinion(Source source, size_t row) const {
  const auto& packed = Of(source);
  return classes_ > 0 && packed.size() > row * classes_ && packed[row * classes_] != kNone;
}

double TrackRecord::Opinion(Source source, size_t row, size_t class_index) const {
  const auto& packed = Of(source);
  const size_t at = row * classes_ + class_index;
  return packed.size() <= at || packed[at] == kNone ? 0 : -packed[at] / kSteps;
}

}  // namespace infer
