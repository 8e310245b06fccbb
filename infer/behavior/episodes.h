// Predicted bouts: how far each can be trusted, and which a person should look at.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "infer/behavior/bouts.h"
#include "infer/behavior/score_calibration.h"
#include "infer/behavior/truth.h"

namespace infer {

// Where the bouts of a group of behaviors come from.
struct BoutSource {
  datasets::VideoRow video;
  std::string subject;
  datasets::Id job_id = 0;
  std::vector<datasets::BehaviorRow> behaviors;
  std::vector<ScoreCalibration> calibration;      // of frames, by behavior
  const std::vector<std::vector<float>>& scores;  // smoothed, [behaviors][frames]
};

struct FoundBout {
  datasets::BehaviorPredictionRow row;
  std::string behavior;       // its name
  std::string rival;          // the likeliest other behavior of the group in its frames, or ""
  double rival_score = 0;     // mean smoothed probability
  bool missed = false;        // no bout: a stretch that nearly became one
  std::optional<bool> truth;  // whether the bout is right, where a person looked
};

// Appends the bouts, with the mean calibrated probability of their frames as confidence, and
// stretches of at least min_bout_frames outside of every bout in which one behavior's calibrated
// probability stays above 0.25 (their confidence: that nothing happens there).
void AddBouts(const BoutSource& source, const std::vector<ScoredBout>& found,
              const BoutOptions& options, std::vector<FoundBout>& bouts);

// For bouts that lie in what a person looked at in full (spans of the bout's video): right when a
// labeled bout of the behavior overlaps it by half (IoU); a missed one is right when the behavior
// is labeled in less than half of it.
std::optional<bool> TruthOf(const FoundBout& bout, const std::vector<HeldOutSpan>& looked_at,
                            const std::vector<datasets::BehaviorIntervalRow>& intervals);

using LabeledBouts =
    std::map<datasets::Id, std::vector<datasets::BehaviorIntervalRow>>;  // by video

struct BoutCheck {
  double expected_calibration_error = -1;
  int checked_bouts = 0;
};
// Adds what reviewers decided to the truth (of a corrected bout, whether the labels have it by
// half, as TruthOf: one whose end was moved by a frame was right), fits confidences to it (`kind`
// as in FitScores, from fewer outcomes: each is a whole bout), and puts the fitted ones into the
// rows. The error is that of bouts whose block of neighbors was left out of the fit.
BoutCheck CalibrateBouts(std::vector<FoundBout>& bouts,
                         const std::vector<datasets::ReviewDecisionRow>& decisions,
                         const LabeledBouts& labels, const std::string& kind);

// Items for the review queue: bouts that are wrong with a probability of 5 % or more, and a tenth
// more at random. Those of `before` that were decided stay, and take the place of new ones that
// they overlap by half.
std::vector<datasets::ReviewItemRow> EpisodesOf(const std::vector<const FoundBout*>& bouts,
                                                const std::vector<datasets::ReviewItemRow>& before,
                                                datasets::Id video_id, uint64_t seed);

}  // namespace infer
