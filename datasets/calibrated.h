// The calibration of a project's video.
#pragma once

#include <map>
#include <optional>

#include "datasets/project.h"
#include "datasets/space/floor_map.h"

namespace datasets {

// Nothing where the video was not calibrated. Throw Error for a damaged row (see vole verify).
std::optional<Calibration> CalibrationOf(const Project& project, const VideoRow& video);
// Where on the floor its pixels are. A scale given with a command (`pixels_per_cm` > 0) is taken
// instead.
std::optional<FloorMap> FloorOf(const Project& project, const VideoRow& video,
                                double pixels_per_cm = 0);

}  // namespace datasets
