#include "train/nets/rcnn/mask_rcnn.h"

#include <algorithm>
#include <cmath>

#include "train/nets/paste_mask.h"

namespace train {
namespace {

namespace F = torch::nn::functional;

constexpr double kMean[] = {0.485, 0.456, 0.406}, kDeviation[] = {0.229, 0.224, 0.225};
constexpr int64_t kPadding = 32;

// The size that a picture is brought to; computed in single precision as the reference does.
PictureSize TargetSize(int64_t height, int64_t width, const MaskRcnnOptions& options) {
  const float low = static_cast<float>(std::min(height, width));
  const float high = static_cast<float>(std::max(height, width));
  const double scale = std::min(static_cast<float>(options.short_side) / low,
                                static_cast<float>(options.most_long_side) / high);
  return {std::max<int64_t>(1, static_cast<int64_t>(std::floor(height * scale))),
          std::max<int64_t>(1, static_cast<int64_t>(std::floor(width * scale)))};
}

int64_t Padded(int64_t extent) { return (extent + kPadding - 1) / kPadding * kPadding; }

}  // namespace

MaskRcnnImpl::MaskRcnnImpl(int classes, const MaskRcnnOptions& given) : options(given) {
  backbone = register_module("backbone", ResNetPyramid(options.depth, options.norm, options.width));
  rpn = register_module("rpn", Rpn(Narrowed(kPyramidChannels, options.width)));
  roi_heads = register_module("roi_heads", RoiHeads(classes, options.width));
  backbone->body->FreezeAllBut(options.trainable_layers);
}

torch::Device MaskRcnnImpl::device() const { return parameters().front().device(); }

NetworkInput MaskRcnnImpl::Input(const std::vector<torch::Tensor>& images) const {
  const torch::NoGradGuard no_grad;
  NetworkInput input;
  std::vector<torch::Tensor> resized;
  int64_t height = 0, width = 0;
  const auto Values = [&](const double(&values)[3]) {
    return torch::tensor({values[0], values[1], values[2]}, torch::kFloat32)
        .to(device())
        .view({3, 1, 1});
  };
  const torch::Tensor mean = Values(kMean), deviation = Values(kDeviation);
  for (const torch::Tensor& image : images) {
    torch::Tensor picture = (image.to(device()) - mean).div_(deviation).unsqueeze(0);
    const PictureSize size = TargetSize(image.size(1), image.size(2), options);
    if (size.height != image.size(1) || size.width != image.size(2)) {
      picture = torch::upsample_bilinear2d(picture, {size.height, size.width}, false);
    }
    resized.push_back(picture);
    input.sizes.push_back(size);
    height = std::max(height, Padded(size.height));
    width = std::max(width, Padded(size.width));
  }
  input.pictures = torch::zeros({static_cast<int64_t>(images.size()), 3, height, width},
                                mean.options().memory_format(torch::MemoryFormat::ChannelsLast));
  for (size_t n = 0; n < resized.size(); ++n) {
    input.pictures[static_cast<int64_t>(n)]
        .slice(1, 0, input.sizes[n].height)
        .slice(2, 0, input.sizes[n].width)
        .copy_(resized[n][0]);
  }
  return input;
}

NamedLosses MaskRcnnImpl::Losses(const std::vector<DetectSample>& batch) {
  std::vector<torch::Tensor> images;
  for (const DetectSample& sample : batch) images.push_back(sample.image);
  const NetworkInput input = Input(images);
  std::vector<RoiTarget> targets;
  std::vector<torch::Tensor> boxes;
  std::vector<uint64_t> seeds;
  for (size_t n = 0; n < batch.size(); ++n) {
    const DetectSample& sample = batch[n];
    const PictureSize& size = input.sizes[n];
    RoiTarget target;
    target.boxes = ScaleBoxes(sample.boxes, sample.image.size(1), sample.image.size(2), size.height,
                              size.width)
                       .to(device());
    target.labels = sample.labels.to(device());
    target.masks = sample.masks;
    if (sample.masks.size(0) > 0 &&
        (sample.masks.size(1) != size.height || sample.masks.size(2) != size.width)) {
      target.masks = torch::upsample_nearest2d(sample.masks.unsqueeze(1).to(torch::kFloat32),
                                               {size.height, size.width})
                         .squeeze(1)
                         .to(torch::kUInt8);
    }
    if (sample.seed != 0) target.seed = sample.seed + 1;  // the second choice about this picture
    seeds.push_back(sample.seed);
    boxes.push_back(target.boxes);
    targets.push_back(std::move(target));
  }
  const PictureSize padded{input.pictures.size(2), input.pictures.size(3)};
  const std::vector<torch::Tensor> maps = backbone->forward(input.pictures);
  const RpnImpl::Answer answer = rpn->forward(maps, padded);
  const auto proposals = rpn->Proposals(answer, input.sizes, options.rpn_training);
  NamedLosses losses = rpn->Losses(answer, boxes, options.rpn_training, seeds);
  for (auto& loss : roi_heads->Losses(maps, proposals, targets, options.roi)) {
    losses.push_back(std::move(loss));
  }
  return losses;
}

std::vector<RoiDetections> MaskRcnnImpl::Detect(const NetworkInput& input) {
  const torch::NoGradGuard no_grad;
  const PictureSize padded{input.pictures.size(2), input.pictures.size(3)};
  const std::vector<torch::Tensor> maps = backbone->forward(input.pictures.to(type_));
  const auto proposals = rpn->Proposals(rpn->forward(maps, padded), input.sizes, options.rpn);
  return roi_heads->Detect(maps, proposals, input.sizes, options.roi);
}

std::vector<std::vector<Found>> MaskRcnnImpl::Infer(const std::vector<torch::Tensor>& images) {
  const torch::NoGradGuard no_grad;
  const NetworkInput input = Input(images);
  const std::vector<RoiDetections> detections = Detect(input);
  std::vector<std::vector<Found>> results;
  for (size_t n = 0; n < images.size(); ++n) {
    const RoiDetections& d = detections[n];
    const int64_t height = images[n].size(1), width = images[n].size(2);
    const auto OnCpu = [](const torch::Tensor& tensor) {
      return tensor.to(torch::kCPU).contiguous();
    };
    const torch::Tensor boxes =
        OnCpu(ScaleBoxes(d.boxes, input.sizes[n].height, input.sizes[n].width, height, width));
    const torch::Tensor scores = OnCpu(d.scores), labels = OnCpu(d.labels),
                        class_scores = OnCpu(d.class_scores), masks = OnCpu(d.masks);
    std::vector<Found> found;
    for (int64_t i = 0; i < boxes.size(0); ++i) {
      Found one;
      one.label = static_cast<int>(labels[i].item<int64_t>());
      one.score = scores[i].item<float>();
      std::copy_n(boxes.data_ptr<float>() + 4 * i, 4, one.box);
      const float* of_classes = class_scores.data_ptr<float>() + i * class_scores.size(1);
      one.class_scores.assign(of_classes, of_classes + class_scores.size(1));
      const int side = static_cast<int>(masks.size(1));
      const cv::Mat probability(side, side, CV_32FC1, masks.data_ptr<float>() + i * side * side);
      PastedMask pasted =
          PasteMask(probability, one.box, {static_cast<int>(width), static_cast<int>(height)});
      one.region = pasted.region;
      one.mask = pasted.mask;
      if (one.mask.empty()) {  // nothing above one half: a mask without pixels, not a box
        one.region = cv::Rect(static_cast<int>(one.box[0]), static_cast<int>(one.box[1]), 1, 1);
        one.mask = cv::Mat(1, 1, CV_8UC1, cv::Scalar(0));
      }
      one.certainty = pasted.certainty;
      found.push_back(std::move(one));
    }
    results.push_back(std::move(found));
  }
  return results;
}

void MaskRcnnImpl::LearnWith(Peers* peers) {
  options.rpn_training.peers = options.roi.peers = peers;
  NormalizeResNetOverPeers(*this, peers);
}

void MaskRcnnImpl::Fold(torch::ScalarType type) {
  type_ = type;
  backbone->Fold(type);
  rpn->Fold(type);
  roi_heads->Fold(type);
}

}  // namespace train
