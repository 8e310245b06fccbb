#include "infer/review/confidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "datasets/base/median.h"

namespace infer {
namespace {

constexpr double kPriorDeviation = 1.2;  // of a weight
constexpr double kPriorBiasDeviation = 2.5;

float Clip(double value) { return static_cast<float>(std::clamp(value, 0.0, 1.0)); }

double Logistic(double z) { return 1 / (1 + std::exp(-std::clamp(z, -40.0, 40.0))); }

struct AreaRange {
  double log_median = 0, spread = 0.2;
};

std::vector<AreaRange> AreasByClass(const TrackRecord& record,
                                    const std::vector<NamedTracklet>& names,
                                    const train::ModelInfo& info) {
  std::vector<AreaRange> ranges;
  for (size_t k = 0; k < record.classes(); ++k) {
    std::vector<double> logs;
    const size_t step = record.rows().size() / 20000 + 1;
    for (size_t r = 0; r < record.rows().size(); r += step) {
      const AnimalFrame& row = record.rows()[r];
      const int own = names[static_cast<size_t>(row.tracklet)].class_index;
      if (own == static_cast<int>(k) && !row.touching && row.area > 0) {
        logs.push_back(std::log(row.area));
      }
    }
    AreaRange range;
    const double labelled = k < info.class_median_area.size() && info.class_median_area[k] > 0
                                ? info.class_median_area[k]
                                : info.median_area;
    range.log_median = datasets::Median(logs);
    if (logs.size() < 20 && labelled > 0) range.log_median = std::log(labelled);
    for (double& value : logs) value = std::abs(value - range.log_median);
    if (logs.size() >= 20) range.spread = std::clamp(1.48 * datasets::Median(logs), 0.05, 0.4);
    ranges.push_back(range);
  }
  return ranges;
}

// For every row, how much the frames within +-`reach` of the same tracklet speak for another name.
void AddOtherName(const TrackRecord& record, const std::vector<NamedTracklet>& names, int reach,
                  std::vector<Signs>& signs) {
  const size_t classes = record.classes();
  if (classes < 2) return;
  std::vector<std::vector<size_t>> rows_of(names.size());
  for (size_t r = 0; r < record.rows().size(); ++r) {
    rows_of[static_cast<size_t>(record.rows()[r].tracklet)].push_back(r);
  }
  for (size_t t = 0; t < names.size(); ++t) {
    if (names[t].class_index < 0) continue;
    const size_t own = static_cast<size_t>(names[t].class_index);
    const auto& rows = rows_of[t];
    std::vector<double> sum(classes, 0);
    int count = 0;
    const auto add = [&](size_t r, int sign) {
      using Source = TrackRecord::Source;
      const auto source = record.HasOpinion(Source::kWindow, r) ? Source::kWindow
                          : record.HasOpinion(Source::kCrop, r) ? Source::kCrop
                                                                : Source::kPixels;
      if (!record.HasOpinion(source, r)) return;
      count += sign;
      for (size_t k = 0; k < classes; ++k) {
        sum[k] += sign * std::max(record.Opinion(source, r, k), -3.0);
      }
    };
    size_t begin = 0, end = 0;
    for (size_t r : rows) {
      const int frame = record.rows()[r].frame;
      while (end < rows.size() && record.rows()[rows[end]].frame <= frame + reach) {
        add(rows[end++], 1);
      }
      while (record.rows()[rows[begin]].frame < frame - reach) add(rows[begin++], -1);
      if (count == 0) continue;
      double other = -1e9;
      for (size_t k = 0; k < classes; ++k) {
        if (k != own) other = std::max(other, sum[k]);
      }
      signs[r][static_cast<size_t>(Sign::kOtherName)] = Clip((other - sum[own]) / count / 2);
    }
  }
}

// What a good outline of each class reaches here: the 90th percentile, which depends on fur, legs,
// bedding and light. 0: nothing is known.
std::vector<double> UsualAgreement(const TrackRecord& record,
                                   const std::vector<NamedTracklet>& names) {
  std::vector<std::vector<float>> values(record.classes());
  const size_t step = record.rows().size() / 20000 + 1;
  for (size_t r = 0; r < record.rows().size(); r += step) {
    const AnimalFrame& row = record.rows()[r];
    const int own = names[static_cast<size_t>(row.tracklet)].class_index;
    if (own >= 0 && row.picture_agreement >= 0) {
      values[static_cast<size_t>(own)].push_back(row.picture_agreement);
    }
  }
  std::vector<double> usual(record.classes(), 0);
  for (size_t k = 0; k < values.size(); ++k) {
    if (values[k].size() < 20) continue;
    const auto place = values[k].begin() + static_cast<ptrdiff_t>(0.9 * double(values[k].size()));
    std::nth_element(values[k].begin(), place, values[k].end());
    usual[k] = *place;
  }
  return usual;
}

}  // namespace

std::vector<Signs> SignsOf(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                           const std::vector<NamedTracklet>& names, const train::ModelInfo& info,
                           double fps) {
  std::vector<Signs> signs(record.rows().size(), Signs{});
  const std::vector<AreaRange> areas = AreasByClass(record, names, info);
  const std::vector<double> usual = UsualAgreement(record, names);
  const int animals = std::accumulate(info.max_instances.begin(), info.max_instances.end(), 0);
  const auto set = [&](size_t r, Sign sign, double value) {
    signs[r][static_cast<size_t>(sign)] = Clip(value);
  };
  // Rows of the same animal one frame before, over tracklets.
  std::vector<std::pair<int, size_t>> last(kMostAnimals, {-2, 0});  // by number: frame, row
  for (size_t begin = 0; begin < record.rows().size();) {
    const int frame = record.rows()[begin].frame;
    size_t end = begin;
    int here = 0;
    for (; end < record.rows().size() && record.rows()[end].frame == frame; ++end) {
      here += names[static_cast<size_t>(record.rows()[end].tracklet)].class_index >= 0;
    }
    for (size_t r = begin; r < end; ++r) {
      const AnimalFrame& row = record.rows()[r];
      const size_t t = static_cast<size_t>(row.tracklet);
      const NamedTracklet& name = names[t];
      if (name.class_index < 0) continue;
      set(r, Sign::kLowScore, 1 - row.score);
      set(r, Sign::kVagueBorder, 1 - row.certainty);
      set(r, Sign::kNameDoubt, record.classes() > 1 ? 2 * (1 - name.probability) : 0);
      set(r, Sign::kJoltBefore, row.previous_iou < 0 ? 0 : 1 - row.previous_iou);
      set(r, Sign::kJump, row.jump);
      set(r, Sign::kTouching, row.touching);
      set(r, Sign::kSplitDispute, 1 - row.split_agreement);
      set(r, Sign::kBorder, row.at_border);
      set(r, Sign::kFilled, row.filled);
      set(r, Sign::kMissing, animals > here ? 1 : 0);
      const double length = tracklets[t].end_frame - tracklets[t].start_frame;
      set(r, Sign::kBrief, std::exp(-length / (0.4 * fps)));
      const AreaRange& range = areas[static_cast<size_t>(name.class_index)];
      const double odd = std::abs(std::log(std::max(row.area, 1.f)) - range.log_median);
      set(r, Sign::kOddArea, (odd / range.spread - 2) / 6);
      const double good = usual[static_cast<size_t>(name.class_index)];
      if (good > 0.1 && row.picture_agreement >= 0) {
        set(r, Sign::kOffPicture, 0.4 * Clip((0.9 - row.picture_agreement / good) / 0.5));
      }
      auto& before = last[static_cast<size_t>(std::max(0, name.number))];
      if (before.first == frame - 1) {
        set(before.second, Sign::kJoltAfter, row.previous_iou < 0 ? 0 : 1 - row.previous_iou);
      }
      before = {frame, r};
    }
    begin = end;
  }
  AddOtherName(record, names, std::max(1, static_cast<int>(0.2 * fps)), signs);
  return signs;
}

double ConfidenceModel::Wrong(const Signs& signs) const {
  double z = bias;
  for (size_t s = 0; s < kSigns; ++s) z += weights[s] * signs[s];
  return Logistic(z);
}

const std::array<SignInfo, kSigns>& SignTable() {
  using datasets::ReviewReason;
  constexpr double kHint = 0.1, kContactHint = 0.3;
  static const std::array<SignInfo, kSigns> table = {{
      {Sign::kLowScore, ReviewReason::kLowScore, 3, kHint},
      {Sign::kVagueBorder, ReviewReason::kVagueOutline, 2, kHint},
      {Sign::kNameDoubt, ReviewReason::kLowIdentityMargin, 5, 1},
      {Sign::kOtherName, ReviewReason::kLooksLikeAnother, 3, 1},
      {Sign::kJoltBefore, ReviewReason::kMasksDisagree, 2, kHint},
      {Sign::kJoltAfter, ReviewReason::kMasksDisagree, 2, kHint},
      {Sign::kOddArea, ReviewReason::kOddArea, 3, kHint},
      {Sign::kJump, ReviewReason::kSuddenJump, 2, 1},
      {Sign::kTouching, ReviewReason::kTouching, 0.7, kContactHint},
      {Sign::kSplitDispute, ReviewReason::kTouching, 2.5, kContactHint},
      {Sign::kBrief, ReviewReason::kSeenBriefly, 1.2, 1},
      {Sign::kBorder, ReviewReason::kAtBorder, 0.5, 1},
      {Sign::kMissing, ReviewReason::kAnimalMissing, 1.5, 1},
      {Sign::kFilled, ReviewReason::kBridgedGap, 2.5, 1},
      {Sign::kOffPicture, ReviewReason::kOffPicture, 10, 1},
  }};
  return table;
}

ConfidenceModel PriorModel(bool judged_by_picture) {
  ConfidenceModel model;
  model.bias = -5.0;
  for (const SignInfo& info : SignTable()) {
    model.weights[static_cast<size_t>(info.sign)] =
        info.weight * (judged_by_picture ? info.hint : 1);
  }
  return model;
}

namespace {

constexpr size_t kParameters = kSigns + 1;

double Objective(const ConfidenceModel& model, const ConfidenceModel& prior,
                 const std::vector<Example>& examples) {
  double value = 0;
  for (const Example& example : examples) {
    const double p = std::clamp(model.Wrong(example.signs), 1e-12, 1 - 1e-12);
    value += example.weight * std::log(example.wrong ? p : 1 - p);
  }
  for (size_t s = 0; s < kSigns; ++s) {
    const double off = (model.weights[s] - prior.weights[s]) / kPriorDeviation;
    value -= 0.5 * off * off;
  }
  const double off = (model.bias - prior.bias) / kPriorBiasDeviation;
  return value - 0.5 * off * off;
}

}  // namespace

ConfidenceModel FitModel(const std::vector<Example>& examples, const ConfidenceModel& prior) {
  ConfidenceModel model = prior;
  double value = Objective(model, prior, examples);
  for (int round = 0; round < 40; ++round) {
    cv::Matx<double, kParameters, 1> gradient = cv::Matx<double, kParameters, 1>::zeros();
    cv::Matx<double, kParameters, kParameters> curvature =
        cv::Matx<double, kParameters, kParameters>::zeros();
    const double precision = 1 / (kPriorDeviation * kPriorDeviation);
    for (size_t s = 0; s < kSigns; ++s) {
      gradient(static_cast<int>(s)) = -precision * (model.weights[s] - prior.weights[s]);
      curvature(static_cast<int>(s), static_cast<int>(s)) = precision;
    }
    const double bias_precision = 1 / (kPriorBiasDeviation * kPriorBiasDeviation);
    gradient(kSigns) = -bias_precision * (model.bias - prior.bias);
    curvature(kSigns, kSigns) = bias_precision;
    for (const Example& example : examples) {
      const double p = model.Wrong(example.signs);
      cv::Matx<double, kParameters, 1> x;
      for (size_t s = 0; s < kSigns; ++s) x(static_cast<int>(s)) = example.signs[s];
      x(kSigns) = 1;
      gradient += example.weight * ((example.wrong ? 1 : 0) - p) * x;
      curvature += example.weight * p * (1 - p) * (x * x.t());
    }
    const cv::Matx<double, kParameters, 1> step = curvature.solve(gradient, cv::DECOMP_CHOLESKY);
    double length = 1;
    bool better = false;
    for (int halving = 0; halving < 12 && !better; ++halving, length /= 2) {
      ConfidenceModel next = model;
      for (size_t s = 0; s < kSigns; ++s) {
        // A sign of trouble never speaks for a frame.
        next.weights[s] = std::max(0.0, model.weights[s] + length * step(static_cast<int>(s)));
      }
      next.bias = model.bias + length * step(kSigns);
      const double next_value = Objective(next, prior, examples);
      if (next_value > value + 1e-9) {
        better = true;
        model = next;
        value = next_value;
      }
    }
    if (!better) break;
  }
  return model;
}

std::vector<double> CrossValidated(const std::vector<Example>& examples,
                                   const ConfidenceModel& prior, int folds) {
  std::vector<size_t> order(examples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return examples[a].frame < examples[b].frame; });
  std::vector<int> fold_of(examples.size(), 0);
  int fold = 0, last_frame = -1;
  for (size_t n = 0; n < order.size(); ++n) {
    const int wanted = static_cast<int>(n * static_cast<size_t>(folds) / order.size());
    if (examples[order[n]].frame != last_frame) fold = std::max(fold, wanted);
    last_frame = examples[order[n]].frame;
    fold_of[order[n]] = fold;
  }
  std::vector<double> probabilities(examples.size(), 0);
  for (int f = 0; f < folds; ++f) {
    std::vector<Example> others;
    for (size_t i = 0; i < examples.size(); ++i) {
      if (fold_of[i] != f) others.push_back(examples[i]);
    }
    if (others.size() == examples.size()) continue;
    const ConfidenceModel model = FitModel(others, prior);
    for (size_t i = 0; i < examples.size(); ++i) {
      if (fold_of[i] == f) probabilities[i] = model.Wrong(examples[i].signs);
    }
  }
  return probabilities;
}

double ExpectedCalibrationError(const std::vector<double>& probabilities,
                                const std::vector<Example>& examples, int bins) {
  if (examples.size() < 10) return -1;
  std::vector<size_t> order(examples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return probabilities[a] < probabilities[b]; });
  double all = 0;
  for (const Example& example : examples) all += example.weight;
  if (all <= 0) return -1;
  double error = 0, before = 0;
  size_t next = 0;
  for (int bin = 0; bin < bins; ++bin) {
    const double until = all * (bin + 1) / bins;
    double weight = 0, said = 0, wrong = 0;
    for (; next < order.size(); ++next) {
      const Example& example = examples[order[next]];
      if (before + weight + 0.5 * example.weight > until && bin + 1 < bins) break;
      weight += example.weight;
      said += example.weight * probabilities[order[next]];
      wrong += example.weight * example.wrong;
    }
    before += weight;
    error += std::abs(said - wrong) / all;
  }
  return error;
}

}  // namespace infer
