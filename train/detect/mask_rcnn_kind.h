// Mask R-CNN as one of the detectors that can be trained: how it is set up for the labels at hand.
// Internal to train/ (torch types).
#pragma once

#include "train/detect/registry.h"

namespace train {

DetectorKind MaskRcnnKind();

}  // namespace train
