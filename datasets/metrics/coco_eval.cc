#include "datasets/metrics/coco_eval.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "datasets/base/error.h"

namespace datasets {
namespace {

constexpr int kThresholds = 10, kRecalls = 101, kMostDetections = 100;
constexpr int kAreas = 4;  // all, small, medium, large
constexpr double kAreaLow[kAreas] = {0, 0, 1024, 9216};
constexpr double kAreaHigh[kAreas] = {1e10, 1024, 9216, 1e10};
constexpr int kLimits[] = {1, 10, 100};

// numpy.linspace: start + i * step, the last value exactly `stop`.
double Linspace(double start, double stop, int count, int i) {
  return i + 1 == count ? stop : start + i * ((stop - start) / (count - 1));
}

double AreaOf(const EvalObject& object, Overlap overlap) {
  if (object.area >= 0) return object.area;
  return overlap == Overlap::kMask ? RleArea(object.mask) : object.box.width * object.box.height;
}

double OverlapOf(const EvalObject& detection, const EvalObject& truth, Overlap overlap) {
  if (overlap == Overlap::kMask) return RleIou(detection.mask, truth.mask, truth.crowd);
  const Box &a = detection.box, &b = truth.box;
  if (!truth.crowd) return BoxIou(a, b);
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return width > 0 && height > 0 ? width * height / (a.width * a.height) : 0;
}

// One image and category (all categories when class-agnostic).
struct Group {
  std::vector<const EvalObject*> truth, detections;  // detections best first, at most 100
  std::vector<double> truth_area, detection_area;
  cv::Mat_<double> overlap;  // [detections, truth]
};

// What becomes of the detections of one group in one area range.
struct Outcome {
  // Bit t: matched (or ignored) at threshold t.
  std::vector<uint16_t> matched, ignored;
};

Outcome MatchGroup(const Group& group, int area) {
  const size_t truths = group.truth.size(), detections = group.detections.size();
  const auto outside = [&](double value) {
    return value < kAreaLow[area] || value > kAreaHigh[area];
  };
  std::vector<size_t> order;
  std::vector<char> ignore(truths);
  for (size_t g = 0; g < truths; ++g)
    ignore[g] = group.truth[g]->crowd || outside(group.truth_area[g]);
  for (const char pass : {0, 1})
    for (size_t g = 0; g < truths; ++g)
      if (ignore[g] == pass) order.push_back(g);
  Outcome outcome{std::vector<uint16_t>(detections, 0), std::vector<uint16_t>(detections, 0)};
  std::vector<char> taken(truths);
  for (int t = 0; t < kThresholds; ++t) {
    std::fill(taken.begin(), taken.end(), 0);
    const double threshold = std::min(Linspace(.5, .95, kThresholds, t), 1 - 1e-10);
    for (size_t d = 0; d < detections; ++d) {
      double best = threshold;
      size_t match = truths;
      for (const size_t g : order) {
        if (taken[g] && !group.truth[g]->crowd) continue;
        if (match < truths && !ignore[match] && ignore[g]) break;
        if (group.overlap(static_cast<int>(d), static_cast<int>(g)) < best) continue;
        best = group.overlap(static_cast<int>(d), static_cast<int>(g));
        match = g;
      }
      const uint16_t bit = static_cast<uint16_t>(1u << t);
      if (match == truths) {
        if (outside(group.detection_area[d])) outcome.ignored[d] |= bit;
        continue;
      }
      taken[match] = 1;
      outcome.matched[d] |= bit;
      if (ignore[match]) outcome.ignored[d] |= bit;
    }
  }
  return outcome;
}

struct Curve {
  bool defined = false;
  std::array<double, kThresholds> recall{}, precision{};  // precision: mean over 101 recalls
};

struct Ranked {
  double score;
  uint16_t matched, ignored;
};

Curve Accumulate(std::vector<Ranked> ranked, int64_t owed) {
  Curve curve;
  if (owed == 0) return curve;
  curve.defined = true;
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
  std::vector<double> recall(ranked.size()), precision(ranked.size());
  for (int t = 0; t < kThresholds; ++t) {
    double tp = 0, fp = 0;
    for (size_t i = 0; i < ranked.size(); ++i) {
      const bool matched = ranked[i].matched >> t & 1, ignored = ranked[i].ignored >> t & 1;
      tp += matched && !ignored;
      fp += !matched && !ignored;
      recall[i] = tp / static_cast<double>(owed);
      precision[i] = tp / (fp + tp + std::numeric_limits<double>::epsilon());
    }
    curve.recall[t] = ranked.empty() ? 0 : recall.back();
    for (size_t i = ranked.size(); i-- > 1;)
      precision[i - 1] = std::max(precision[i - 1], precision[i]);
    double sum = 0;
    size_t at = 0;
    for (int r = 0; r < kRecalls; ++r) {
      const double level = Linspace(0, 1, kRecalls, r);
      while (at < recall.size() && recall[at] < level) ++at;
      if (at < recall.size()) sum += precision[at];
    }
    curve.precision[t] = sum / kRecalls;
  }
  return curve;
}

// All groups of one category, in order of the image number.
class CategoryEvaluation {
 public:
  explicit CategoryEvaluation(std::vector<Group> groups) : groups_(std::move(groups)) {
    for (const auto& group : groups_)
      for (int area = 0; area < kAreas; ++area) outcomes_[area].push_back(MatchGroup(group, area));
  }

  Curve CurveOf(int area, int limit) const {
    std::vector<Ranked> ranked;
    int64_t owed = 0;
    for (size_t i = 0; i < groups_.size(); ++i) {
      const Group& group = groups_[i];
      for (size_t g = 0; g < group.truth.size(); ++g)
        owed += !group.truth[g]->crowd && group.truth_area[g] >= kAreaLow[area] &&
                group.truth_area[g] <= kAreaHigh[area];
      const Outcome& outcome = outcomes_[area][i];
      for (size_t d = 0; d < group.detections.size() && d < static_cast<size_t>(limit); ++d)
        ranked.push_back({group.detections[d]->score, outcome.matched[d], outcome.ignored[d]});
    }
    return Accumulate(std::move(ranked), owed);
  }

 private:
  std::vector<Group> groups_;
  std::array<std::vector<Outcome>, kAreas> outcomes_;
};

void Complete(Group& group, Overlap overlap) {
  std::stable_sort(group.detections.begin(), group.detections.end(),
                   [](const EvalObject* a, const EvalObject* b) { return a->score > b->score; });
  if (group.detections.size() > kMostDetections) group.detections.resize(kMostDetections);
  for (const auto* truth : group.truth) group.truth_area.push_back(AreaOf(*truth, overlap));
  for (const auto* found : group.detections)
    group.detection_area.push_back(AreaOf(*found, overlap));
  group.overlap.create(static_cast<int>(group.detections.size()),
                       static_cast<int>(group.truth.size()));
  for (int d = 0; d < group.overlap.rows; ++d)
    for (int g = 0; g < group.overlap.cols; ++g)
      group.overlap(d, g) = OverlapOf(*group.detections[d], *group.truth[g], overlap);
}

// A mean over categories that skips those without truth.
class Mean {
 public:
  void Add(double value) { sum_ += value, ++count_; }
  double value() const { return count_ == 0 ? -1 : sum_ / count_; }

 private:
  double sum_ = 0;
  int count_ = 0;
};

double MeanOf(const std::array<double, kThresholds>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / kThresholds;
}

}  // namespace

CocoFigures EvaluateCoco(const std::vector<EvalObject>& truth,
                         const std::vector<EvalObject>& predicted, const CocoOptions& options) {
  for (const auto& object : predicted)
    if (std::isnan(object.score))
      throw Error("prediction on image " + std::to_string(object.image_id),
                  "its score is not a number", "give every prediction a score from 0 to 1");
  // Within a group COCOeval orders by category, then by the order of the file.
  const auto sorted = [](const std::vector<EvalObject>& objects) {
    std::vector<const EvalObject*> order;
    order.reserve(objects.size());
    for (const auto& object : objects) order.push_back(&object);
    std::stable_sort(order.begin(), order.end(), [](const EvalObject* a, const EvalObject* b) {
      return std::tie(a->image_id, a->category) < std::tie(b->image_id, b->category);
    });
    return order;
  };
  std::map<int, std::map<int64_t, Group>> groups;
  const auto group_of = [&](const EvalObject& object) -> Group& {
    return groups[options.class_agnostic ? -1 : object.category][object.image_id];
  };
  for (const auto* object : sorted(truth)) group_of(*object).truth.push_back(object);
  for (const auto* object : sorted(predicted)) group_of(*object).detections.push_back(object);

  Mean ap, ap50, ap75, ap_of_area[kAreas], ar_of_area[kAreas], ar_of_limit[3];
  CocoFigures figures;
  for (auto& [category, images] : groups) {
    std::vector<Group> in_order;
    for (auto& [image, group] : images) {
      Complete(group, options.overlap);
      in_order.push_back(std::move(group));
    }
    const CategoryEvaluation evaluation(std::move(in_order));
    const Curve all = evaluation.CurveOf(0, kMostDetections);
    figures.ap_of_category[category] = all.defined ? MeanOf(all.precision) : -1;
    if (!all.defined) continue;
    ap.Add(MeanOf(all.precision));
    ap50.Add(all.precision[0]);
    ap75.Add(all.precision[5]);
    for (int i = 0; i < 3; ++i)
      ar_of_limit[i].Add(MeanOf(evaluation.CurveOf(0, kLimits[i]).recall));
    for (int area = 1; area < kAreas; ++area) {
      const Curve curve = evaluation.CurveOf(area, kMostDetections);
      if (!curve.defined) continue;
      ap_of_area[area].Add(MeanOf(curve.precision));
      ar_of_area[area].Add(MeanOf(curve.recall));
    }
  }
  figures.ap = ap.value();
  figures.ap50 = ap50.value();
  figures.ap75 = ap75.value();
  figures.ap_small = ap_of_area[1].value();
  figures.ap_medium = ap_of_area[2].value();
  figures.ap_large = ap_of_area[3].value();
  figures.ar1 = ar_of_limit[0].value();
  figures.ar10 = ar_of_limit[1].value();
  figures.ar100 = ar_of_limit[2].value();
  figures.ar_small = ar_of_area[1].value();
  figures.ar_medium = ar_of_area[2].value();
  figures.ar_large = ar_of_area[3].value();
  return figures;
}

}  // namespace datasets
