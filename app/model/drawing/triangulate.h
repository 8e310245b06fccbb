// Ear clipping, for filling outlines on the card.
#pragma once

#include <vector>

#include "datasets/shape/polygon.h"

namespace app {

// Indices into `ring`, three a triangle; O(n r) with r inward corners. A self-crossing ring gives
// some cover of it, never an error; fewer than 3 points give nothing.
std::vector<int> TriangulateRing(const datasets::Ring& ring);
std::vector<std::vector<int>> TriangulateRings(const datasets::Polygons& polygons);

}  // namespace app
