#include "train/detect/yolo_detector.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "train/detect/settings.h"
#include "train/nets/yolo.h"

namespace train {
namespace {

using nlohmann::json;

constexpr int kLeastSide = 64, kMostSide = 2048, kMostDivisor = 32;
constexpr float kLeastScore = 0.005f, kMostIou = 0.45f;
constexpr double kRescale = 1.4;

YoloGraph GraphOf(bool tiny, int classes, int divisor) {
  return tiny ? Yolov3TinyGraph(classes, divisor) : Yolov3Graph(classes, divisor);
}

// Pictures of any sizes -> [N, 3, height, width], stretched.
torch::Tensor Stretched(const std::vector<torch::Tensor>& images, int height, int width) {
  std::vector<torch::Tensor> all;
  for (const torch::Tensor& image : images) {
    all.push_back(torch::upsample_bilinear2d(image.unsqueeze(0), {height, width},
                                             /*align_corners=*/false));
  }
  return torch::cat(all).contiguous(torch::MemoryFormat::ChannelsLast);
}

std::vector<YoloTruth> TruthsOf(const DetectSample& sample) {
  const float width = static_cast<float>(sample.image.size(2));
  const float height = static_cast<float>(sample.image.size(1));
  std::vector<YoloTruth> truths;
  const auto Add = [&](const torch::Tensor& boxes, bool ignore) {
    for (int64_t i = 0; boxes.defined() && i < boxes.size(0); ++i) {
      float b[4];
      for (int64_t j = 0; j < 4; ++j) b[j] = boxes[i][j].item<float>();
      YoloTruth truth;
      truth.x = (b[0] + b[2]) / 2 / width;
      truth.y = (b[1] + b[3]) / 2 / height;
      truth.w = (b[2] - b[0]) / width;
      truth.h = (b[3] - b[1]) / height;
      truth.ignore = ignore;
      if (!ignore) truth.class_index = static_cast<int>(sample.labels[i].item<int64_t>()) - 1;
      truths.push_back(truth);
    }
  };
  Add(sample.boxes, false);
  Add(sample.crowd_boxes, true);
  return truths;
}

}  // namespace

YoloDetector::YoloDetector(bool tiny, int classes, const json& settings)
    : width_(Setting(settings, "yolov3", "width", kYoloSide, kLeastSide, kMostSide)),
      height_(Setting(settings, "yolov3", "height", kYoloSide, kLeastSide, kMostSide)),
      divisor_(Setting(settings, "yolov3", "divisor", 1, 1, kMostDivisor)),
      rescale_(settings.value("rescale", false)),
      momentum_(std::clamp(settings.value("momentum", 0.01), 1e-4, 1.0)),
      net_(GraphOf(tiny, classes, divisor_)) {
  const int stride = net_->graph.stride;
  if (width_ % stride != 0 || height_ % stride != 0) {
    throw datasets::Error("network 'yolov3'", "its sides must be multiples of 32",
                          "choose a model file made by `vole train`");
  }
  net_->SetMomentum(momentum_);
  // Most places show no animal: starting from there saves the first hundred steps.
  const torch::NoGradGuard no_grad;
  const int64_t entries = 5 + classes;
  for (size_t i = 0; i + 1 < net_->graph.layers.size(); ++i) {
    if (net_->graph.layers[i + 1].kind != DarknetLayer::Kind::kYolo) continue;
    net_->convolutions[i]->bias.view({-1, entries}).select(1, 4).fill_(-4);
  }
}

int RoundedYoloSide(double side) {
  const int whole = static_cast<int>(std::lround(side / 32)) * 32;
  return std::clamp(whole, kLeastSide, kMostSide);
}

json YoloDetector::settings() const {
  return {{"width", width_},
          {"height", height_},
          {"divisor", divisor_},
          {"rescale", rescale_},
          {"momentum", momentum_}};
}

torch::Device YoloDetector::device() const { return net_->convolutions[0]->weight.device(); }

NamedLosses YoloDetector::Losses(const std::vector<DetectSample>& batch) {
  int width = width_, height = height_;
  if (rescale_) {
    const double factor = std::pow(kRescale, 2 * torch::rand({1}).item<double>() - 1);
    width = RoundedYoloSide(width_ * factor);
    height = RoundedYoloSide(height_ * factor);
  }
  std::vector<torch::Tensor> images;
  std::vector<std::vector<YoloTruth>> truths;
  for (const DetectSample& sample : batch) {
    images.push_back(sample.image);
    truths.push_back(TruthsOf(sample));
  }
  const auto heads = net_->forward(Stretched(images, height, width).to(device()));
  const auto losses = YoloLosses(heads, net_->graph, truths, height, width, loss_);
  NamedLosses named;
  for (size_t i = 0; i < losses.size(); ++i) {
    named.emplace_back("yolo_" + std::to_string(net_->graph.stride >> i), losses[i]);
  }
  return named;
}

void YoloDetector::LearnWith(Peers* peers) {
  loss_.peers = peers;
  net_->NormalizeOver(peers);
}

std::vector<std::vector<Found>> YoloDetector::Infer(const std::vector<torch::Tensor>& images) {
  const torch::NoGradGuard no_grad;
  auto heads = net_->forward(Stretched(images, height_, width_).to(device()));
  for (torch::Tensor& head : heads) head = head.to(torch::kCPU);
  std::vector<std::vector<Found>> all;
  for (size_t i = 0; i < images.size(); ++i) {
    const float width = static_cast<float>(images[i].size(2));
    const float height = static_cast<float>(images[i].size(1));
    std::vector<YoloBox> boxes =
        DecodeYolo(heads, static_cast<int64_t>(i), net_->graph, height_, width_, kLeastScore);
    std::vector<std::vector<float>> scores;  // before suppression
    for (const YoloBox& box : boxes) scores.push_back(box.scores);
    SuppressYolo(boxes, kMostIou);
    std::vector<Found> found;
    for (size_t b = 0; b < boxes.size(); ++b) {
      const YoloBox& box = boxes[b];
      for (size_t k = 0; k < box.scores.size(); ++k) {
        if (box.scores[k] == 0) continue;
        Found one;
        one.label = static_cast<int>(k) + 1;
        one.score = box.scores[k];
        one.box[0] = (box.x - box.w / 2) * width;
        one.box[1] = (box.y - box.h / 2) * height;
        one.box[2] = (box.x + box.w / 2) * width;
        one.box[3] = (box.y + box.h / 2) * height;
        one.class_scores = scores[b];
        found.push_back(std::move(one));
      }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Found& a, const Found& b) { return a.score > b.score; });
    all.push_back(std::move(found));
  }
  return all;
}

void YoloDetector::PrepareForInference(torch::ScalarType type) { net_->Fold(type); }

std::vector<std::string> YoloDetector::ClassDependent() const {
  std::vector<std::string> names;
  for (size_t i = 0; i + 1 < net_->graph.layers.size(); ++i) {
    if (net_->graph.layers[i + 1].kind != DarknetLayer::Kind::kYolo) continue;
    names.push_back("layers." + std::to_string(i) + ".");
  }
  return names;
}

int YoloDetector::TakeOverUnnamed(const std::string& file) {
  return LoadDarknet(ReadDarknetWeights(file), file, /*exact=*/false, *net_).convolutions;
}

}  // namespace train
