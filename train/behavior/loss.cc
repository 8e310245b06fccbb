// Losses, weights and figures that the behavior tasks share.
#include <algorithm>
#include <cmath>

#include "datasets/base/random.h"
#include "train/behavior/tasks.h"

namespace train {
namespace {

constexpr uint64_t kBackgroundStream = 21;

// Class of the head with the greatest shifted logit.
int BestClass(const std::vector<float>& logits, const std::vector<double>& shift, double strength,
              int first, int classes) {
  int best = 0;
  for (int c = 1; c < classes; ++c) {
    const auto at = [&](int k) {
      return logits[static_cast<size_t>(first + k)] -
             strength * shift[static_cast<size_t>(first + k)];
    };
    if (at(c) > at(best)) best = c;
  }
  return best;
}

double LogLikelihood(const std::vector<float>& logits, const std::vector<double>& shift,
                     double strength, double temperature, int first, int classes, int label) {
  double sum = 0, most = -1e30, own = 0;
  std::vector<double> values;
  for (int c = 0; c < classes; ++c) {
    const size_t at = static_cast<size_t>(first + c);
    values.push_back((logits[at] - strength * shift[at]) / temperature);
    most = std::max(most, values.back());
  }
  for (int c = 0; c < classes; ++c) {
    sum += std::exp(values[static_cast<size_t>(c)] - most);
    if (c == label) own = values[static_cast<size_t>(c)] - most;
  }
  return own - std::log(sum);
}

struct Figures {
  int64_t frames = 0, right = 0;
  double macro_f1 = 0, log_likelihood = 0;
  std::vector<std::pair<std::string, double>> each;
};

Figures Measure(const ScoredFrames& scored, const std::vector<BehaviorHead>& heads,
                const std::vector<double>& shift, double strength, double temperature) {
  Figures figures;
  double f1_sum = 0;
  int f1_count = 0, first = 0;
  for (size_t h = 0; h < heads.size(); ++h) {
    const int classes = heads[h].classes();
    std::vector<int64_t> tp(static_cast<size_t>(classes)), fp(tp), fn(tp);
    for (size_t i = 0; i < scored.logits.size(); ++i) {
      const uint8_t label = scored.labels[i][h];
      if (label == kNotLabeled) continue;
      const int best = BestClass(scored.logits[i], shift, strength, first, classes);
      ++figures.frames;
      figures.log_likelihood += std::max(-6.0, LogLikelihood(scored.logits[i], shift, strength,
                                                             temperature, first, classes, label));
      if (best == label) {
        ++figures.right;
        ++tp[static_cast<size_t>(best)];
      } else {
        ++fp[static_cast<size_t>(best)];
        ++fn[label];
      }
    }
    for (size_t c = 1; c < static_cast<size_t>(classes); ++c) {
      const int64_t either = 2 * tp[c] + fp[c] + fn[c];
      if (tp[c] + fn[c] == 0) continue;  // does not occur in what was held back
      const double f1 = 2.0 * static_cast<double>(tp[c]) / static_cast<double>(either);
      figures.each.emplace_back(heads[h].behaviors[c - 1], f1);
      f1_sum += f1;
      ++f1_count;
    }
    first += classes;
  }
  if (f1_count > 0) figures.macro_f1 = f1_sum / f1_count;
  if (figures.frames > 0) figures.log_likelihood /= static_cast<double>(figures.frames);
  return figures;
}

}  // namespace

torch::Tensor LossOf(const torch::Tensor& logits, const torch::Tensor& labels,
                     const std::vector<BehaviorHead>& heads, const BehaviorLoss& loss) {
  torch::Tensor sum = torch::zeros({}, logits.options());
  torch::Tensor count = torch::zeros({}, logits.options());
  int64_t first = 0;
  for (size_t h = 0; h < heads.size(); ++h) {
    const int64_t classes = heads[h].classes();
    const torch::Tensor label = labels.select(1, static_cast<int64_t>(h));
    const torch::Tensor known = label.ge(0).to(torch::kFloat32);
    const torch::Tensor target = label.clamp_min(0);
    const torch::Tensor log_prob = torch::log_softmax(logits.slice(1, first, first + classes), 1)
                                       .gather(1, target.unsqueeze(1))
                                       .squeeze(1);
    torch::Tensor each = -log_prob * loss.weights.slice(0, first, first + classes).index({target});
    if (loss.gamma > 0) each = each * (1 - log_prob.exp()).pow(loss.gamma) * loss.alpha;
    sum = sum + (each * known).sum();
    count = count + known.sum();
    first += classes;
  }
  return sum / count.clamp_min(1);
}

FrameDraw::FrameDraw(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                     double background_share, uint64_t seed, bool must_be_seen) {
  const auto counts = CountClasses(data, spans);
  int64_t most_common = 1, background = 0;
  for (const auto& head : counts) {
    for (size_t c = 1; c < head.size(); ++c) most_common = std::max(most_common, head[c]);
  }
  struct Seen {
    Example example;
    bool background = false;
  };
  std::vector<Seen> all;
  for (const BehaviorSpan& span : spans) {
    const BehaviorRow& row = data.rows[static_cast<size_t>(span.row)];
    for (int f = span.start_frame; f < span.end_frame; ++f) {
      const size_t at = static_cast<size_t>(f - row.start_frame);
      bool labeled = false, any = false;
      for (const auto& head : row.labels) {
        labeled = labeled || head[at] != kNotLabeled;
        any = any || (head[at] != kNotLabeled && head[at] > 0);
      }
      if (!labeled || (must_be_seen && !row.seen[at])) continue;
      all.push_back({{span.row, f}, !any});
      background += !any;
    }
  }
  const double keep =
      background == 0 ? 1
                      : std::clamp(std::max(background_share, static_cast<double>(most_common) /
                                                                  static_cast<double>(background)),
                                   0.0, 1.0);
  for (const Seen& one : all) {
    datasets::Random random({seed, kBackgroundStream, static_cast<uint64_t>(one.example.row),
                             static_cast<uint64_t>(one.example.frame)});
    if (!one.background || random.Chance(keep)) examples_.push_back(one.example);
  }
  const auto LabelOf = [&](const Example& example, size_t head) {
    const BehaviorRow& row = data.rows[static_cast<size_t>(example.row)];
    return row.labels[head][static_cast<size_t>(example.frame - row.start_frame)];
  };
  std::vector<std::vector<double>> kept;
  for (const BehaviorHead& head : data.heads) {
    kept.emplace_back(static_cast<size_t>(head.classes()), 0.0);
  }
  for (const Example& example : examples_) {
    for (size_t h = 0; h < kept.size(); ++h) {
      const uint8_t label = LabelOf(example, h);
      if (label != kNotLabeled) ++kept[h][label];
    }
  }
  std::vector<std::vector<double>> drawn = kept;
  for (auto& head : drawn) std::fill(head.begin(), head.end(), 0.0);
  double sum = 0;
  for (const Example& example : examples_) {
    double weight = 0;
    for (size_t h = 0; h < kept.size(); ++h) {
      const uint8_t label = LabelOf(example, h);
      if (label != kNotLabeled) weight = std::max(weight, 1 / std::sqrt(kept[h][label]));
    }
    sum += weight;
    until_.push_back(sum);
    for (size_t h = 0; h < kept.size(); ++h) {
      const uint8_t label = LabelOf(example, h);
      if (label != kNotLabeled) drawn[h][label] += weight;
    }
  }
  for (const auto& head : drawn) {
    double total = 0;
    for (const double share : head) total += share;
    for (const double share : head) drawn_.push_back(total > 0 ? share / total : 0);
  }
}

const FrameDraw::Example& FrameDraw::Draw(double uniform) const {
  const auto at = std::upper_bound(until_.begin(), until_.end(), uniform * until_.back());
  return examples_[std::min(static_cast<size_t>(at - until_.begin()), examples_.size() - 1)];
}

std::vector<double> ClassWeights(const std::string& kind, const std::vector<BehaviorHead>& heads,
                                 const std::vector<double>& shares) {
  std::vector<double> weights(shares.size(), 1);
  if (kind == "none") return weights;
  const double power = kind == "balanced" ? 1 : 0.5;
  size_t first = 0;
  for (const BehaviorHead& head : heads) {
    const size_t classes = static_cast<size_t>(head.classes());
    for (size_t c = first; c < first + classes; ++c) {
      if (shares[c] <= 0) continue;
      weights[c] =
          std::clamp(std::pow(1.0 / static_cast<double>(classes) / shares[c], power), 0.3, 4.0);
    }
    first += classes;
  }
  return weights;
}

std::vector<double> PriorShift(const std::vector<BehaviorHead>& heads,
                               const std::vector<double>& shown,
                               const std::vector<std::vector<int64_t>>& truth, double prior) {
  std::vector<double> shift;
  size_t first = 0;
  for (size_t h = 0; h < heads.size(); ++h) {
    const size_t classes = static_cast<size_t>(heads[h].classes());
    double shown_total = 0, true_total = 0;
    for (size_t c = 0; c < classes; ++c) {
      shown_total += shown[first + c];
      true_total += static_cast<double>(truth[h][c]);
    }
    for (size_t c = 0; c < classes; ++c) {
      const double was = shown[first + c], is = static_cast<double>(truth[h][c]);
      const bool known = was > 0 && is > 0;
      const double whole = known ? std::log(was / shown_total) - std::log(is / true_total) : 0;
      shift.push_back(prior * std::clamp(whole, -6.0, 6.0));
    }
    first += classes;
  }
  return shift;
}

Validation Judge(const ScoredFrames& scored, const std::vector<BehaviorHead>& heads,
                 const std::vector<double>& shift, double temperature) {
  const Figures figures = Measure(scored, heads, shift, 1, temperature);
  Validation validation;
  validation.figures = {{"frames", scored.logits.size()}, {"macro_f1", figures.macro_f1}};
  validation.figures["accuracy"] =
      figures.frames > 0 ? static_cast<double>(figures.right) / static_cast<double>(figures.frames)
                         : 0.0;
  for (const auto& [name, f1] : figures.each) validation.figures["f1_" + name] = f1;
  validation.score = figures.macro_f1 + 0.5 * (1 + figures.log_likelihood / 6);
  return validation;
}

void Calibrate(const ScoredFrames& scored, const std::vector<BehaviorHead>& heads,
               std::vector<double>* shift, double* temperature) {
  *temperature = 1;
  constexpr size_t kFewest = 50;
  if (scored.logits.size() < kFewest) return;
  double best_strength = 1, best_f1 = -1;
  for (const double strength : {1.0, 0.5, 0.0}) {  // the whole shift unless less is clearly better
    const double f1 = Measure(scored, heads, *shift, strength, 1).macro_f1;
    if (f1 > best_f1 + 0.005) {
      best_f1 = f1;
      best_strength = strength;
    }
  }
  for (double& value : *shift) value *= best_strength;
  double best_likelihood = -1e30;
  for (double candidate = 0.2; candidate <= 5; candidate *= 1.1) {
    const double likelihood = Measure(scored, heads, *shift, 1, candidate).log_likelihood;
    if (likelihood > best_likelihood) {
      best_likelihood = likelihood;
      *temperature = candidate;
    }
  }
}

}  // namespace train
