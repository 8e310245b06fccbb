// COCO's average precision and recall, figure for figure as COCOeval of cocoapi reports them.
#pragma once

#include <map>
#include <vector>

#include "datasets/metrics/eval_object.h"

namespace datasets {

struct CocoOptions {
  Overlap overlap = Overlap::kMask;
  bool class_agnostic = false;  // COCOeval's useCats = 0: all categories as one
};

// Each figure is the mean over categories with truth; -1 when there is none (COCO's convention).
// Areas in pixels: small < 32^2, medium 32^2..96^2, large > 96^2, by `area` of the truth.
struct CocoFigures {
  double ap = -1, ap50 = -1, ap75 = -1;  // IoU .50:.05:.95, .50, .75; 100 per image
  double ap_small = -1, ap_medium = -1, ap_large = -1;
  double ar1 = -1, ar10 = -1, ar100 = -1;  // at most 1, 10, 100 detections per image
  double ar_small = -1, ar_medium = -1, ar_large = -1;
  std::map<int, double> ap_of_category;  // one entry (-1) when class-agnostic
};

// Objects are grouped by image_id and category; the order within a group decides ties in score, as
// in COCOeval. At most 100 predictions an image and category are used, best first.
// Throws Error for a NaN score or masks of one image whose sizes differ.
CocoFigures EvaluateCoco(const std::vector<EvalObject>& truth,
                         const std::vector<EvalObject>& predicted, const CocoOptions& options = {});

}  // namespace datasets
