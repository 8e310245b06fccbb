#include "app/model/drawing/drawn_shape.h"

#include <cmath>

#include "app/model/drawing/triangulate.h"

namespace app {
namespace {

constexpr double kWindowPixels = 0.5;
constexpr double kExactScale = 8;

}  // namespace

double DrawnTolerance(double scale) {
  if (!(scale > 0) || scale > kExactScale) return 0;
  return kWindowPixels / std::exp2(std::ceil(std::log2(scale) * 2) / 2);
}

void AddDrawnRing(const datasets::Ring& ring, double tolerance, DrawnShape* drawn) {
  if (tolerance <= 0) {
    drawn->outlines.push_back(ring);
    drawn->insides.push_back(ring);
  } else {
    drawn->outlines.push_back(datasets::SimplifyRing(ring, tolerance));
    drawn->insides.push_back(datasets::SimplifyRing(drawn->outlines.back(), tolerance));
  }
  drawn->triangles.push_back(TriangulateRing(drawn->insides.back()));
}

DrawnShape DrawnAt(const datasets::Polygons& polygons, double tolerance) {
  DrawnShape drawn;
  for (const datasets::Ring& ring : polygons) AddDrawnRing(ring, tolerance, &drawn);
  return drawn;
}

}  // namespace app
