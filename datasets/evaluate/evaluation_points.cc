#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "datasets/base/assignment.h"
#include "datasets/base/error.h"
#include "datasets/evaluate/evaluation_parts.h"
#include "datasets/keypoints/sides.h"
#include "datasets/metrics/points.h"

namespace datasets {

namespace {

using nlohmann::json;

constexpr double kLeastSimilarity = 1e-6;  // nearer to nothing than that is another animal

bool AnyPoint(const PointsAnimal& animal) {
  return std::any_of(animal.points.begin(), animal.points.end(),
                     [](const KeyPoint& point) { return point.visibility > 0; });
}

// The objects of a set as animals with a point for each name of the truth.
class Animals {
 public:
  explicit Animals(const EvaluationSet& set) : set_(set) {
    for (const EvalObject& object : set.truth) {
      for (const KeyPoint& point : object.key_points) {
        if (places_.emplace(point.name, names_.size()).second) names_.push_back(point.name);
      }
    }
    for (const EvalObject& object : set.truth) truth_.push_back(Of(object));
    for (const EvalObject& object : set.predicted) found_.push_back(Of(object));
  }
  const std::vector<std::string>& names() const { return names_; }
  const PointsAnimal& truth(size_t i) const { return truth_[i]; }
  const PointsAnimal& found(size_t i) const { return found_[i]; }
  const std::map<std::string, int64_t>& unknown() const { return unknown_; }

  // How far one can be the other.
  double Alike(size_t truth, size_t found, const std::vector<double>& sigmas) const {
    double alike = 1e-3 * BoxIou(set_.truth[truth].box, set_.predicted[found].box);
    if (AnyPoint(truth_[truth])) {
      alike = std::max(alike, ObjectKeypointSimilarity(truth_[truth], found_[found], sigmas));
    }
    return alike < kLeastSimilarity ? 0 : alike;
  }

 private:
  PointsAnimal Of(const EvalObject& object) {
    PointsAnimal animal;
    animal.points.resize(names_.size());
    animal.area = std::max(0.0, object.area);
    animal.kind = object.category;
    for (const KeyPoint& point : object.key_points) {
      const auto place = places_.find(point.name);
      if (place == places_.end()) {
        unknown_[point.name] += point.visibility > 0 ? 1 : 0;
      } else {
        animal.points[place->second] = point;
      }
    }
    return animal;
  }

  const EvaluationSet& set_;
  std::vector<std::string> names_;
  std::map<std::string, size_t> places_;
  std::map<std::string, int64_t> unknown_;  // predicted points that the truth does not have
  std::vector<PointsAnimal> truth_, found_;
};

using Partners = std::vector<int>;  // [truth] into predicted, or -1

struct OfFrame {
  std::vector<size_t> truth, found;
};

std::map<int, OfFrame> ByFrame(const EvaluationSet& set) {
  std::map<int, OfFrame> frames;
  for (size_t i = 0; i < set.truth.size(); ++i) {
    if (!set.truth[i].crowd) frames[set.truth[i].frame].truth.push_back(i);
  }
  for (size_t i = 0; i < set.predicted.size(); ++i) {
    frames[set.predicted[i].frame].found.push_back(i);
  }
  return frames;
}

// Who goes with whom among `both`, each with one at most, at the greatest sum of values.
template <class Value>
void Pair(const OfFrame& both, const Value& value_of, Partners* partners) {
  if (both.truth.empty() || both.found.empty()) return;
  std::vector<std::vector<double>> value;
  for (const size_t i : both.truth) {
    value.emplace_back();
    for (const size_t j : both.found) value.back().push_back(value_of(i, j));
  }
  const std::vector<int> columns = BestAssignment(value);
  for (size_t row = 0; row < columns.size(); ++row) {
    if (columns[row] < 0) continue;
    (*partners)[both.truth[row]] = static_cast<int>(both.found[static_cast<size_t>(columns[row])]);
  }
}

// A name goes with itself, however far away; two of one name by where they are.
Partners ByName(const EvaluationSet& set, const Animals& animals,
                const std::vector<double>& sigmas) {
  Partners partners(set.truth.size(), -1);
  for (const auto& [frame, both] : ByFrame(set)) {
    std::map<int, OfFrame> of_category;
    for (const size_t i : both.truth) of_category[set.truth[i].category].truth.push_back(i);
    for (const size_t j : both.found) of_category[set.predicted[j].category].found.push_back(j);
    for (const auto& [category, same] : of_category) {
      Pair(
          same, [&](size_t i, size_t j) { return kLeastSimilarity + animals.Alike(i, j, sigmas); },
          &partners);
    }
  }
  return partners;
}

Partners FrameByFrame(const EvaluationSet& set, const Animals& animals,
                      const std::vector<double>& sigmas) {
  Partners partners(set.truth.size(), -1);
  for (const auto& [frame, both] : ByFrame(set)) {
    Pair(
        both, [&](size_t i, size_t j) { return animals.Alike(i, j, sigmas); }, &partners);
  }
  return partners;
}

// Each animal of the truth is one track of its video, the same in all frames.
Partners OnceForAll(const EvaluationSet& set, const Animals& animals,
                    const std::vector<double>& sigmas) {
  using Key = std::pair<int64_t, int64_t>;  // video; track, or category
  const auto key = [&](const EvalObject& object) {
    return Key(set.video_of_frame.at(static_cast<size_t>(object.frame)),
               object.track >= 0 ? object.track : int64_t{object.category});
  };
  std::map<Key, size_t> owed, given;
  for (const EvalObject& object : set.truth) owed.emplace(key(object), owed.size());
  for (const EvalObject& object : set.predicted) given.emplace(key(object), given.size());
  Partners partners(set.truth.size(), -1);
  if (given.empty()) return partners;
  std::vector<std::vector<double>> value(owed.size(), std::vector<double>(given.size()));
  const auto frames = ByFrame(set);
  for (const auto& [frame, both] : frames) {
    for (const size_t i : both.truth) {
      for (const size_t j : both.found) {
        value[owed[key(set.truth[i])]][given[key(set.predicted[j])]] += animals.Alike(i, j, sigmas);
      }
    }
  }
  const std::vector<int> columns = BestAssignment(value);
  for (const auto& [frame, both] : frames) {
    for (const size_t i : both.truth) {
      for (const size_t j : both.found) {
        const int column = columns[owed[key(set.truth[i])]];
        if (column == static_cast<int>(given[key(set.predicted[j])])) {
          partners[i] = static_cast<int>(j);
        }
      }
    }
  }
  return partners;
}

std::vector<PointsPair> PairsOf(const EvaluationSet& set, const Animals& animals,
                                const Partners& partners, int64_t* silent) {
  std::vector<PointsPair> pairs;
  std::vector<bool> taken(set.predicted.size(), false);
  std::vector<bool> whole(static_cast<size_t>(set.frames), true);  // every animal has its points
  for (size_t i = 0; i < set.truth.size(); ++i) {
    const int partner = partners[i];
    if (partner >= 0) taken[static_cast<size_t>(partner)] = true;
    if (!AnyPoint(animals.truth(i))) {
      *silent += set.truth[i].crowd ? 0 : 1;
      whole.at(static_cast<size_t>(set.truth[i].frame)) = false;
      continue;
    }
    if (set.truth[i].crowd) continue;
    PointsPair pair;
    pair.truth = &animals.truth(i);
    if (partner >= 0 && AnyPoint(animals.found(static_cast<size_t>(partner)))) {
      pair.found = &animals.found(static_cast<size_t>(partner));
    }
    pairs.push_back(pair);
  }
  for (size_t j = 0; j < taken.size(); ++j) {
    const bool counts = !taken[j] && whole.at(static_cast<size_t>(set.predicted[j].frame));
    if (counts && AnyPoint(animals.found(j))) pairs.push_back({nullptr, &animals.found(j)});
  }
  return pairs;
}

json FiguresJson(const PointFigures& figures, bool hidden) {
  const auto number = [](double value, int64_t of) { return of > 0 ? json(value) : json(); };
  json result = {{"points", figures.labeled},
                 {"compared", figures.compared},
                 {"missed", figures.missed},
                 {"spurious", figures.spurious},
                 {"rmse_px", number(figures.rmse, figures.compared)},
                 {"median_px", number(figures.median, figures.compared)},
                 {"mean_px", number(figures.mean, figures.compared)},
                 {"error_body", number(figures.mean_share, figures.compared_by_body)},
                 {"pck5", number(figures.within_radius, figures.labeled)},
                 {"pck_body", number(figures.within_share, figures.labeled_by_body)},
                 {"exchanged", figures.exchanged},
                 {"exchange_pairs", figures.sided}};
  if (hidden) {
    result["hidden"] = figures.hidden;
    result["hidden_precision"] = number(figures.hidden_precision, figures.hidden);
    result["hidden_recall"] = number(figures.hidden_recall, figures.hidden);
    result["hidden_f1"] = number(figures.hidden_f1, figures.hidden);
  }
  return result;
}

bool SaysHidden(const std::vector<EvalObject>& objects) {
  return std::any_of(objects.begin(), objects.end(), [](const EvalObject& object) {
    return std::any_of(object.key_points.begin(), object.key_points.end(),
                       [](const KeyPoint& point) { return point.visibility == 1; });
  });
}

// `partners`: as the project knows them; else told by the names, which is said.
std::vector<int> MirrorOf(const std::vector<std::string>& names,
                          std::vector<std::pair<std::string, std::string>> partners,
                          std::vector<std::string>* warnings) {
  std::vector<int> mirror;
  for (size_t k = 0; k < names.size(); ++k) mirror.push_back(static_cast<int>(k));
  const auto place = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) - names.begin();
  };
  const auto count = static_cast<std::ptrdiff_t>(names.size());
  partners.erase(std::remove_if(partners.begin(), partners.end(),
                                [&](const auto& pair) {
                                  return place(pair.first) == count || place(pair.second) == count;
                                }),
                 partners.end());
  if (partners.empty()) {
    partners = PartnersByName(names);
    if (!partners.empty()) {
      warnings->push_back("taken to be each other's mirror image by their names: " +
                          PairsText(partners));
    }
  }
  for (const auto& [one, other] : partners) {
    mirror[static_cast<size_t>(place(one))] = static_cast<int>(place(other));
    mirror[static_cast<size_t>(place(other))] = static_cast<int>(place(one));
  }
  return mirror;
}

}  // namespace

json PointFiguresOf(const EvaluationSet& given,
                    const std::vector<std::pair<std::string, std::string>>& partners,
                    const EvaluationOptions& options) {
  CheckMatch(options);
  EvaluationSet set = given;
  set.predicted.erase(
      std::remove_if(set.predicted.begin(), set.predicted.end(),
                     [&](const EvalObject& object) { return object.score < options.min_score; }),
      set.predicted.end());
  const Animals animals(set);
  std::vector<std::string> warnings = set.warnings;
  PointsMeasure measure;
  measure.names = animals.names();
  measure.mirror = MirrorOf(measure.names, partners, &warnings);
  measure.share = options.body_share;
  measure.sigmas = options.sigma > 0 ? std::vector<double>(measure.names.size(), options.sigma)
                                     : SigmasFor(measure.names);
  const bool names = options.match == "names" || (options.match == "auto" && HaveNames(set));
  const bool once = options.match == "once";
  const Partners who = names  ? ByName(set, animals, measure.sigmas)
                       : once ? OnceForAll(set, animals, measure.sigmas)
                              : FrameByFrame(set, animals, measure.sigmas);
  int64_t silent = 0;
  const std::vector<PointsPair> pairs = PairsOf(set, animals, who, &silent);
  const PointsFigures figures = EvaluatePoints(pairs, measure);
  if (figures.all.labeled == 0) {
    throw Error("the truth", "no animal of it has key points on the frames that are compared",
                "give truth with key points");
  }
  const bool hidden = figures.all.hidden > 0 && SaysHidden(set.predicted);
  json result = FiguresJson(figures.all, hidden);
  result["frames"] = set.frames;
  result["animals"] = figures.animals;
  result["missed_animals"] = figures.missed_animals;
  result["extra_animals"] = figures.extra_animals;
  result["oks"] = figures.oks;
  const auto [low, high] = std::minmax_element(measure.sigmas.begin(), measure.sigmas.end());
  result["oks_sigma"] = *low == *high ? json(*low) : json("COCO's, of people");
  result["body_length_px"] = figures.body_length > 0 ? json(figures.body_length) : json();
  result["body_share"] = options.body_share;
  result["match"] = names ? "names" : once ? "once" : "frames";
  result["per_point"] = json::array();
  for (size_t k = 0; k < measure.names.size(); ++k) {
    json one = FiguresJson(figures.of_point[k], hidden);
    one["name"] = measure.names[k];
    result["per_point"].push_back(std::move(one));
  }
  if (figures.all.hidden > 0 && !hidden) {
    warnings.push_back(std::to_string(figures.all.hidden) +
                       " points of the truth are hidden, and the predictions do not say which are: "
                       "no hidden_f1");
  }
  if (silent > 0) {
    warnings.push_back(std::to_string(silent) +
                       " animals of the truth have no key points and were left out");
  }
  for (const auto& [name, count] : animals.unknown()) {
    if (count == 0) continue;
    warnings.push_back(std::to_string(count) + " predicted points '" + name +
                       "' were left out: the truth has no such point");
  }
  if (!warnings.empty()) result["warnings"] = warnings;
  return result;
}

}  // namespace datasets
