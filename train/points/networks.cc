#include "train/base/architecture.h"
#include "train/points/description.h"
#include "train/points/points.h"

namespace train {

std::vector<Architecture> PointsNetworks() {
  const auto read = [](const Architecture::Metadata& metadata, const std::string& name) {
    return PointsFromMetadata(metadata, name).info;
  };
  Architecture points;
  points.name = kPoints;
  points.summary =
      "key points of every animal, from nothing; with outlines or one animal a picture";
  points.task = Task::kPoints;
  points.options = {"skeleton"};
  points.train_points = TrainPoints;
  points.read = read;
  Architecture posenet = points;
  posenet.name = kPosenet;
  posenet.summary = "SIPEC's PoseNet (EfficientNet-B5): for a GPU or a night, best with --init";
  Architecture small = points;
  small.name = kPosenetSmall;
  small.summary = "the same with EfficientNet-B0, a sixth of its size";
  return {points, posenet, small};
}

}  // namespace train
