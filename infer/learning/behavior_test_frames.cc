#include "infer/learning/behavior_test_frames.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "datasets/behavior/exploration.h"

namespace infer {
namespace {

using train::kNotLabeled;

// Confusion counts [truth][said] of one head.
using Counts = std::vector<std::vector<int64_t>>;

double KappaOf(const Counts& counts) {
  double total = 0, same = 0, chance = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    double truth = 0, said = 0;
    for (size_t j = 0; j < counts.size(); ++j) {
      truth += static_cast<double>(counts[i][j]);
      said += static_cast<double>(counts[j][i]);
    }
    total += truth;
    same += static_cast<double>(counts[i][i]);
    chance += truth * said;
  }
  if (total == 0) return 0;
  const double expected = chance / total / total;
  return expected >= 1 ? 1 : (same / total - expected) / (1 - expected);
}

// F1 of a class; nothing when it does not occur in the truth.
std::optional<double> F1Of(const Counts& counts, size_t which) {
  int64_t fn = 0, fp = 0;
  const int64_t tp = counts[which][which];
  for (size_t j = 0; j < counts.size(); ++j) {
    if (j == which) continue;
    fn += counts[which][j];
    fp += counts[j][which];
  }
  if (tp + fn == 0) return {};
  return 2.0 * static_cast<double>(tp) / static_cast<double>(2 * tp + fn + fp);
}

double MacroF1(const std::vector<Counts>& heads) {
  double sum = 0;
  int count = 0;
  for (const Counts& counts : heads) {
    for (size_t c = 1; c < counts.size(); ++c) {
      if (const auto f1 = F1Of(counts, c)) {
        sum += *f1;
        ++count;
      }
    }
  }
  return count > 0 ? sum / count : 0;
}

double Accuracy(const std::vector<Counts>& heads) {
  double right = 0, total = 0;
  for (const Counts& counts : heads) {
    for (size_t i = 0; i < counts.size(); ++i) {
      for (size_t j = 0; j < counts.size(); ++j) {
        total += static_cast<double>(counts[i][j]);
        if (i == j) right += static_cast<double>(counts[i][j]);
      }
    }
  }
  return total > 0 ? right / total : 0;
}

double MeanKappa(const std::vector<Counts>& heads) {
  double sum = 0;
  for (const Counts& counts : heads) sum += KappaOf(counts);
  return sum / static_cast<double>(heads.size());
}

std::vector<Counts> Empty(const std::vector<train::BehaviorHead>& heads) {
  std::vector<Counts> counts;
  for (const auto& head : heads) {
    const size_t classes = static_cast<size_t>(head.classes());
    counts.emplace_back(classes, std::vector<int64_t>(classes, 0));
  }
  return counts;
}

void Count(const TestedFrame& frame, std::vector<Counts>& counts) {
  for (size_t h = 0; h < counts.size(); ++h) {
    if (frame.truth[h] != kNotLabeled) ++counts[h][frame.truth[h]][frame.said[h]];
  }
}

struct Place {
  size_t head = 0;
  uint8_t label = 0;
};

Place PlaceOf(const std::string& name, const std::vector<train::BehaviorHead>& heads) {
  for (size_t h = 0; h < heads.size(); ++h) {
    for (size_t b = 0; b < heads[h].behaviors.size(); ++b) {
      if (heads[h].behaviors[b] == name) return {h, static_cast<uint8_t>(b + 1)};
    }
  }
  throw datasets::Error("behavior '" + name + "'", "it is not among those that are learned",
                        "give --first and --second behaviors of the project");
}

// Pearson over rows (a subject of a video each) of the times at both objects and their index.
void FillExploration(const std::vector<TestedFrame>& frames, const train::BehaviorData& data,
                     const AblationOptions& options, AblationRow* row) {
  if (options.first.empty() || options.second.empty()) return;
  const Place places[2] = {PlaceOf(options.first, data.heads), PlaceOf(options.second, data.heads)};
  struct Times {
    double truth[2] = {0, 0}, said[2] = {0, 0};
  };
  std::map<int, Times> by_row;
  for (const TestedFrame& frame : frames) {
    const double seconds = 1 / data.rows[static_cast<size_t>(frame.row)].fps;
    Times& times = by_row[frame.row];
    for (int k = 0; k < 2; ++k) {
      if (frame.truth[places[k].head] == places[k].label) times.truth[k] += seconds;
      if (frame.said[places[k].head] == places[k].label) times.said[k] += seconds;
    }
  }
  std::vector<double> truth[3], said[3];
  for (const auto& [index, times] : by_row) {
    for (int k = 0; k < 2; ++k) {
      truth[k].push_back(times.truth[k]);
      said[k].push_back(times.said[k]);
    }
    const double true_sum = times.truth[0] + times.truth[1];
    const double said_sum = times.said[0] + times.said[1];
    if (true_sum <= 0 || said_sum <= 0) continue;
    truth[2].push_back((times.truth[0] - times.truth[1]) / true_sum);
    said[2].push_back((times.said[0] - times.said[1]) / said_sum);
  }
  row->t1_r = datasets::PearsonR(truth[0], said[0]);
  row->t2_r = datasets::PearsonR(truth[1], said[1]);
  row->di_r = datasets::PearsonR(truth[2], said[2]);
}

}  // namespace

void FillFigures(const std::vector<TestedFrame>& frames, const train::BehaviorData& data,
                 const AblationOptions& options, AblationRow* row) {
  std::vector<Counts> counts = Empty(data.heads);
  for (const TestedFrame& frame : frames) Count(frame, counts);
  row->frames = static_cast<int64_t>(frames.size());
  row->accuracy.value = Accuracy(counts);
  row->macro_f1.value = MacroF1(counts);
  row->kappa.value = MeanKappa(counts);
  for (size_t h = 0; h < counts.size(); ++h) {
    for (size_t c = 1; c < counts[h].size(); ++c) {
      if (const auto f1 = F1Of(counts[h], c)) {
        row->f1.emplace_back(data.heads[h].behaviors[c - 1], *f1);
      }
    }
  }
  const double fps = data.rows.front().fps;
  const int64_t block =
      std::clamp<int64_t>(std::llround(options.block * fps), 1, std::max<int64_t>(1, row->frames));
  datasets::BootstrapOptions bootstrap;
  bootstrap.rounds = options.rounds;
  double (*const figures[])(const std::vector<Counts>&) = {Accuracy, MacroF1, MeanKappa};
  SureNumber* const numbers[] = {&row->accuracy, &row->macro_f1, &row->kappa};
  for (int k = 0; k < 3; ++k) {
    numbers[k]->interval = datasets::BlockBootstrap(
        row->frames, block,
        [&](const std::vector<int64_t>& drawn) {
          std::vector<Counts> again = Empty(data.heads);
          for (const int64_t at : drawn) Count(frames[static_cast<size_t>(at)], again);
          return figures[k](again);
        },
        bootstrap);
  }
  FillExploration(frames, data, options, row);
}

std::vector<uint8_t> MajorityOf(const train::BehaviorData& data,
                                const std::vector<train::BehaviorSpan>& spans) {
  std::vector<uint8_t> classes;
  for (const auto& head : train::CountClasses(data, spans)) {
    classes.push_back(
        static_cast<uint8_t>(std::max_element(head.begin(), head.end()) - head.begin()));
  }
  return classes;
}

ThresholdRule FitThreshold(const train::BehaviorData& data,
                           const std::vector<train::BehaviorSpan>& spans, int feature) {
  constexpr size_t kThresholds = 40;
  ThresholdRule rule;
  rule.feature = feature;
  for (size_t h = 0; h < data.heads.size(); ++h) {
    std::vector<std::pair<double, uint8_t>> values;
    for (const auto& span : spans) {
      const train::BehaviorRow& row = data.rows[static_cast<size_t>(span.row)];
      for (int f = span.start_frame; f < span.end_frame; ++f) {
        const size_t at = static_cast<size_t>(f - row.start_frame);
        if (row.labels[h][at] == kNotLabeled) continue;
        values.emplace_back(row.motion[at * train::kMotionFeatures + static_cast<size_t>(feature)],
                            row.labels[h][at]);
      }
    }
    std::sort(values.begin(), values.end());
    const size_t classes = static_cast<size_t>(data.heads[h].classes());
    ThresholdRule::Side best;
    double best_f1 = -1;
    for (size_t q = 1; q < kThresholds && !values.empty(); ++q) {
      const double threshold = values[q * values.size() / kThresholds].first;
      std::vector<int64_t> below(classes, 0), above(classes, 0);
      for (const auto& [value, label] : values) ++(value < threshold ? below : above)[label];
      for (size_t b = 0; b < classes; ++b) {
        for (size_t a = 0; a < classes; ++a) {
          Counts counts(classes, std::vector<int64_t>(classes, 0));
          for (size_t c = 0; c < classes; ++c) {
            counts[c][b] += below[c];
            counts[c][a] += above[c];
          }
          double f1 = 0;  // a rule that never says "none" would be a weak one to beat
          for (size_t c = 0; c < classes; ++c) f1 += F1Of(counts, c).value_or(0);
          if (f1 > best_f1) {
            best_f1 = f1;
            best = {threshold, static_cast<uint8_t>(b), static_cast<uint8_t>(a)};
          }
        }
      }
    }
    rule.heads.push_back(best);
  }
  return rule;
}

std::vector<uint8_t> Apply(const ThresholdRule& rule, const train::BehaviorRow& row, int frame) {
  const size_t at = static_cast<size_t>(frame - row.start_frame) * train::kMotionFeatures +
                    static_cast<size_t>(rule.feature);
  std::vector<uint8_t> classes;
  for (const auto& side : rule.heads) {
    classes.push_back(row.motion[at] < side.threshold ? side.below : side.above);
  }
  return classes;
}

std::vector<uint8_t> ClassesOf(const std::vector<float>& probabilities,
                               const std::vector<train::BehaviorHead>& heads) {
  std::vector<uint8_t> classes;
  size_t first = 0;
  for (const auto& head : heads) {
    double none = 1, most = 0;
    uint8_t best = 0;
    for (size_t b = 0; b < head.behaviors.size(); ++b) {
      const double p = probabilities[first + b];
      if (std::isnan(p)) continue;
      none -= p;
      if (p > most) {
        most = p;
        best = static_cast<uint8_t>(b + 1);
      }
    }
    classes.push_back(most > none ? best : 0);
    first += head.behaviors.size();
  }
  return classes;
}

}  // namespace infer
