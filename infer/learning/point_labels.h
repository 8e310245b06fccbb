// What a project has to learn key points from, as a training takes it.
#pragma once

#include <string>
#include <vector>

#include "infer/learning/project_labels.h"
#include "train/points/points.h"

namespace infer {

struct GatheredPoints {
  train::PointData data;
  std::vector<datasets::Id> videos;  // by PointedFrame::video; 0: picture files
  int animals = 0;
  int held_out = 0;  // labeled frames left out because they are marked val or test
};

// Labels with points of the skeleton of that name; "": of the only one that labels use. Throws
// Error when there is none, or several.
GatheredPoints GatherPoints(const datasets::Project& project, const LabelSelection& selection,
                            const std::string& skeleton, datasets::Job& job);

}  // namespace infer
