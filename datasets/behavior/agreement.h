// How far two scorers agree, person or machine: frame by frame and bout by bout.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datasets/behavior/scores.h"
#include "datasets/metrics/bootstrap.h"

namespace datasets {

struct BoutSpan {  // half-open
  int start_frame = 0, end_frame = 0;
};
// One-to-one pairs (index of a, index of b) of two lists that are each sorted and free of
// overlaps; as many pairs as can be made at all. Two bouts may pair when they share a frame and
// their overlap |a and b| / |a or b| is at least `min_iou`.
std::vector<std::pair<int, int>> MatchBoutsByOverlap(const std::vector<BoutSpan>& a,
                                                     const std::vector<BoutSpan>& b,
                                                     double min_iou = 0);
// Two bouts may pair when their first frames are at most `tolerance_frames` apart.
std::vector<std::pair<int, int>> MatchBoutsByOnset(const std::vector<BoutSpan>& a,
                                                   const std::vector<BoutSpan>& b,
                                                   int tolerance_frames);

// Cohen's kappa (p_o - p_e) / (1 - p_e) of a table counts[first][second] (Cohen 1960); none
// without a count, and when both say one and the same thing throughout: that is 0 / 0.
std::optional<double> KappaOf(const std::vector<std::vector<int64_t>>& counts);

struct AgreementOptions {
  double tolerance_s = 0.5;   // onset tolerance of the bout match
  int tolerance_frames = -1;  // the same in frames; -1: from the seconds
  double min_overlap = 0;     // IoU in time of the overlap match
  double block_s = 10;        // blocks of time that are drawn together
  BootstrapOptions bootstrap;
};

struct SureFigure {  // none where it is not defined
  std::optional<double> value;
  std::optional<Interval> interval;  // block bootstrap; none with fewer than two blocks
};

struct BoutFigures {  // the first author is taken as truth; F1 is the same both ways
  int64_t matched = 0, missed = 0, extra = 0;
  std::optional<double> precision, recall, f1;
};

struct BehaviorAgreement {
  std::string behavior;
  int64_t frames = 0;  // that both looked at for it
  int64_t first_frames = 0, second_frames = 0, both_frames = 0;
  SureFigure kappa;  // of "this behavior" against "not this behavior"
  SureFigure f1;     // 2 both / (first + second), frames
  BoutFigures by_overlap, by_onset;
};

// Over all videos and subjects in which both scored something, and the frames that both looked at:
// where the animal was not seen (BoutSeries::unseen) nobody missed anything.
struct PairAgreement {
  std::string first, second;
  int64_t frames = 0;
  int series = 0;        // videos x subjects compared
  SureFigure agreement;  // share of frames with the same behaviors
  SureFigure kappa;      // of what happens on a frame: nothing, one behavior, or several at once
  SureFigure macro_f1;   // mean of the behaviors' frame F1, nothing left out of the mean
                         // but "nothing" itself and behaviors that neither scored
  std::vector<BehaviorAgreement> behaviors;
  // What a frame can hold, and how many frames are confusion[first][second].
  std::vector<std::string> states;  // "nothing", "rear", "rear + groom"
  std::vector<std::vector<int64_t>> confusion;
  std::vector<std::string> only_one;  // "video / subject (author)" that the other did not score
  // "groom (anna)": behaviors that the other looked for nowhere (BoutSeries::looked_for). They are
  // in no figure; one that the other looked for in some series is compared in those.
  std::vector<std::string> not_compared;
};

// Throws Error when an author scored nothing (naming those there are), both are the same, or the
// two have no video and subject in common.
PairAgreement CompareAuthors(const BehaviorScores& scores, const std::string& first,
                             const std::string& second, const AgreementOptions& options = {});
// All pairs of authors that share a video and subject, in alphabetical order.
std::vector<PairAgreement> CompareAllAuthors(const BehaviorScores& scores,
                                             const AgreementOptions& options, Job& job);

nlohmann::ordered_json AgreementJson(const PairAgreement& pair);
// One line for each pair and behavior, and one for all behaviors together (behavior "*").
std::string AgreementCsv(const std::vector<PairAgreement>& pairs);
std::string ConfusionCsv(const std::vector<PairAgreement>& pairs);

}  // namespace datasets
