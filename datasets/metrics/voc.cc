#include "datasets/metrics/voc.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"

namespace datasets {
namespace {

enum class Verdict { kFirst, kRepeated, kFalse };

// What the ranked detections of one category turn out to be, and how many objects are owed.
struct Ranking {
  std::vector<Verdict> verdicts;
  int64_t owed = 0;
};

double ElevenPoints(const Ranking& ranking, bool repeated_is_false) {
  std::vector<double> precision, recall;
  int64_t tp = 0, fp = 0;
  for (const Verdict verdict : ranking.verdicts) {
    tp += verdict == Verdict::kFirst;
    fp += verdict == Verdict::kFalse || (repeated_is_false && verdict == Verdict::kRepeated);
    if (tp + fp == 0) continue;
    precision.push_back(static_cast<double>(tp) / static_cast<double>(tp + fp));
    recall.push_back(static_cast<double>(tp) / static_cast<double>(ranking.owed));
  }
  double sum = 0;
  for (int point = 0; point <= 10; ++point) {
    double best = 0;
    for (size_t i = precision.size(); i-- > 0 && recall[i] >= point / 10.0;)
      best = std::max(best, precision[i]);
    sum += best;
  }
  return sum / 11;
}

}  // namespace

VocFigures EvaluateVoc(const std::vector<EvalObject>& truth,
                       const std::vector<EvalObject>& predicted, const VocOptions& options) {
  using Key = std::pair<int, int64_t>;
  std::map<Key, std::vector<const EvalObject*>> truth_of;
  std::map<int, Ranking> rankings;
  VocFigures figures;
  int64_t owed = 0;
  for (const auto& object : truth) {
    if (object.crowd) continue;
    truth_of[{object.category, object.image_id}].push_back(&object);
    ++rankings[object.category].owed;
    ++owed;
  }
  std::vector<const EvalObject*> order;
  for (const auto& object : predicted) {
    if (std::isnan(object.score))
      throw Error("prediction on image " + std::to_string(object.image_id),
                  "its score is not a number", "give every prediction a score from 0 to 1");
    order.push_back(&object);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const EvalObject* a, const EvalObject* b) { return a->score > b->score; });
  std::map<const EvalObject*, bool> taken;
  double iou_sum = 0;
  for (const auto* object : order) {
    const EvalObject* match = nullptr;
    double best = 0;
    const auto candidates = truth_of.find({object->category, object->image_id});
    if (candidates != truth_of.end()) {
      for (const auto* candidate : candidates->second) {
        const double iou = options.overlap == Overlap::kMask ? RleIou(object->mask, candidate->mask)
                                                             : BoxIou(object->box, candidate->box);
        if (iou > options.threshold && iou > best) best = iou, match = candidate;
      }
    }
    Verdict verdict = Verdict::kFalse;
    if (match) verdict = taken[match] ? Verdict::kRepeated : Verdict::kFirst;
    if (match) taken[match] = true;
    rankings[object->category].verdicts.push_back(verdict);
    if (object->score <= options.min_score) continue;
    (verdict == Verdict::kFirst ? figures.tp : figures.fp) += 1;
    if (verdict == Verdict::kFirst) iou_sum += best;
  }
  int64_t categories = 0;
  for (const auto& [category, ranking] : rankings) {
    if (ranking.owed == 0) continue;
    ++categories;
    figures.map_strict += figures.ap_strict[category] = ElevenPoints(ranking, true);
    figures.map_darknet += figures.ap_darknet[category] = ElevenPoints(ranking, false);
  }
  if (categories > 0) {
    figures.map_strict /= static_cast<double>(categories);
    figures.map_darknet /= static_cast<double>(categories);
  }
  figures.fn = owed - figures.tp;
  const double tp = static_cast<double>(figures.tp);
  const double found = static_cast<double>(figures.tp + figures.fp);
  if (found > 0) figures.mean_iou = iou_sum / found, figures.precision = tp / found;
  if (owed > 0) figures.recall = tp / static_cast<double>(owed);
  if (tp > 0)
    figures.f1 = 2 * figures.precision * figures.recall / (figures.precision + figures.recall);
  return figures;
}

}  // namespace datasets
