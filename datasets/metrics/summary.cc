#include "datasets/metrics/summary.h"

#include <algorithm>
#include <set>

#include "datasets/base/assignment.h"
#include "datasets/metrics/identity_accuracy.h"
#include "datasets/metrics/tracking.h"

namespace datasets {
namespace {

// Mean similarity of the truth objects that have a partner, names left aside.
std::optional<double> MeanMatchedIou(const std::vector<EvalObject>& truth,
                                     const std::vector<EvalObject>& predicted,
                                     const SummaryOptions& options) {
  // Every object its own track: only the overlap decides who goes with whom.
  const auto anonymous = [](std::vector<EvalObject> objects) {
    for (size_t i = 0; i < objects.size(); ++i) objects[i].track = static_cast<int64_t>(i);
    return objects;
  };
  double sum = 0;
  int64_t count = 0;
  for (const auto& frame :
       TrackFrames(anonymous(truth), anonymous(predicted), options.overlap, options.min_score)) {
    cv::Mat_<double> cost(frame.similarity.rows, frame.similarity.cols);
    for (int i = 0; i < cost.rows; ++i)
      for (int j = 0; j < cost.cols; ++j)
        cost(i, j) =
            frame.similarity(i, j) >= options.threshold ? -frame.similarity(i, j) : kForbiddenCost;
    const std::vector<int> columns = SolveAssignment(cost);
    for (int i = 0; i < cost.rows; ++i)
      if (columns[i] >= 0) sum += frame.similarity(i, columns[i]), ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

bool AnyTrack(const std::vector<EvalObject>& objects) {
  return std::any_of(objects.begin(), objects.end(),
                     [](const EvalObject& object) { return object.track >= 0; });
}

}  // namespace

Summary Summarize(const std::vector<EvalObject>& truth, const std::vector<EvalObject>& predicted,
                  const SummaryOptions& options) {
  Summary summary;
  std::set<int> frames;
  for (const auto* objects : {&truth, &predicted})
    for (const auto& object : *objects) frames.insert(object.frame);
  summary.frames = static_cast<int64_t>(frames.size());
  summary.coco = EvaluateCoco(truth, predicted, {options.overlap, options.class_agnostic});
  summary.mean_iou = MeanMatchedIou(truth, predicted, options);
  const bool tracked_predictions = predicted.empty() || AnyTrack(predicted);
  if (!AnyTrack(truth) || !tracked_predictions) return summary;

  const auto tracked = TrackFrames(truth, predicted, options.overlap, options.min_score);
  const ClearFigures clear = ClearTrackEval(tracked, options.threshold);
  summary.mota = clear.mota;
  summary.motp = clear.motp;
  summary.idsw = clear.idsw;
  summary.mt = clear.mt;
  summary.pt = clear.pt;
  summary.ml = clear.ml;
  summary.fp = clear.fp;
  summary.fn = clear.fn;
  summary.fragmentations = clear.fragmentations;
  const IdentityFigures identity = EvaluateIdentity(tracked, options.threshold);
  summary.idf1 = identity.idf1;
  summary.idp = identity.idp;
  summary.idr = identity.idr;
  const HotaFigures hota = EvaluateHota(tracked);
  summary.hota = hota.hota;
  summary.deta = hota.deta;
  summary.assa = hota.assa;
  summary.loca = hota.loca;
  if (!options.tracks_are_names) return summary;
  const IdentityAccuracy names = EvaluateIdentityAccuracy(tracked, options.threshold);
  if (names.owed > 0) {
    summary.identity_accuracy = names.accuracy;
    summary.identity_accuracy_balanced = names.balanced;
    summary.wrong_names = static_cast<double>(names.wrong) / static_cast<double>(names.owed);
    summary.unknown_names = static_cast<double>(names.unknown) / static_cast<double>(names.owed);
  }
  return summary;
}

nlohmann::json Summary::ToJson() const {
  nlohmann::json json = {{"frames", frames}};
  const auto put_coco = [&](const char* key, double value) {
    if (value >= 0) json[key] = value;
  };
  put_coco("ap", coco.ap);
  put_coco("ap50", coco.ap50);
  put_coco("ap75", coco.ap75);
  put_coco("ap_small", coco.ap_small);
  put_coco("ap_medium", coco.ap_medium);
  put_coco("ap_large", coco.ap_large);
  put_coco("ar1", coco.ar1);
  put_coco("ar10", coco.ar10);
  put_coco("ar100", coco.ar100);
  put_coco("ar_small", coco.ar_small);
  put_coco("ar_medium", coco.ar_medium);
  put_coco("ar_large", coco.ar_large);
  const auto put = [&](const char* key, const auto& value) {
    if (value) json[key] = *value;
  };
  put("mota", mota);
  put("motp", motp);
  put("idf1", idf1);
  put("idp", idp);
  put("idr", idr);
  put("hota", hota);
  put("deta", deta);
  put("assa", assa);
  put("loca", loca);
  put("idsw", idsw);
  put("mt", mt);
  put("pt", pt);
  put("ml", ml);
  put("fp", fp);
  put("fn", fn);
  put("fragmentations", fragmentations);
  put("identity_accuracy", identity_accuracy);
  put("identity_accuracy_balanced", identity_accuracy_balanced);
  put("wrong_names", wrong_names);
  put("unknown_names", unknown_names);
  put("mean_iou", mean_iou);
  return json;
}

}  // namespace datasets
