// The flat list of figures of `vole evaluate --json`: detection, tracking and identity in one call.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/metrics/coco_eval.h"
#include "datasets/metrics/eval_object.h"

namespace datasets {

struct SummaryOptions {
  Overlap overlap = Overlap::kMask;
  bool class_agnostic = false;  // detection figures only
  double threshold = 0.5;       // similarity needed to match, for tracking and identity figures
  // Tracking uses predictions with at least this score.
  double min_score = 0;
  bool tracks_are_names = true;  // else free numbers, of which none is the right one
};

// Figures that the data does not define (no truth of that kind, no tracks) are absent.
struct Summary {
  int64_t frames = 0;  // distinct frames with objects; callers that know of empty ones set it
  CocoFigures coco;    // -1 where undefined, as COCO reports it
  // As TrackEval defines them; `motp` is the mean similarity of the matches (higher is better).
  std::optional<double> mota, motp, idf1, idp, idr, hota, deta, assa, loca;
  std::optional<int64_t> idsw, mt, pt, ml, fp, fn, fragmentations;
  // Right name per truth object and frame, and its mean over the names; where tracks are names.
  std::optional<double> identity_accuracy, identity_accuracy_balanced;
  // Of the same objects the shares with another's name, and of those found whose name is unknown;
  // the rest was not found.
  std::optional<double> wrong_names, unknown_names;
  // Mean overlap of the truth objects that some prediction covers with at least `threshold`.
  std::optional<double> mean_iou;

  // Keys: frames ap ap50 ap75 ar1 ar10 ar100 mota motp idf1 hota deta assa idsw mt ml fp fn
  // identity_accuracy mean_iou, and more of the above; undefined figures are left out.
  nlohmann::json ToJson() const;
};

// Truth and predictions of one sequence. Objects with track < 0 and crowds take part in detection
// only; tracking figures are absent when no truth object has a track, or predictions exist and none
// has one. Throws
// Error for masks of different sizes on one image, NaN scores, and a track that appears twice on
// one frame.
Summary Summarize(const std::vector<EvalObject>& truth, const std::vector<EvalObject>& predicted,
                  const SummaryOptions& options = {});

}  // namespace datasets
