// Where an animal's middle is. Internal to datasets/formats/tracks.
#pragma once

#include "datasets/exchange/selection.h"

namespace datasets {

struct Centroid {
  double x = 0, y = 0, area = 0;  // pixels of the picture, continuous; area in pixels
};

// Of the mask; where there is none, the middle of the box.
Centroid CentroidOf(const SelectedInstance& instance, const SelectedFrame& frame);

}  // namespace datasets
