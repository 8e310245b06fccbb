// How YOLACT is set up and trained for the labels at hand. Internal to train/.
#pragma once

#include "train/detect/registry.h"

namespace train {

DetectorKind YolactKind();

}  // namespace train
