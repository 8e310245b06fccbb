// Place and shape of an animal from its mask, and whether two of them touch.
#pragma once

#include "datasets/shape/mask.h"

namespace datasets {

struct MaskMoments {
  double area = 0;               // pixels
  double x = 0, y = 0;           // centroid, continuous image coordinates
  double length = 0, width = 0;  // axes of the ellipse with the same second moments, pixels
  double elongation = 1;         // length / width, >= 1
  double angle_deg = 0;          // of the long axis, 0 = along x, clockwise on the screen, [0, 180)
};
// All zero (elongation 1) for an empty mask. Each pixel is a unit square.
MaskMoments MomentsOf(const Rle& mask);
// Some pixel of one lies at most `distance_px` (between pixel centers) from some pixel of the
// other.
bool MasksTouch(const Rle& a, const Rle& b, double distance_px);

}  // namespace datasets
