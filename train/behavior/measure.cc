// Normalization of the inputs of behavior networks, from the frames to learn from.
#include "train/behavior/measure.h"

#include <algorithm>
#include <cmath>

namespace train {

// Mean and deviation of each channel over up to `most` pictures.
void MeasurePictures(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                     BehaviorInput& input) {
  constexpr int64_t kMost = 200;
  int64_t frames = 0;
  for (const BehaviorSpan& span : spans) frames += span.end_frame - span.start_frame;
  const int64_t stride = std::max<int64_t>(1, frames / kMost);
  const size_t channels = static_cast<size_t>(input.channels());
  std::vector<double> sum(channels, 0), squares(channels, 0);
  double count = 0;
  int64_t at = 0;
  for (size_t s = 0; s < spans.size(); ++s) {
    const BehaviorRow& row = data.rows[static_cast<size_t>(spans[s].row)];
    for (int f = spans[s].start_frame; f < spans[s].end_frame; ++f) {
      if (at++ % stride != 0 || !row.seen[static_cast<size_t>(f - row.start_frame)]) continue;
      cv::Scalar mean, deviation;
      std::vector<cv::Mat> planes;
      cv::split(data.picture(spans[s].row, f), planes);
      for (size_t c = 0; c < channels; ++c) {
        cv::meanStdDev(planes[c], mean, deviation);
        sum[c] += mean[0];
        squares[c] += mean[0] * mean[0] + deviation[0] * deviation[0];
      }
      count += 1;
    }
  }
  input.mean.assign(channels, 0);
  input.deviation.assign(channels, 64);
  for (size_t c = 0; c < channels && count > 0; ++c) {
    input.mean[c] = sum[c] / count;
    input.deviation[c] =
        std::max(8.0, std::sqrt(std::max(0.0, squares[c] / count - input.mean[c] * input.mean[c])));
  }
}

void MeasureMotion(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                   BehaviorDescription& description) {
  std::vector<double> sum(kMotionFeatures, 0), squares(kMotionFeatures, 0);
  double count = 0;
  for (const BehaviorSpan& span : spans) {
    const BehaviorRow& row = data.rows[static_cast<size_t>(span.row)];
    if (row.motion.empty()) continue;
    for (int f = span.start_frame; f < span.end_frame; ++f) {
      const size_t at = static_cast<size_t>(f - row.start_frame);
      if (!row.seen[at]) continue;
      for (size_t k = 0; k < kMotionFeatures; ++k) {
        const double value = row.motion[at * kMotionFeatures + k];
        sum[k] += value;
        squares[k] += value * value;
      }
      count += 1;
    }
  }
  description.motion_mean.assign(kMotionFeatures, 0);
  description.motion_deviation.assign(kMotionFeatures, 1);
  for (size_t k = 0; k < kMotionFeatures && count > 0; ++k) {
    description.motion_mean[k] = sum[k] / count;
    description.motion_deviation[k] = std::max(
        1e-3, std::sqrt(std::max(0.0, squares[k] / count - description.motion_mean[k] *
                                                               description.motion_mean[k])));
  }
}

void MeasurePointsOf(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                     PointLayout& layout) {
  const auto width = static_cast<size_t>(2 * layout.count());
  if (width == 0) return;
  std::vector<const float*> frames;
  for (const BehaviorSpan& span : spans) {
    const BehaviorRow& row = data.rows[static_cast<size_t>(span.row)];
    for (int f = span.start_frame; f < span.end_frame && !row.points.empty(); ++f) {
      const auto at = static_cast<size_t>(f - row.start_frame);
      if (row.seen[at]) frames.push_back(row.points.data() + at * width);
    }
  }
  MeasurePoints(frames, layout);
}

}  // namespace train
