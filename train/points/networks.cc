#include "train/base/architecture.h"
#include "train/points/description.h"
#include "train/points/points.h"

namespace train {

std::vector<Architecture> PointsNetworks() {
  Architecture points;
  points.name = kPoints;
  points.summary =
      "key points of every animal, from nothing; with outlines or one animal a picture";
  points.task = Task::kPoints;
  points.options = {"skeleton"};
  points.train_points = TrainPoints;
  points.read = [](const Architecture::Metadata& metadata, const std::string& name) {
    return PointsFromMetadata(metadata, name).info;
  };
  return {points};
}

}  // namespace train
