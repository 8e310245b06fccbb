// Follows animals by SiamMask from the outlines that a person drew in one frame (Zhai et al. 2020,
// SiamBOMB): templates, search, background patches, update of templates. Internal to train/ (torch
// types).
#pragma once

#include <map>
#include <opencv2/core.hpp>
#include <vector>

#include "train/nets/siam/siam.h"
#include "train/siam/siam_geometry.h"

namespace train {

struct SiamStart {
  int key = 0;  // of the animal, for as long as it is followed
  cv::Rect region;
  cv::Mat mask;  // CV_8UC1 [region]
};

struct SiamSeen {
  int key = 0;
  double score = 0;  // 0..1
  SiamTarget target;
  cv::Rect region;       // of the outline; empty where nothing of it was found
  cv::Mat mask;          // CV_8UC1 [region], 0 or 255
  double certainty = 0;  // mean |2p - 1| along the outline's border
};

// Windows that are looked at together: a part of the picture at one scale.
struct SiamRegion {
  std::vector<size_t> members;   // into the targets
  std::vector<cv::Point> cells;  // of each member's window in the map, in steps of 8 pixels
  cv::Point2d origin;            // upper left corner, image pixels
  double scale = 1;              // network pixels an image pixel
  cv::Size size;                 // network pixels: 255 and steps of 8
};
// Animals of about the same size share one region, and so one pass of the backbone, as long as it
// is not larger than twice their windows together (far apart in a large picture, the pixels between
// them would cost more than windows that overlap); other sizes ("species") have their own.
std::vector<SiamRegion> PlanRegions(const std::vector<SiamTarget>& targets);

class SiamTracker {
 public:
  // The networks are owned by the caller, in evaluation mode.
  SiamTracker(SiamNet net, SiamUpdate update, const SiamSettings& settings, torch::Device device);

  // The empty scene, of which patches speak against answers that look like it. Empty: none.
  void UseBackground(const cv::Mat& background);
  // Follows these from now on; known keys get a new template, the others go on.
  void Begin(const cv::Mat& picture, const std::vector<SiamStart>& starts);
  // In the next frame of the same video, forward or backward; in order of the keys.
  std::vector<SiamSeen> Next(const cv::Mat& picture);
  void Forget() { followed_.clear(); }

  // Passes of the backbone over searched pictures so far.
  int passes() const { return passes_; }

 private:
  struct Followed {
    SiamTarget target;
    torch::Tensor first, used;  // templates, [1, 256, a, a]
    torch::Tensor patches;      // of the empty scene, [<= 8, 256, a, a]; undefined: none
    int frames = 0;             // since it began
  };
  torch::Tensor InputOf(const cv::Mat& picture) const;
  torch::Tensor TemplateOf(const cv::Mat& picture, const SiamTarget& target,
                           const cv::Scalar& outside);
  torch::Tensor PatchesFor(const Followed& one);
  void Search(const cv::Mat& picture, const cv::Scalar& outside, const SiamRegion& region,
              const std::vector<int>& keys, std::map<int, SiamSeen>& seen);

  SiamNet net_;
  SiamUpdate update_;
  SiamSettings settings_;
  torch::Device device_;
  cv::Mat background_;
  std::map<int, Followed> followed_;
  int passes_ = 0;
};

// 0..255 BGR, [1, 3, H, W], as the public code feeds it.
torch::Tensor SiamInput(const cv::Mat& picture);

}  // namespace train
