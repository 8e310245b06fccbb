#include "infer/behavior/bouts.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "datasets/base/error.h"

namespace infer {
namespace {

constexpr double kLeastScore = 1e-4;

size_t FramesOf(const std::vector<std::vector<float>>& scores) {
  return scores.empty() ? 0 : scores.front().size();
}

bool IsSeen(const std::vector<std::vector<float>>& scores, size_t frame) {
  for (const auto& row : scores) {
    if (std::isnan(row[frame])) return false;
  }
  return !scores.empty();
}

// Of every class in one frame; all zero where nothing is known.
void LogScores(const std::vector<std::vector<float>>& scores, size_t frame,
               std::vector<double>& out) {
  std::fill(out.begin(), out.end(), 0);
  if (!IsSeen(scores, frame)) return;
  double left = 1;
  for (size_t b = 0; b < scores.size(); ++b) {
    const double score = static_cast<double>(scores[b][frame]);
    left -= score;
    out[b + 1] = std::log(std::max(score, kLeastScore));
  }
  out[0] = std::log(std::max(left, kLeastScore));
}

ScoredBout BoutOf(int behavior, int start, int end, const std::vector<float>& scores) {
  ScoredBout bout{behavior, start, end, 0};
  double sum = 0;
  int frames = 0;
  for (int frame = start; frame < end; ++frame) {
    const float score = scores[static_cast<size_t>(frame)];
    if (std::isnan(score)) continue;
    sum += static_cast<double>(score);
    ++frames;
  }
  bout.score = frames ? sum / frames : 0;
  return bout;
}

ScoredBout PeakOf(const ScoredBout& run, const std::vector<float>& scores) {
  int peak = run.start_frame;
  for (int frame = run.start_frame; frame < run.end_frame; ++frame) {
    const float score = scores[static_cast<size_t>(frame)];
    if (score > scores[static_cast<size_t>(peak)]) peak = frame;
  }
  return BoutOf(run.behavior, peak, peak + 1, scores);
}

}  // namespace

std::vector<float> SmoothScores(const std::vector<float>& scores, double sigma_frames) {
  if (!(sigma_frames > 0)) return scores;
  const int reach = static_cast<int>(std::ceil(4 * sigma_frames));
  std::vector<float> weights(2 * static_cast<size_t>(reach) + 1);
  for (int d = -reach; d <= reach; ++d) {
    weights[static_cast<size_t>(d + reach)] =
        static_cast<float>(std::exp(-0.5 * d * d / (sigma_frames * sigma_frames)));
  }
  const int frames = static_cast<int>(scores.size());
  // Known scores and where they are, so that the sums need no test inside.
  std::vector<float> value(scores.size()), known(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    known[i] = std::isnan(scores[i]) ? 0.0f : 1.0f;
    value[i] = std::isnan(scores[i]) ? 0.0f : scores[i];
  }
  std::vector<float> smooth(scores);
  for (int frame = 0; frame < frames; ++frame) {
    if (known[static_cast<size_t>(frame)] == 0) continue;
    const int first = std::max(0, frame - reach), last = std::min(frames - 1, frame + reach);
    const float* weight = weights.data() + (first - frame + reach);
    float sum = 0, total = 0;
    for (int i = first; i <= last; ++i, ++weight) {
      sum += *weight * value[static_cast<size_t>(i)];
      total += *weight * known[static_cast<size_t>(i)];
    }
    smooth[static_cast<size_t>(frame)] = std::min(1.0f, sum / total);
  }
  return smooth;
}

Classes ClassesByThreshold(const std::vector<std::vector<float>>& scores,
                           const std::vector<double>& thresholds) {
  Classes classes(FramesOf(scores), -1);
  for (size_t frame = 0; frame < classes.size(); ++frame) {
    if (!IsSeen(scores, frame)) continue;
    classes[frame] = 0;
    float best = 0;
    for (size_t b = 0; b < scores.size(); ++b) {
      const float score = scores[b][frame];
      if (static_cast<double>(score) < thresholds[b] || (classes[frame] > 0 && score <= best)) {
        continue;
      }
      classes[frame] = static_cast<int>(b) + 1;
      best = score;
    }
  }
  return classes;
}

Transitions TransitionsOf(const std::vector<Classes>& labeled, int classes) {
  const auto size = static_cast<size_t>(classes);
  std::vector<std::vector<double>> change(size, std::vector<double>(size, 0));
  std::vector<double> start(size, 1);
  for (size_t a = 0; a < size; ++a) {
    for (size_t b = 0; b < size; ++b) {
      change[a][b] = a == b ? kPriorBoutFrames - 1 : 1.0 / std::max(1, classes - 1);
    }
  }
  for (const Classes& sequence : labeled) {
    int before = -1;
    for (const int now : sequence) {
      if (now >= 0 && before >= 0) ++change[static_cast<size_t>(before)][static_cast<size_t>(now)];
      if (now >= 0 && before < 0) ++start[static_cast<size_t>(now)];
      before = now;
    }
  }
  const auto to_logs = [](std::vector<double>& counts) {
    double sum = 0;
    for (const double count : counts) sum += count;
    for (double& count : counts) count = std::log(count / sum);
  };
  for (auto& row : change) to_logs(row);
  to_logs(start);
  return {std::move(change), std::move(start)};
}

Classes ClassesByViterbi(const std::vector<std::vector<float>>& scores,
                         const Transitions& transitions) {
  const size_t frames = FramesOf(scores), size = scores.size() + 1;
  if (size > 255) throw datasets::Error("an exclusion group", "it has more than 254 behaviors");
  Classes classes(frames, -1);
  if (frames == 0) return classes;
  std::vector<double> best(transitions.log_start), next(size), here(size);
  std::vector<uint8_t> from(frames * size, 0);  // [frames][classes]
  LogScores(scores, 0, here);
  for (size_t c = 0; c < size; ++c) best[c] += here[c];
  for (size_t frame = 1; frame < frames; ++frame) {
    LogScores(scores, frame, here);
    for (size_t c = 0; c < size; ++c) {
      size_t source = 0;
      double value = -std::numeric_limits<double>::infinity();
      for (size_t before = 0; before < size; ++before) {
        const double candidate = best[before] + transitions.log_change[before][c];
        if (candidate > value) {
          value = candidate;
          source = before;
        }
      }
      next[c] = value + here[c];
      from[frame * size + c] = static_cast<uint8_t>(source);
    }
    best.swap(next);
  }
  auto state = static_cast<size_t>(std::max_element(best.begin(), best.end()) - best.begin());
  for (size_t frame = frames; frame-- > 0;) {
    if (IsSeen(scores, frame)) classes[frame] = static_cast<int>(state);
    state = from[frame * size + state];
  }
  return classes;
}

std::vector<ScoredBout> BoutsOf(const Classes& classes,
                                const std::vector<std::vector<float>>& scores,
                                const std::vector<bool>& is_point, int min_bout_frames,
                                int max_gap_frames) {
  std::vector<ScoredBout> runs;
  const int frames = static_cast<int>(classes.size());
  for (int start = 0; start < frames;) {
    const int now = classes[static_cast<size_t>(start)];
    int end = start + 1;
    while (end < frames && classes[static_cast<size_t>(end)] == now) ++end;
    if (now > 0) {
      // Only class 0 or unseen frames can lie between neighbors in `runs` that do not touch.
      const bool joins = !runs.empty() && runs.back().behavior == now - 1 &&
                         start - runs.back().end_frame <= max_gap_frames;
      if (joins) {
        runs.back().end_frame = end;
      } else {
        runs.push_back({now - 1, start, end, 0});
      }
    }
    start = end;
  }
  std::vector<ScoredBout> bouts;
  for (const ScoredBout& run : runs) {
    if (run.end_frame - run.start_frame < min_bout_frames) continue;
    const auto behavior = static_cast<size_t>(run.behavior);
    bouts.push_back(is_point[behavior]
                        ? PeakOf(run, scores[behavior])
                        : BoutOf(run.behavior, run.start_frame, run.end_frame, scores[behavior]));
  }
  return bouts;
}

}  // namespace infer
