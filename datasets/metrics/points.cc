#include "datasets/metrics/points.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace datasets {
namespace {

bool Is(const KeyPoint& point) { return point.visibility > 0; }

double Distance(const KeyPoint& a, const KeyPoint& b) { return std::hypot(a.x - b.x, a.y - b.y); }

// Of an even number the mean of the two in the middle.
double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double LengthOf(const PointsAnimal& animal) {
  double length = 0;
  for (const KeyPoint& a : animal.points) {
    for (const KeyPoint& b : animal.points) {
      if (Is(a) && Is(b)) length = std::max(length, Distance(a, b));
    }
  }
  return length;
}

double BoxArea(const PointsAnimal& animal) {
  double left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
  for (const KeyPoint& point : animal.points) {
    if (!Is(point)) continue;
    left = std::min(left, point.x);
    right = std::max(right, point.x);
    top = std::min(top, point.y);
    bottom = std::max(bottom, point.y);
  }
  return right > left && bottom > top ? (right - left) * (bottom - top) : 0;
}

// What is known of one point, or of all, while pairs go by.
class Tally {
 public:
  void Add(const KeyPoint& truth, const KeyPoint& found, double body,
           const PointsMeasure& measure) {
    const bool hidden = truth.visibility == 1, said_hidden = found.visibility == 1;
    figures_.hidden += hidden ? 1 : 0;
    both_hidden_ += hidden && said_hidden ? 1 : 0;
    if (!Is(truth)) {
      figures_.spurious += Is(found) ? 1 : 0;
      return;
    }
    ++figures_.labeled;
    figures_.labeled_by_body += body > 0 ? 1 : 0;
    said_hidden_ += said_hidden ? 1 : 0;
    if (!Is(found)) return;
    ++figures_.compared;
    const double error = Distance(truth, found);
    errors_.push_back(error);
    squares_ += error * error;
    within_radius_ += error <= measure.radius ? 1 : 0;
    if (body <= 0) return;
    shares_ += error / body;
    ++figures_.compared_by_body;
    within_share_ += error <= measure.share * body ? 1 : 0;
  }
  void AddPair(bool exchanged) {
    ++figures_.sided;
    figures_.exchanged += exchanged ? 1 : 0;
  }

  PointFigures Figures() const {
    PointFigures figures = figures_;
    figures.missed = figures.labeled - figures.compared;
    const auto labeled = static_cast<double>(std::max<int64_t>(1, figures.labeled));
    const auto compared = static_cast<double>(std::max<int64_t>(1, figures.compared));
    double sum = 0;
    for (const double error : errors_) sum += error;
    figures.mean = sum / compared;
    figures.rmse = std::sqrt(squares_ / compared);
    figures.median = Median(errors_);
    const auto at_least_one = [](int64_t count) {
      return static_cast<double>(std::max<int64_t>(1, count));
    };
    figures.mean_share = shares_ / at_least_one(figures.compared_by_body);
    figures.within_radius = static_cast<double>(within_radius_) / labeled;
    figures.within_share =
        static_cast<double>(within_share_) / at_least_one(figures.labeled_by_body);
    const auto share_of_both = [&](double of) {
      return of > 0 ? static_cast<double>(both_hidden_) / of : 0.0;
    };
    const auto hidden = static_cast<double>(figures.hidden);
    const auto said_hidden = static_cast<double>(said_hidden_);
    figures.hidden_precision = share_of_both(said_hidden);
    figures.hidden_recall = share_of_both(hidden);
    figures.hidden_f1 = share_of_both((hidden + said_hidden) / 2);
    return figures;
  }

 private:
  PointFigures figures_;
  std::vector<double> errors_;
  double squares_ = 0, shares_ = 0;
  int64_t within_radius_ = 0, within_share_ = 0, both_hidden_ = 0, said_hidden_ = 0;
};

bool Exchanged(const KeyPoint& truth, const KeyPoint& other_truth, const KeyPoint& found,
               const KeyPoint& other_found) {
  return Distance(found, other_truth) + Distance(other_found, truth) <
         Distance(found, truth) + Distance(other_found, other_truth);
}

}  // namespace

std::vector<double> SigmasFor(const std::vector<std::string>& names) {
  // pycocotools, Params.setKpParams.
  static const std::vector<std::pair<std::string, double>> kPeople = {
      {"nose", .026},           {"left_eye", .025},    {"right_eye", .025},
      {"left_ear", .035},       {"right_ear", .035},   {"left_shoulder", .079},
      {"right_shoulder", .079}, {"left_elbow", .072},  {"right_elbow", .072},
      {"left_wrist", .062},     {"right_wrist", .062}, {"left_hip", .107},
      {"right_hip", .107},      {"left_knee", .087},   {"right_knee", .087},
      {"left_ankle", .089},     {"right_ankle", .089}};
  constexpr double kAnimals = 0.1;
  std::vector<double> sigmas;
  if (names.size() == kPeople.size()) {
    for (size_t i = 0; i < names.size() && names[i] == kPeople[i].first; ++i) {
      sigmas.push_back(kPeople[i].second);
    }
  }
  if (sigmas.size() != names.size()) sigmas.assign(names.size(), kAnimals);
  return sigmas;
}

double ObjectKeypointSimilarity(const PointsAnimal& truth, const PointsAnimal& found,
                                const std::vector<double>& sigmas) {
  const double area = truth.area > 0 ? truth.area : std::max(1.0, BoxArea(truth));
  double sum = 0;
  int count = 0;
  for (size_t k = 0; k < truth.points.size(); ++k) {
    if (!Is(truth.points[k])) continue;
    ++count;
    if (k >= found.points.size() || !Is(found.points[k])) continue;
    const double distance = Distance(truth.points[k], found.points[k]), twice = 2 * sigmas[k];
    sum += std::exp(-distance * distance / (2 * area * twice * twice));
  }
  return count > 0 ? sum / count : 0;
}

std::vector<double> BodyLengths(const std::vector<PointsPair>& pairs) {
  std::map<int, std::vector<double>> of_kind;
  std::vector<double> all;
  int kinds = 0;
  for (const PointsPair& pair : pairs) {
    if (!pair.truth) continue;
    kinds = std::max(kinds, pair.truth->kind + 1);
    const double length = LengthOf(*pair.truth);
    if (length <= 0) continue;
    of_kind[pair.truth->kind].push_back(length);
    all.push_back(length);
  }
  std::vector<double> lengths(static_cast<size_t>(kinds), Median(all));
  for (const auto& [kind, values] : of_kind) lengths[static_cast<size_t>(kind)] = Median(values);
  return lengths;
}

PointsFigures EvaluatePoints(const std::vector<PointsPair>& pairs, const PointsMeasure& measure) {
  const std::vector<double> sigmas =
      measure.sigmas.empty() ? SigmasFor(measure.names) : measure.sigmas;
  const std::vector<double> lengths = BodyLengths(pairs);
  const PointsAnimal nothing{std::vector<KeyPoint>(measure.names.size()), 0, 0};
  PointsFigures figures;
  Tally all;
  std::vector<Tally> of_point(measure.names.size());
  std::vector<double> body_lengths;
  double similarity = 0;
  for (const PointsPair& pair : pairs) {
    const PointsAnimal& truth = pair.truth ? *pair.truth : nothing;
    const PointsAnimal& found = pair.found ? *pair.found : nothing;
    const double body = pair.truth ? lengths[static_cast<size_t>(truth.kind)] : 0;
    figures.extra_animals += pair.truth ? 0 : 1;
    figures.missed_animals += pair.found ? 0 : 1;
    if (std::any_of(truth.points.begin(), truth.points.end(), Is)) {
      ++figures.animals;
      similarity += ObjectKeypointSimilarity(truth, found, sigmas);
      if (const double length = LengthOf(truth); length > 0) body_lengths.push_back(length);
    }
    for (size_t k = 0; k < measure.names.size(); ++k) {
      all.Add(truth.points[k], found.points[k], body, measure);
      of_point[k].Add(truth.points[k], found.points[k], body, measure);
      const auto other = static_cast<size_t>(measure.mirror[k]);
      if (other <= k || !Is(truth.points[k]) || !Is(truth.points[other]) || !Is(found.points[k]) ||
          !Is(found.points[other])) {
        continue;
      }
      const bool exchanged =
          Exchanged(truth.points[k], truth.points[other], found.points[k], found.points[other]);
      for (Tally* tally : {&all, &of_point[k], &of_point[other]}) tally->AddPair(exchanged);
    }
  }
  figures.all = all.Figures();
  for (const Tally& tally : of_point) figures.of_point.push_back(tally.Figures());
  figures.oks = figures.animals > 0 ? similarity / static_cast<double>(figures.animals) : 0;
  figures.body_length = Median(body_lengths);
  return figures;
}

}  // namespace datasets
