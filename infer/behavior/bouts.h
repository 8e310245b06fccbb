// Probabilities of behaviors, frame by frame -> bouts. Pure functions over one subject of one
// video. Scores are 0..1, NaN where the subject was not seen.
#pragma once

#include <string>
#include <vector>

#include "datasets/base/options.h"

namespace infer {

struct BoutOptions {
  double sigma_frames = 5, threshold = 0.5;
  std::string thresholds, calibration = "auto";
  int min_bout_frames = 5, max_gap_frames = 0;
  bool viterbi = false;

  template <class Visitor>
  void Visit(Visitor&& v) {
    using datasets::Range;
    v.Field("sigma-frames", sigma_frames, "width of the Gaussian that smooths probabilities",
            Range{0, 1000});
    v.Field("threshold", threshold, "a behavior happens from this probability on", Range{0, 1});
    v.Field("thresholds", thresholds, "the same for single behaviors: rear=0.4,groom=0.7");
    v.Field("min-bout-frames", min_bout_frames, "shorter bouts are left out", Range{1, 1e6});
    v.Field("max-gap-frames", max_gap_frames, "bouts of one behavior so near are one",
            Range{0, 1e6});
    v.Field("viterbi", viterbi,
            "the most likely sequence by how behaviors follow each other in the labels, instead of "
            "thresholds");
    v.Field("calibration", calibration,
            "of the confidences, on held-out labels: auto, none, temperature or isotonic");
  }
};

// Convolution with a Gaussian of that many frames, cut off at 4 sigma and normalized over the
// frames that have a score; frames without one stay without. Sigma 0 changes nothing. (Wu et al.,
// "Who moved my cheese": sigma 5.)
std::vector<float> SmoothScores(const std::vector<float>& scores, double sigma_frames);

// Behaviors of which at most one happens at a time: the states of one exclusion group, or one
// behavior alone. In what follows class 0 is "none of them", class c the behavior c - 1; -1 stands
// for a frame without scores. scores: [behaviors][frames].
using Classes = std::vector<int>;

// The likeliest behavior, where its score reaches its threshold.
Classes ClassesByThreshold(const std::vector<std::vector<float>>& scores,
                           const std::vector<double>& thresholds);

struct Transitions {                            // natural logarithms
  std::vector<std::vector<double>> log_change;  // [class before][class after], rows sum to 1
  std::vector<double> log_start;                // [class]
};
// From labeled sequences (-1: not labeled, cuts the sequence). Every class starts with the counts
// of one bout of `kPriorBoutFrames` frames whose ends go anywhere alike, so that what was never
// seen stays possible.
inline constexpr double kPriorBoutFrames = 25;
Transitions TransitionsOf(const std::vector<Classes>& labeled, int classes);

// The sequence that maximizes log_start + sum of log_change + sum of log score, where the score of
// class 0 is what the behaviors leave of 1 (Viterbi 1967; scores below 1e-4 count as that). Frames
// without scores say nothing.
Classes ClassesByViterbi(const std::vector<std::vector<float>>& scores,
                         const Transitions& transitions);

struct ScoredBout {  // [start_frame, end_frame)
  int behavior = 0;  // index into scores
  int start_frame = 0, end_frame = 0;
  double score = 0;  // mean over its frames that have one
};
// Runs of one class; first gaps of class 0 up to max_gap are closed, then runs shorter than
// min_bout left out. A point behavior becomes the frame with the highest score of each run. By
// start.
std::vector<ScoredBout> BoutsOf(const Classes& classes,
                                const std::vector<std::vector<float>>& scores,
                                const std::vector<bool>& is_point, int min_bout_frames,
                                int max_gap_frames);

}  // namespace infer
