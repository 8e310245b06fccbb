#include "infer/behavior/episodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "datasets/store/review/review_reasons.h"
#include "datasets/store/score_series.h"

namespace infer {
namespace {

using datasets::BehaviorPredictionRow;
using datasets::Id;
using datasets::ReviewItemRow;

constexpr double kNearlyABout = 0.25;     // calibrated probability
constexpr double kLeastSuspicion = 0.05;  // below, a bout is not worth a look
constexpr double kAuditShare = 0.1;
constexpr char kAuditWords[] = "drawn at random, to check that the confidences can be trusted";
constexpr int kEnoughBoutsForTemperature = 8, kEnoughBoutsForIsotonic = 60;
constexpr size_t kCalibrationBlocks = 5;

double CalibratedMean(const BoutSource& source, size_t behavior, int start, int end) {
  double sum = 0;
  int frames = 0;
  for (int frame = start; frame < end; ++frame) {
    const float score = source.scores[behavior][static_cast<size_t>(frame)];
    if (std::isnan(score)) continue;
    sum += source.calibration[behavior](static_cast<double>(score));
    ++frames;
  }
  return frames ? sum / frames : 0;
}

FoundBout MakeBout(const BoutSource& source, const ScoredBout& found) {
  const auto own = static_cast<size_t>(found.behavior);
  FoundBout bout;
  bout.row.job_id = source.job_id;
  bout.row.video_id = source.video.id;
  bout.row.subject = source.subject;
  bout.row.behavior_id = source.behaviors[own].id;
  bout.row.start_frame = found.start_frame;
  bout.row.end_frame = found.end_frame;
  bout.row.score = found.score;
  bout.row.confidence = CalibratedMean(source, own, found.start_frame, found.end_frame);
  bout.behavior = source.behaviors[own].name;
  for (size_t b = 0; b < source.behaviors.size(); ++b) {
    if (b == own) continue;
    double sum = 0;
    for (int frame = found.start_frame; frame < found.end_frame; ++frame) {
      const float score = source.scores[b][static_cast<size_t>(frame)];
      sum += std::isnan(score) ? 0 : static_cast<double>(score);
    }
    const double mean = sum / (found.end_frame - found.start_frame);
    if (mean > bout.rival_score) {
      bout.rival_score = mean;
      bout.rival = source.behaviors[b].name;
    }
  }
  return bout;
}

int Common(const BehaviorPredictionRow& bout, int start_frame, int end_frame) {
  return std::max(0, std::min(bout.end_frame, end_frame) - std::max(bout.start_frame, start_frame));
}

int Length(const BehaviorPredictionRow& bout) { return bout.end_frame - bout.start_frame; }

std::string CodeOf(const FoundBout& bout) {
  return std::string((bout.missed ? datasets::kMissedBehavior : datasets::kDoubtfulBehavior).code);
}

// The kind of fit to bouts: fewer outcomes are enough, for each stands for many frames.
ScoreCalibration FitBouts(const std::vector<OutcomeOf>& outcomes, const std::string& kind) {
  if (kind != "auto") return FitScores(outcomes, kind);
  const auto right = std::count_if(outcomes.begin(), outcomes.end(),
                                   [](const OutcomeOf& outcome) { return outcome.is_true; });
  const auto rarer = std::min<int64_t>(right, static_cast<int64_t>(outcomes.size()) - right);
  if (rarer >= kEnoughBoutsForIsotonic) return FitScoreIsotonic(outcomes);
  if (rarer >= kEnoughBoutsForTemperature) return FitScoreTemperature(outcomes);
  return {};
}

std::string Who(const FoundBout& bout) {
  return bout.row.subject.empty() ? "" : bout.row.subject + ": ";
}

std::string Reason(const FoundBout& bout) {
  const int frames = Length(bout.row);
  const std::string span = frames == 1 ? "in one frame" : fmt::format("over {} frames", frames);
  if (bout.missed) {
    return fmt::format("{}perhaps '{}', which was not predicted (probability {:.2f} {})", Who(bout),
                       bout.behavior, bout.row.score, span);
  }
  const std::string rival =
      !bout.rival.empty() && bout.rival_score > 0.5 * bout.row.score
          ? fmt::format("; '{}' is nearly as likely ({:.2f})", bout.rival, bout.rival_score)
          : "";
  return fmt::format("{}'{}' is doubtful: probability {:.2f} {}{}", Who(bout), bout.behavior,
                     bout.row.score, span, rival);
}

ReviewItemRow ItemOf(const FoundBout& bout) {
  ReviewItemRow item;
  item.job_id = bout.row.job_id;
  item.video_id = bout.row.video_id;
  item.start_frame = bout.row.start_frame;
  item.end_frame = bout.row.end_frame;
  item.reason_code = CodeOf(bout);
  item.reason = Reason(bout);
  item.score = 1 - bout.row.confidence;
  nlohmann::json names = nlohmann::json::array();
  if (!bout.row.subject.empty()) names.push_back(bout.row.subject);
  item.animals_json = names.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  item.behavior_id = bout.row.behavior_id;
  item.subject = bout.row.subject;
  return item;
}

bool TakesPlaceOf(const ReviewItemRow& decided, const ReviewItemRow& item) {
  const int common =
      std::min(item.end_frame, decided.end_frame) - std::max(item.start_frame, decided.start_frame);
  return decided.subject == item.subject && decided.behavior_id == item.behavior_id &&
         2 * common > item.end_frame - item.start_frame;
}

}  // namespace

void AddBouts(const BoutSource& source, const std::vector<ScoredBout>& found,
              const BoutOptions& options, std::vector<FoundBout>& bouts) {
  const int frames = source.scores.empty() ? 0 : static_cast<int>(source.scores[0].size());
  Classes taken(static_cast<size_t>(frames), 0);  // 1 + behavior of the bout there
  for (const ScoredBout& bout : found) {
    bouts.push_back(MakeBout(source, bout));
    std::fill(taken.begin() + bout.start_frame, taken.begin() + bout.end_frame, bout.behavior + 1);
  }
  for (size_t b = 0; b < source.behaviors.size(); ++b) {
    if (source.behaviors[b].is_point) continue;  // its neighbors are as likely, and no bouts
    const auto nearly = [&](int frame) {
      const float score = source.scores[b][static_cast<size_t>(frame)];
      return taken[static_cast<size_t>(frame)] == 0 && !std::isnan(score) &&
             source.calibration[b](static_cast<double>(score)) >= kNearlyABout;
    };
    for (int start = 0; start < frames;) {
      int end = start;
      while (end < frames && nearly(end)) ++end;
      // The slopes of a bout that was found belong to it.
      const auto own = [&](int frame) {
        return frame >= 0 && frame < frames &&
               taken[static_cast<size_t>(frame)] == static_cast<int>(b) + 1;
      };
      const bool at_bout = own(start - 1) || own(end);
      if (end - start >= options.min_bout_frames && !at_bout) {
        double sum = 0;
        for (int frame = start; frame < end; ++frame) {
          sum += static_cast<double>(source.scores[b][static_cast<size_t>(frame)]);
        }
        FoundBout bout = MakeBout(source, {static_cast<int>(b), start, end, sum / (end - start)});
        bout.missed = true;
        bout.row.confidence = 1 - bout.row.confidence;
        bouts.push_back(std::move(bout));
      }
      start = end + 1;
    }
  }
}

std::optional<bool> TruthOf(const FoundBout& bout, const std::vector<HeldOutSpan>& looked_at,
                            const std::vector<datasets::BehaviorIntervalRow>& intervals) {
  const BehaviorPredictionRow& row = bout.row;
  const bool seen = std::any_of(looked_at.begin(), looked_at.end(), [&](const HeldOutSpan& span) {
    return span.subject == row.subject && span.start_frame <= row.start_frame &&
           span.end_frame >= row.end_frame;
  });
  if (!seen) return std::nullopt;
  if (bout.missed) {
    const auto present =
        PresentFrames(intervals, row.subject, row.behavior_id, row.start_frame, row.end_frame);
    return 2 * std::count(present.begin(), present.end(), true) < Length(row);
  }
  return std::any_of(intervals.begin(), intervals.end(), [&](const auto& interval) {
    if (!interval.present || interval.behavior_id != row.behavior_id ||
        interval.subject != row.subject) {
      return false;
    }
    const int common = Common(row, interval.start_frame, interval.end_frame);
    const int both = Length(row) + interval.end_frame - interval.start_frame - common;
    return 2 * common >= both;
  });
}

BoutCheck CalibrateBouts(std::vector<FoundBout>& bouts,
                         const std::vector<datasets::ReviewDecisionRow>& decisions,
                         const LabeledBouts& labels, const std::string& kind) {
  for (FoundBout& bout : bouts) {
    for (const datasets::ReviewDecisionRow& decision : decisions) {
      if (decision.video_id != bout.row.video_id || decision.subject != bout.row.subject ||
          decision.behavior_id != bout.row.behavior_id || decision.verdict == "skipped" ||
          (decision.reason_code == datasets::kMissedBehavior.code) != bout.missed) {
        continue;
      }
      const int common = Common(bout.row, decision.start_frame, decision.end_frame);
      if (2 * common <= std::max(Length(bout.row), decision.end_frame - decision.start_frame)) {
        continue;
      }
      bout.truth = decision.verdict == "accepted";
      const auto own = labels.find(bout.row.video_id);
      if (decision.verdict == "corrected" && own != labels.end()) {
        const HeldOutSpan all{"", bout.row.subject, bout.row.start_frame, bout.row.end_frame};
        bout.truth = TruthOf(bout, {all}, own->second);
      }
    }
  }
  std::vector<OutcomeOf> outcomes;
  for (const FoundBout& bout : bouts) {
    if (bout.truth) outcomes.push_back({bout.row.confidence, *bout.truth});
  }
  BoutCheck check;
  check.checked_bouts = static_cast<int>(outcomes.size());
  std::vector<OutcomeOf> said;  // by fits that have not seen them
  for (size_t block = 0; block < kCalibrationBlocks && outcomes.size() >= kCalibrationBlocks;
       ++block) {
    const size_t begin = block * outcomes.size() / kCalibrationBlocks;
    const size_t end = (block + 1) * outcomes.size() / kCalibrationBlocks;
    std::vector<OutcomeOf> others(outcomes.begin(),
                                  outcomes.begin() + static_cast<std::ptrdiff_t>(begin));
    others.insert(others.end(), outcomes.begin() + static_cast<std::ptrdiff_t>(end),
                  outcomes.end());
    const ScoreCalibration fitted = FitBouts(others, kind);
    for (size_t i = begin; i < end; ++i) {
      said.push_back({fitted(outcomes[i].probability), outcomes[i].is_true});
    }
  }
  check.expected_calibration_error = CalibrationError(said);
  const ScoreCalibration fitted = FitBouts(outcomes, kind);
  for (FoundBout& bout : bouts) bout.row.confidence = fitted(bout.row.confidence);
  return check;
}

std::vector<ReviewItemRow> EpisodesOf(const std::vector<const FoundBout*>& bouts,
                                      const std::vector<ReviewItemRow>& before, Id video_id,
                                      uint64_t seed) {
  std::vector<ReviewItemRow> items, sure;
  for (const FoundBout* bout : bouts) {
    ReviewItemRow item = ItemOf(*bout);
    (item.score >= kLeastSuspicion ? items : sure).push_back(std::move(item));
  }
  // The audit asks about bouts that nobody would have doubted.
  std::mt19937_64 random(seed);
  const auto wanted =
      std::min(sure.size(), static_cast<size_t>(std::ceil(kAuditShare / (1 - kAuditShare) *
                                                          static_cast<double>(items.size() + 1))));
  for (size_t drawn = 0; drawn < wanted; ++drawn) {
    std::swap(sure[drawn], sure[drawn + random() % (sure.size() - drawn)]);
    if (!datasets::Is(sure[drawn], datasets::kMissedBehavior)) {
      sure[drawn].reason_code = datasets::kAuditReason.code;
    }
    sure[drawn].reason = kAuditWords;
    items.push_back(sure[drawn]);
  }
  std::vector<ReviewItemRow> decided;
  for (const ReviewItemRow& item : before) {
    if (item.video_id == video_id && item.behavior_id && !item.verdict.empty()) {
      decided.push_back(item);
    }
  }
  items.erase(std::remove_if(items.begin(), items.end(),
                             [&](const ReviewItemRow& item) {
                               return std::any_of(
                                   decided.begin(), decided.end(),
                                   [&](const auto& done) { return TakesPlaceOf(done, item); });
                             }),
              items.end());
  items.insert(items.end(), decided.begin(), decided.end());
  return items;
}

}  // namespace infer
