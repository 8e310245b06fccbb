// Tracking figures over a sequence: CLEAR MOT in its two common readings, IDF1, and HOTA.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/metrics/eval_object.h"

namespace datasets {

// Tracks from here on, of predictions, are no names: whoever has one is found, and not said to be
// anybody. In the figures of CLEAR it changes no name, in all others it is a track of its own.
inline constexpr int64_t kFirstUnknownTrack = int64_t{1} << 60;

// One frame. Frames come in order of time; frames without any object may be left out.
struct TrackFrame {
  std::vector<int64_t> truth;      // track of each truth object; no track twice on one frame
  std::vector<int64_t> predicted;  // track of each predicted object
  cv::Mat_<double> similarity;     // [truth, predicted] in 0..1: box or mask IoU, or another
};

// Frames from plain objects: those with track < 0 and crowds are left out, and so are predictions
// below `min_score`. Throws Error when a track occurs twice on a frame.
std::vector<TrackFrame> TrackFrames(const std::vector<EvalObject>& truth,
                                    const std::vector<EvalObject>& predicted, Overlap overlap,
                                    double min_score = 0);

struct ClearFigures {
  int64_t truth = 0, predicted = 0;  // objects over all frames
  int64_t tp = 0, fp = 0, fn = 0, idsw = 0, fragmentations = 0;
  int64_t mt = 0, pt = 0, ml = 0;  // tracks of the truth by the share of frames matched
  double mota = 0;                 // 1 - (fn + fp + idsw) / truth; 0 when there is no truth
  double motp = 0;                 // see the function that fills it; 0 without matches
};

// TrackEval's CLEAR: the pairs of the frame before are kept where the similarity allows, weighed
// 1000 : 1 against it; `motp` is the mean SIMILARITY of the matches; mt > 0.8 of the frames, ml
// < 0.2 (Bernardin and Stiefelhagen 2008, as TrackEval reads it).
ClearFigures ClearTrackEval(const std::vector<TrackFrame>& frames, double threshold = 0.5);

// py-motmetrics' reading: a pair once made is kept first, over gaps too; then the least total
// distance (1 - similarity); `motp` is the mean DISTANCE; mt >= 0.8, ml < 0.2; a switch counts as a
// detection (in `tp`).
ClearFigures ClearPyMotmetrics(const std::vector<TrackFrame>& frames, double threshold = 0.5);

// One to one pairing of whole tracks (Ristani et al. 2016).
struct IdentityFigures {
  int64_t idtp = 0, idfp = 0, idfn = 0;
  double idf1 = 0, idp = 0, idr = 0;
};
IdentityFigures EvaluateIdentity(const std::vector<TrackFrame>& frames, double threshold = 0.5);

// Higher order tracking accuracy (Luiten et al. 2021), as TrackEval computes it: each figure is the
// mean over the 19 thresholds .05:.05:.95; loca is 1 at thresholds without a match.
struct HotaFigures {
  double hota = 0, deta = 0, assa = 0, loca = 0;
  double detre = 0, detpr = 0, assre = 0, asspr = 0;
  std::vector<double> hota_at;  // one for each threshold
};
HotaFigures EvaluateHota(const std::vector<TrackFrame>& frames);

}  // namespace datasets
