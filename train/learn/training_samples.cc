#include "train/learn/training_samples.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "train/learn/evaluate.h"

namespace train {
namespace {

constexpr double kFirstAfterSeconds = 4, kEverySeconds = 15;
constexpr double kSampleCostShare = 0.02;
constexpr size_t kMostFrames = 8;  // that take turns
constexpr int kSampleSide = 480;
constexpr double kOutlineTolerance = 0.7;  // pixels of the frame

datasets::Polygons OutlineOf(const cv::Mat& mask, const cv::Rect& region) {
  if (!mask.empty()) return datasets::TraceMask(mask, kOutlineTolerance, region.tl());
  const cv::Point2d low = region.tl(), high = region.br();
  return {{low, {high.x, low.y}, high, {low.x, high.y}}};
}

cv::Rect RegionOf(const datasets::Rle& rle) {
  const datasets::Box box = datasets::RleBox(rle);
  return {static_cast<int>(box.x), static_cast<int>(box.y), static_cast<int>(box.width),
          static_cast<int>(box.height)};
}

cv::Mat Shrunk(const cv::Mat& picture) {
  const int side = std::max(picture.cols, picture.rows);
  if (side <= kSampleSide) return picture.clone();
  const double scale = static_cast<double>(kSampleSide) / side;
  cv::Mat small;
  cv::resize(picture, small, {}, scale, scale, cv::INTER_AREA);
  return small;
}

}  // namespace

SampleTurns::SampleTurns(const TrainingData& data, const Split& split)
    : held_back_(!split.held.empty()) {
  const std::vector<int>& all = held_back_ ? split.held : split.learn;
  const size_t count = std::min(all.size(), kMostFrames);
  for (size_t i = 0; i < count; ++i) frames_.push_back(all[i * all.size() / count]);
  const auto animals = [&](int frame) {
    return data.frames[static_cast<size_t>(frame)].objects.size();
  };
  const auto most = std::max_element(frames_.begin(), frames_.end(),
                                     [&](int a, int b) { return animals(a) < animals(b); });
  if (most != frames_.end()) std::rotate(frames_.begin(), most, most + 1);
}

bool SampleTurns::Due(double seconds, bool validated, bool finished) const {
  if (frames_.empty()) return false;
  if (finished || (validated && !validation_shown_)) return true;
  if (shown_at_ < 0) return seconds >= kFirstAfterSeconds;
  const double since = seconds - shown_at_;
  return (validated || since >= kEverySeconds) && cost_ <= kSampleCostShare * since;
}

std::vector<int> SampleTurns::Next() {
  std::vector<int> next = {frames_.front()};
  if (frames_.size() > 1) next.push_back(frames_[1 + turn_++ % (frames_.size() - 1)]);
  return next;
}

void SampleTurns::Shown(double seconds, double cost_seconds, bool validated) {
  shown_at_ = seconds;
  cost_ = cost_seconds;
  validation_shown_ |= validated;
}

TrainSample MakeSample(const TrainingData& data, int frame, const cv::Mat& picture,
                       const cv::Size& image, const std::vector<Detection>& found,
                       const std::vector<int>& names) {
  const LabeledFrame& labels = data.frames[static_cast<size_t>(frame)];
  const auto name_of = [&](int index) {
    return index >= 0 && static_cast<size_t>(index) < data.classes.size()
               ? data.classes[static_cast<size_t>(index)]
               : std::string();
  };
  TrainSample sample;
  sample.frame = frame;
  sample.image = image;
  sample.picture = Shrunk(picture);
  for (size_t i = 0; i < found.size(); ++i) {
    const std::vector<float>& opinion = found[i].pixel_log_prob;
    int index =
        opinion.empty()
            ? 0
            : static_cast<int>(std::max_element(opinion.begin(), opinion.end()) - opinion.begin());
    if (i < names.size()) index = names[i];
    sample.predicted.push_back(
        {name_of(index), found[i].score, OutlineOf(found[i].mask, found[i].region)});
  }
  for (const LabeledObject& object : labels.objects) {
    const cv::Rect region = RegionOf(object.mask);
    if (object.ignore || region.empty()) continue;
    sample.labeled.push_back({name_of(object.class_index), 1,
                              OutlineOf(datasets::DecodeMask(object.mask, region), region)});
  }
  Evaluation evaluation(static_cast<int>(data.classes.size()));
  evaluation.Add(found, labels);
  sample.mean_iou = sample.labeled.empty() ? -1 : evaluation.MeanIou();
  return sample;
}

}  // namespace train
