// Polygons in continuous image coordinates: x right, y down, pixel (i, j) covers [i, i+1) x [j,
// j+1).
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace datasets {

using Ring = std::vector<cv::Point2d>;  // closed implicitly; at least 3 points when valid
using Polygons = std::vector<Ring>;     // COCO's meaning: the union of the rings (no holes)

struct Box {  // [x, x + width) x [y, y + height) in image pixels, continuous
  double x = 0, y = 0, width = 0, height = 0;
};

double RingArea(const Ring& ring);        // shoelace, >= 0
double SignedRingArea(const Ring& ring);  // > 0 when clockwise on the screen (y down)
Box BoxOf(const Polygons& polygons);      // {0,0,0,0} when empty
double BoxIou(const Box& a, const Box& b);
// Whether two edges that are not neighbors meet. About O(n log n) for edges of similar length.
bool SelfCrosses(const Ring& ring);
Ring WithoutRepeats(const Ring& ring);  // no point twice in a row, around the end too

// Douglas-Peucker on the closed ring; never below 3 points. `tolerance` in pixels.
Ring SimplifyRing(const Ring& ring, double tolerance);

// Throws Error (thing = `what`) for fewer than 3 distinct points, NaN or infinite coordinates, or
// zero area. Self-crossing rings are legal here (even-odd or union is the rasterizer's business).
void CheckRing(const Ring& ring, const std::string& what);

// Resamples two rings by arc length, aligns winding and starting point, and blends; t in [0, 1].
Ring InterpolateRings(const Ring& from, const Ring& to, double t);

}  // namespace datasets
