// How YOLOv3 and YOLOv3-tiny are set up and trained for the labels at hand.
// Internal to train/.
#pragma once

#include "train/detect/registry.h"

namespace train {

DetectorKind Yolov3Kind();
DetectorKind Yolov3TinyKind();

}  // namespace train
