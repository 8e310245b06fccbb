#include "train/idseg/runner.h"

namespace train {
namespace {

// Network pixels. A larger picture is looked at tile by tile, so that memory stays bounded; the
// margin is what the network sees around a pixel.
constexpr double kMostAtOnce = 4e6;
constexpr int kTileSide = 1664, kTileMargin = 192;  // multiples of the network's stride

SegMaps SegmentAtOnce(IdsegNet& net, const torch::Device& device, const cv::Mat& scaled,
                      double median_grey, const cv::Mat& background, double background_grey,
                      const cv::Size& image, const SegInput& input) {
  const auto Padded = [](int extent) {
    return (extent + kSegStride - 1) / kSegStride * kSegStride;
  };
  const cv::Size size(Padded(scaled.cols), Padded(scaled.rows));
  thread_local std::vector<float> values;
  values.resize(std::max(values.size(), static_cast<size_t>(size.area()) * kSegInputChannels));
  FillSegInput(scaled, background, FrameGain(median_grey, input.reference_level),
               FrameGain(background_grey, input.reference_level), input, size, values.data());
  c10::InferenceMode inference;
  torch::Tensor out =
      net->forward(WrapInput(values, 1, size.height, size.width, kSegInputChannels).to(device))
          .to(torch::kCPU, torch::kFloat32)
          .contiguous();
  out.slice(1, 0, kCenterChannel).sigmoid_();
  if (net->centers) out.slice(1, kCenterChannel, kCenterChannel + 2).mul_(kCenterUnit);
  SegMaps maps;
  maps.image = image;
  maps.frame = scaled.size();
  const auto Plane = [&](int channel) {
    const cv::Mat whole(size, CV_32FC1, out[0][channel].data_ptr<float>());
    return whole(cv::Rect(cv::Point(0, 0), scaled.size())).clone();
  };
  maps.animal = Plane(kAnimalChannel);
  maps.core = Plane(kCoreChannel);
  if (net->centers) {
    maps.to_center_x = Plane(kCenterChannel);
    maps.to_center_y = Plane(kCenterChannel + 1);
  }
  for (int k = 0; k < net->classes; ++k) {
    maps.class_logits.push_back(Plane(net->first_class() + k));
  }
  return maps;
}

// All planes of the maps, in an order of their own.
std::vector<cv::Mat*> PlanesOf(SegMaps& maps) {
  std::vector<cv::Mat*> planes = {&maps.animal, &maps.core};
  if (!maps.to_center_x.empty()) {
    planes.push_back(&maps.to_center_x);
    planes.push_back(&maps.to_center_y);
  }
  for (cv::Mat& plane : maps.class_logits) planes.push_back(&plane);
  return planes;
}

}  // namespace

SegMaps SegmentScaled(IdsegNet& net, const torch::Device& device, const cv::Mat& scaled,
                      double median_grey, const cv::Mat& background, double background_grey,
                      const cv::Size& image, const SegInput& input) {
  const cv::Rect whole(cv::Point(0, 0), scaled.size());
  const auto segment = [&](const cv::Rect& window) {
    return SegmentAtOnce(net, device, scaled(window), median_grey,
                         background.empty() ? background : background(window), background_grey,
                         image, input);
  };
  if (static_cast<double>(scaled.total()) <= kMostAtOnce) return segment(whole);
  SegMaps maps;
  for (int y = 0; y < scaled.rows; y += kTileSide) {
    for (int x = 0; x < scaled.cols; x += kTileSide) {
      const cv::Rect own = cv::Rect(x, y, kTileSide, kTileSide) & whole;
      const cv::Rect window = cv::Rect(own.x - kTileMargin, own.y - kTileMargin,
                                       own.width + 2 * kTileMargin, own.height + 2 * kTileMargin) &
                              whole;
      SegMaps tile = segment(window);
      if (maps.animal.empty()) {
        maps = tile;
        for (cv::Mat* plane : PlanesOf(maps)) *plane = cv::Mat::zeros(whole.size(), CV_32FC1);
        maps.frame = whole.size();
      }
      const std::vector<cv::Mat*> from = PlanesOf(tile), to = PlanesOf(maps);
      for (size_t p = 0; p < to.size(); ++p) {
        (*from[p])(own - window.tl()).copyTo((*to[p])(own));
      }
    }
  }
  return maps;
}

std::vector<std::vector<float>> ScorePatches(CropNet& net, const torch::Device& device,
                                             const std::vector<AnimalPatch>& patches,
                                             const CropInput& input) {
  std::vector<std::vector<float>> scores;
  const std::vector<CropView> views = TestViews();
  const size_t each = static_cast<size_t>(input.side) * input.side * input.channels;
  for (const AnimalPatch& patch : patches) {
    std::vector<float> values(each * views.size());
    for (size_t v = 0; v < views.size(); ++v) {
      cv::Mat bgr, mask;
      CutView(patch, views[v], input.side, bgr, mask);
      FillCropInput(bgr, mask, input, 1, 0, values.data() + v * each);
    }
    c10::InferenceMode inference;
    const torch::Tensor logits = net->forward(WrapInput(values, static_cast<int>(views.size()),
                                                        input.side, input.side, input.channels)
                                                  .to(device))
                                     .mean(0)
                                     .to(torch::kCPU, torch::kFloat32)
                                     .contiguous();
    scores.emplace_back(logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return scores;
}

}  // namespace train
