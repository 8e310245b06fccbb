// Pascal VOC's 11-point average precision: strict, and as darknet's `detector map` computes it.
#pragma once

#include <map>
#include <vector>

#include "datasets/metrics/eval_object.h"

namespace datasets {

struct VocFigures {
  // Means over the categories with truth; 0 when there is none. AP is the mean over the recalls
  // 0, .1, ..., 1 of the highest precision at that recall or above (Everingham et al. 2010).
  double map_strict = 0;   // a second detection of one truth object is false
  double map_darknet = 0;  // a second detection of one truth object is neither right nor false
  std::map<int, double> ap_strict, ap_darknet;
  // At scores above `min_score`, over all categories together; a second detection is false here.
  int64_t tp = 0, fp = 0, fn = 0;
  double mean_iou = 0;  // sum of the IoU of first matches / (tp + fp), darknet's "average IoU"
  double precision = 0, recall = 0, f1 = 0;
};

struct VocOptions {
  Overlap overlap = Overlap::kBox;
  double threshold = 0.5;   // a match needs an IoU above it (not equal)
  double min_score = 0.25;  // for precision, recall, f1 and mean_iou
};

// Each detection, best score first, belongs to the truth object of its image and category that it
// overlaps most. Detections are used as given: suppress duplicates and low scores (darknet: <=
// .005) before. Crowds are left out of the truth. Throws Error for a NaN score.
VocFigures EvaluateVoc(const std::vector<EvalObject>& truth,
                       const std::vector<EvalObject>& predicted, const VocOptions& options = {});

}  // namespace datasets
