#include "infer/names/anchors.h"

#include <algorithm>
#include <unordered_map>

#include "datasets/shape/mask.h"

namespace infer {
namespace {

constexpr double kSame = 0.5;        // IoU
constexpr double kAlsoMeant = 0.25;  // IoU
// A person errs about once in a hundred thousand names; but a tracklet may have changed animals
// somewhere, and then the network's opinions of many seconds should still win over one label.
constexpr double kLogOdds = 12;
constexpr double kMostLogOdds = 36;  // labels of one tracklet are not independent for ever

}  // namespace

std::vector<Anchor> LabelAnchors(const datasets::Project& project, datasets::Id job_id,
                                 datasets::Id video_id, const TrackRecord& record,
                                 const std::vector<datasets::Id>& rows,
                                 const std::vector<datasets::Id>& categories) {
  std::vector<Anchor> anchors;
  const auto& frames = record.rows();
  project.ForEachAnnotation(video_id, [&](const datasets::ImageRow& image,
                                          const std::vector<datasets::AnnotationRow>& labels) {
    if (!image.frame_index || image.IsHeldOut()) return;
    const int frame = *image.frame_index;
    const auto less = [](const AnimalFrame& row, int f) { return row.frame < f; };
    const auto first = std::lower_bound(frames.begin(), frames.end(), frame, less);
    if (first == frames.end() || first->frame != frame) return;
    std::unordered_map<datasets::Id, size_t> row_of;
    for (auto row = first; row != frames.end() && row->frame == frame; ++row) {
      const size_t r = static_cast<size_t>(row - frames.begin());
      row_of[rows[r]] = r;
    }
    const auto predictions =
        project.PredictionsAt(job_id, video_id, frame, datasets::PredictionView::kAsWritten);
    std::vector<std::vector<double>> overlap(labels.size());  // [labels][predictions]
    for (size_t l = 0; l < labels.size(); ++l) {
      const datasets::Rle mask = labels[l].Mask({image.width, image.height});
      for (const auto& prediction : predictions) {
        overlap[l].push_back(datasets::RleIou(prediction.Mask({image.width, image.height}), mask));
      }
    }
    for (size_t l = 0; l < labels.size(); ++l) {
      const auto known = std::find(categories.begin(), categories.end(), labels[l].category_id);
      if (labels[l].iscrowd || labels[l].IsFilledIn() || known == categories.end()) continue;
      for (size_t p = 0; p < predictions.size(); ++p) {
        if (overlap[l][p] < kSame || !row_of.count(predictions[p].id)) continue;
        bool alone = true;
        for (size_t other = 0; other < labels.size(); ++other) {
          alone = alone && (other == l || overlap[other][p] < kAlsoMeant);
        }
        for (size_t other = 0; other < predictions.size(); ++other) {
          alone = alone && (other == p || overlap[l][other] < kAlsoMeant);
        }
        if (!alone) continue;
        anchors.push_back(
            {row_of[predictions[p].id], static_cast<int>(known - categories.begin())});
      }
    }
  });
  return anchors;
}

void AddAnchors(const TrackRecord& record, const std::vector<Anchor>& anchors,
                std::vector<TrackletEvidence>& evidence) {
  std::vector<std::vector<double>> said(evidence.size());
  for (const Anchor& anchor : anchors) {
    const size_t t = static_cast<size_t>(record.rows()[anchor.row].tracklet);
    said[t].resize(evidence[t].class_log_odds.size(), 0);
    double& sum = said[t][static_cast<size_t>(anchor.class_index)];
    sum = std::min(kMostLogOdds, sum + kLogOdds);
  }
  for (size_t t = 0; t < evidence.size(); ++t) {
    for (size_t k = 0; k < said[t].size(); ++k) evidence[t].class_log_odds[k] += said[t][k];
    if (!said[t].empty()) evidence[t].drop_cost += kLogOdds;
  }
}

}  // namespace infer
