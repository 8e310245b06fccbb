// One object of one frame, as every metric sees it: truth or prediction.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/keypoints/skeleton.h"
#include "datasets/shape/mask.h"

namespace datasets {

enum class Overlap { kMask, kBox };  // what two objects are compared by

struct EvalObject {
  int frame = 0;         // order in time, for tracking; unique within one evaluated sequence
  int64_t image_id = 0;  // groups objects for detection; often the frame's image
  int category = 0;
  int64_t track = -1;    // track or identity; < 0: none (tracking figures leave it out)
  double score = 1;      // predictions only
  Box box;               // used by Overlap::kBox
  Rle mask;              // used by Overlap::kMask
  bool unknown = false;  // predicted, and it says that it does not know whose name it has
  bool crowd = false;    // truth only: COCO's iscrowd, never owed and absorbs any number
  // COCO's area, for its area ranges; < 0: that of the mask or the box, whichever is compared.
  // pycocotools uses the box's area of a prediction that has a box even when it compares masks: to
  // equal its figures by area range, set box.width * box.height here.
  double area = -1;
  std::vector<KeyPoint> key_points;  // compared by name; predicted ones below --min-score are gone
};

}  // namespace datasets
