#include <cmath>

#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/points/description.h"
#include "train/points/points.h"
#include "train/points/task.h"
#include "train/weights/module_weights.h"

namespace train {

struct PointFinder::Impl {
  PointsDescription description;
  torch::Device device{torch::kCPU};
  int threads = 0;
  std::shared_ptr<HeatNetImpl> close, whole;

  std::shared_ptr<HeatNetImpl> Load(const WeightsFile& file, const std::string& prefix) const {
    const auto net = MakeHeatNet(description.info.architecture,
                                 static_cast<int>(description.info.classes.size()));
    LoadTensors(file, prefix, NamedValues(*net));
    net->eval();
    net->Fold(torch::kFloat32);
    net->to(device);
    return net;
  }

  std::vector<FoundPoint> Look(const cv::Mat& bgr, const cv::Rect& region, const cv::Mat& mask,
                               const PointView& view) {
    std::vector<FoundPoint> found;
    for (const MapPoint& point :
         Answer(*close, device, bgr, region, mask, view, description.input.pixels, description)) {
      const double logit = description.slope * point.peak + description.shift;
      found.push_back({point.at, 1 / (1 + std::exp(-logit)), 1 / (1 + std::exp(-point.visible))});
    }
    return found;
  }
};

PointFinder::PointFinder(const std::string& model_file, const PredictorOptions& options)
    : impl_(std::make_unique<Impl>()) {
  UseThreads(options.threads);
  const WeightsFile file = ReadSafetensors(model_file);
  impl_->description = PointsFromMetadata(file.metadata, model_file);
  impl_->device = DeviceOf(options.device);
  impl_->threads = options.threads;
  impl_->close = impl_->Load(file, "close.");
  if (impl_->description.whole) impl_->whole = impl_->Load(file, "whole.");
}

PointFinder::~PointFinder() = default;

const ModelInfo& PointFinder::info() const { return impl_->description.info; }

bool PointFinder::FindsWithoutOutline() const { return impl_->description.whole; }

std::vector<std::vector<FoundPoint>> PointFinder::Find(const cv::Mat& bgr,
                                                       const std::vector<Detection>& masks) {
  UseThreads(impl_->threads);
  const PointsDescription& d = impl_->description;
  // Points that were learned without outlines stand within one all the same; bodies are somewhat
  // longer than what the points span.
  const double usual = d.mask_length > 0 ? d.mask_length : 1.3 * d.point_length;
  std::vector<std::vector<FoundPoint>> found;
  for (const Detection& one : masks) {
    cv::Mat mask = one.mask;
    if (mask.empty()) mask = cv::Mat(one.region.size(), CV_8UC1, cv::Scalar(255));
    const Extent extent = ExtentOf(one.region, mask);
    if (extent.length <= 0) throw datasets::Error("key points", "an outline is empty");
    // A box says where, not what: it is no outline to the network.
    found.push_back(impl_->Look(bgr, one.region, one.mask, ViewOf(extent, usual)));
  }
  return found;
}

std::vector<FoundPoint> PointFinder::FindOne(const cv::Mat& bgr) {
  const PointsDescription& d = impl_->description;
  if (!impl_->whole) {
    throw datasets::Error("this model of key points",
                          "it was learned on outlined animals and looks only around outlines",
                          "predict outlines first");
  }
  UseThreads(impl_->threads);
  const std::vector<MapPoint> first = Answer(*impl_->whole, impl_->device, bgr, {}, {},
                                             WholeView(bgr.size()), d.input.whole_pixels, d);
  // Points that the first look is unsure of would pull the view to nowhere.
  double surest = -1e9;
  for (const MapPoint& point : first) surest = std::max(surest, point.peak);
  std::vector<cv::Point2d> places;
  for (const MapPoint& point : first) {
    if (point.peak > std::min(-1.0, surest - 1)) places.push_back(point.at);
  }
  PointView view = ViewOf(ExtentOf(places), d.point_length);
  std::vector<FoundPoint> found = impl_->Look(bgr, {}, {}, view);
  // Once more around what was found, as the view was placed while learning.
  places.clear();
  for (const FoundPoint& point : found) {
    if (point.confidence > 0.2) places.push_back(point.at);
  }
  if (places.size() < 2) return found;
  view = ViewOf(ExtentOf(places), d.point_length);
  return impl_->Look(bgr, {}, {}, view);
}

}  // namespace train
