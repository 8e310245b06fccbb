#include "train/detect/task.h"

#include <algorithm>
#include <cmath>

#include "datasets/metrics/voc.h"
#include "train/detect/detections.h"
#include "train/learn/temperature.h"

namespace train {
namespace {

constexpr uint64_t kSampleStream = 11, kOrderStream = 12, kChoiceStream = 13, kPictureStream = 14;
constexpr size_t kMostHeld = 24;
constexpr int kMostRepeats = 4;

void AddBoxes(const std::vector<Found>& found, const LabeledFrame& labels, int frame,
              std::vector<datasets::EvalObject>& truth,
              std::vector<datasets::EvalObject>& predicted) {
  datasets::EvalObject object;
  object.frame = frame;
  object.image_id = frame;
  for (const LabeledObject& label : labels.objects) {
    object.category = label.class_index + 1;
    object.box = datasets::RleBox(label.mask);
    object.crowd = label.ignore;
    truth.push_back(object);
  }
  object.crowd = false;
  for (const Found& one : found) {
    object.category = one.label;
    object.score = one.score;
    object.box = {one.box[0], one.box[1], one.box[2] - one.box[0], one.box[3] - one.box[1]};
    if (std::isfinite(one.score)) predicted.push_back(object);
  }
}

}  // namespace

DetectSample SampleOf(const LabeledPicture& picture) {
  DetectSample sample;
  const cv::Mat bgr = picture.Picture();
  sample.image = ImageTensor(bgr);
  std::vector<float> boxes, crowd;
  std::vector<int64_t> labels;
  std::vector<torch::Tensor> masks;
  for (const LabeledRegion& object : picture.objects) {
    const cv::Rect& r = object.region;
    std::vector<float>& list = object.ignore ? crowd : boxes;
    for (int value : {r.x, r.y, r.x + r.width, r.y + r.height}) {
      list.push_back(static_cast<float>(value));
    }
    if (object.ignore) continue;
    labels.push_back(object.class_index + 1);
    torch::Tensor mask = torch::zeros({bgr.rows, bgr.cols}, torch::kUInt8);
    cv::Mat place(bgr.rows, bgr.cols, CV_8UC1, mask.data_ptr<uint8_t>());
    place(r).setTo(1, object.mask);
    masks.push_back(mask);
  }
  sample.boxes = torch::tensor(boxes, torch::kFloat32).view({-1, 4});
  sample.crowd_boxes = torch::tensor(crowd, torch::kFloat32).view({-1, 4});
  sample.labels = torch::tensor(labels, torch::kInt64);
  sample.masks =
      masks.empty() ? torch::zeros({0, bgr.rows, bgr.cols}, torch::kUInt8) : torch::stack(masks);
  return sample;
}

DetectTask::DetectTask(Detector& detector, const TrainingData& data,
                       std::vector<LabeledPicture> pictures, std::vector<int> held,
                       const DetectDescription& description, const DetectAugment& augment,
                       const BatchShare& share, uint64_t seed)
    : detector_(detector),
      data_(data),
      pictures_(std::move(pictures)),
      held_(std::move(held)),
      description_(description),
      augment_(augment),
      share_(share),
      seed_(seed) {
  if (held_.size() > kMostHeld) {
    std::vector<int> spread;
    for (size_t i = 0; i < kMostHeld; ++i) spread.push_back(held_[i * held_.size() / kMostHeld]);
    held_ = spread;
  }
  if (share.peers) detector.LearnWith(share.peers);
  for (size_t i = 0; i < pictures_.size(); ++i) {
    const int repeats =
        std::clamp(static_cast<int>(std::lround(pictures_[i].weight)), 1, kMostRepeats);
    for (int r = 0; r < repeats; ++r) order_.push_back(i);
  }
}

// Every picture once before any a second time; the order of each round is its own.
const LabeledPicture& DetectTask::Draw(uint64_t index) const {
  const uint64_t round = index / order_.size(), place = index % order_.size();
  std::vector<size_t> order = order_;
  datasets::Random random({seed_, kOrderStream, round});
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<size_t>(random.Below(static_cast<int>(i)))]);
  }
  return pictures_[order[place]];
}

torch::Tensor DetectTask::Loss(int64_t step) {
  std::vector<DetectSample> batch;
  for (int i = 0; i < share_.count; ++i) {
    const uint64_t index = static_cast<uint64_t>(step) * share_.whole + share_.first + i;
    datasets::Random random({seed_, kSampleStream, index});
    batch.push_back(SampleOf(Augmented(Draw(index), augment_, random)));
    batch.back().seed = datasets::Random({seed_, kPictureStream, index}).Next() >> 1;
  }
  torch::manual_seed(datasets::Random({seed_, kChoiceStream, static_cast<uint64_t>(step)}).Next() >>
                     1);
  torch::Tensor sum;
  last_losses_.clear();
  for (const auto& [name, value] : detector_.Losses(batch)) {
    last_losses_[name] = value.item<double>();
    sum = sum.defined() ? sum + value : value;
  }
  return sum;
}

std::vector<Detection> DetectTask::Detect(const cv::Mat& picture) {
  return AnimalsOf(detector_.Infer({ImageTensor(picture)})[0], description_);
}

Evaluation DetectTask::Evaluate(Boxes* boxes) {
  Evaluation evaluation(static_cast<int>(description_.info.classes.size()));
  for (int frame : held_) {
    const auto found = detector_.Infer({ImageTensor(data_.picture(frame))});
    evaluation.Add(AnimalsOf(found[0], description_), data_.frames[frame]);
    if (boxes) AddBoxes(found[0], data_.frames[frame], frame, boxes->truth, boxes->predicted);
  }
  return evaluation;
}

std::optional<Validation> DetectTask::Validate() {
  if (held_.empty()) return std::nullopt;
  Boxes boxes;
  const Evaluation evaluation = Evaluate(&boxes);
  Validation validation;
  const bool named = description_.info.classes.size() > 1;
  validation.score =
      evaluation.Quality() * (named ? 0.5 + 0.5 * evaluation.PixelIdentityAccuracy() : 1);
  validation.figures = evaluation.Figures();
  // As strict VOC, and as darknet's `detector map`, count the boxes before they become animals.
  const datasets::VocFigures voc = datasets::EvaluateVoc(boxes.truth, boxes.predicted);
  validation.figures["map_strict"] = voc.map_strict;
  validation.figures["map_darknet"] = voc.map_darknet;
  return validation;
}

double DetectTask::FitClassTemperature() {
  if (held_.empty() || description_.info.classes.size() < 2) return 1.5;
  const double before = description_.temperature;
  description_.temperature = 1;
  const Evaluation evaluation = Evaluate();
  description_.temperature = before;
  return FitTemperature(evaluation.evidence(), evaluation.true_classes());
}

}  // namespace train
