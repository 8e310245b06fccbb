// One animal on one frame as its mask shows it, and where it truly is.
#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/space/floor_map.h"

namespace datasets {

struct MaskShape {
  double area = 0;      // pixels, > 0
  double x = 0, y = 0;  // middle of the mask, pixels
  // Axes of the ellipse with the same second moments (pixels), and the long one's angle (radians,
  // 0 along x, clockwise on the screen); 0 where only area and place are known.
  double length = 0, width = 0, angle = 0;
  bool HasAxes() const { return length > 0 && width > 0; }
};

struct SpaceSample {
  int frame = 0;
  int animal = 0;  // index; animals differ in size
  MaskShape shape;
  cv::Vec3d position;  // in the unit of the labels, which is the camera's too; true where labeled
};

// What methods may know besides labels.
struct SpaceView {
  int width = 0, height = 0;          // of the picture
  std::optional<SpaceCamera> camera;  // in the unit of the positions
};

}  // namespace datasets
