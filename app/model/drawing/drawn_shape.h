// Outlines as they are drawn: without what cannot be seen at the canvas' zoom, and with the
// triangles that fill them.
#pragma once

#include <vector>

#include "datasets/shape/polygon.h"

namespace app {

struct DrawnShape {
  datasets::Polygons outlines;
  // Insides, whose edges the outlines' lines cover: coarser rings, and of each three indices a
  // triangle (TriangulateRing).
  datasets::Polygons insides;
  std::vector<std::vector<int>> triangles;
};

// How far, in image pixels, a drawn outline may be from the stored one: at most half a window pixel
// at `scale` (window pixels per image pixel), 0 where every point is worth drawing. The same over
// zooms of up to a factor of the root of two, so that outlines are not made anew at each turn of
// the wheel.
double DrawnTolerance(double scale);

// A tolerance of 0 keeps every point.
DrawnShape DrawnAt(const datasets::Polygons& polygons, double tolerance);
void AddDrawnRing(const datasets::Ring& ring, double tolerance, DrawnShape* drawn);

}  // namespace app
