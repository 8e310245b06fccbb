#include "infer/names/anchors.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "datasets/shape/mask.h"
#include "datasets/shape/same_place.h"

namespace infer {
namespace {

// What a person says holds against whatever a network says for however long. Where that cannot be
// (two animals of one name at once), breaking one label is better than taking an animal away.
constexpr double kForbidden = -1e6, kKept = 1e9;  // log-odds

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
        if (overlap[l][p] < datasets::kSameOutline || !row_of.count(predictions[p].id)) continue;
        bool alone = true;
        for (size_t other = 0; other < labels.size(); ++other) {
          alone = alone && (other == l || overlap[other][p] < datasets::kSamePlace);
        }
        for (size_t other = 0; other < predictions.size(); ++other) {
          alone = alone && (other == p || overlap[l][other] < datasets::kSamePlace);
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
  std::set<std::pair<int, int>> said;  // tracklet and class: many labels forbid no more than one
  std::set<int> labeled;
  for (const Anchor& anchor : anchors) {
    const int tracklet = record.rows()[anchor.row].tracklet;
    if (!said.insert({tracklet, anchor.class_index}).second) continue;
    TrackletEvidence& own = evidence[static_cast<size_t>(tracklet)];
    for (size_t k = 0; k < own.class_log_odds.size(); ++k) {
      if (k != static_cast<size_t>(anchor.class_index)) own.class_log_odds[k] += kForbidden;
    }
    if (labeled.insert(tracklet).second) own.drop_cost += kKept;
  }
}

std::vector<Anchor> NotKept(const TrackRecord& record, const std::vector<Anchor>& anchors,
                            const std::vector<NamedTracklet>& names) {
  std::vector<Anchor> broken;
  for (const Anchor& anchor : anchors) {
    const int t = record.rows()[anchor.row].tracklet;
    if (names[static_cast<size_t>(t)].class_index != anchor.class_index) broken.push_back(anchor);
  }
  return broken;
}

}  // namespace infer
