// Ways of animals through space, from above and from the side.
#pragma once

#include "datasets/behavior/drawing.h"
#include "datasets/depth/depth_run.h"

namespace datasets {

// `places`: of each mask of `masks.seen`, in cm. Lines join masks of one animal that follow each
// other within a second; known places are dots. Top: x to the right, y up; side: x to the right, z
// up; one scale for both.
Drawing SpacePicture(const VideoMasks& masks, const std::vector<cv::Vec3d>& places);

}  // namespace datasets
