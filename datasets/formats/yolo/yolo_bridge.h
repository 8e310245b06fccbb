// One outline for an animal in several parts, as YOLO wants it.
#pragma once

#include "datasets/shape/polygon.h"

namespace datasets {

// The rings as one: each is joined to the nearest corner of those before it by a bridge of no
// width, there and back. Takes time of about n log n in the corners. Empty for no ring.
Ring BridgeParts(const Polygons& parts);

}  // namespace datasets
