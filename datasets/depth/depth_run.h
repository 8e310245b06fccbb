// Places in space of the animals of a project's video, from their masks in one camera.
#pragma once

#include <string>
#include <vector>

#include "datasets/depth/folds.h"
#include "datasets/depth/position_labels.h"
#include "datasets/exchange/options.h"

namespace datasets {

struct SeenAnimal {  // one mask
  SpaceSample sample;
  std::optional<int64_t> track;
  std::optional<cv::Vec3d> known;  // its true place in cm, where it was given
};

struct VideoMasks {
  VideoRow video;
  std::vector<std::string> animals;  // names; SpaceSample::animal is the index
  std::vector<uint32_t> colors;      // 0xRRGGBB
  std::vector<SeenAnimal> seen;      // by frame
  int64_t without_mask = 0;          // key points alone: left out
};

// All masks that ForEachSelectedFrame finds with `options` (whose video is `video`). Memory is that
// of a few numbers a mask. Throws what it throws, and where there is no mask at all.
VideoMasks MasksOfVideo(const Project& project, const VideoRow& video, ExportOptions options,
                        Job& job);

// Gives the masks their true places. A label without animal and track is of the only animal of its
// frame. Returns the labels that no mask stands for. Throws Error for an animal or track that the
// project does not have, and for a label that could be of several animals.
std::vector<PositionLabel> AddKnownPlaces(const PositionLabels& labels, VideoMasks* masks);

struct MethodResult {
  PlaceMethod method;
  PlaceError blocks, random;  // in cm
  double Mean() const { return (blocks.mean + random.mean) / 2; }
};
struct MethodChoice {
  std::vector<MethodResult> results;
  size_t best = 0;  // with the smallest mean over both kinds of folds
};
// Names of all methods, those that need the camera among them.
std::vector<std::string> PlaceMethodNames();
constexpr int kFewestPositions = 20;
// Cross-validates every method that `view` allows, or the one called `only` ("" = all). Notes say
// what was left out and why. Throws Error for fewer labels than kFewestPositions or the folds need;
// Cancelled.
MethodChoice CompareMethods(const std::vector<SpaceSample>& samples, const SpaceView& view,
                            const std::string& only, int folds, uint64_t seed, Job& job,
                            std::vector<std::string>* notes);

}  // namespace datasets
