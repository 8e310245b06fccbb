#include "app/model/session/shown_queue.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "annotate/edits.h"

namespace app {
namespace {

bool ConcernsAnimal(const datasets::ReviewItemRow& item, const std::string& animal) {
  const nlohmann::json names = nlohmann::json::parse(item.animals_json, nullptr, false);
  if (!names.is_array() || names.empty()) return true;
  return std::find(names.begin(), names.end(), animal) != names.end();
}

bool Passes(const datasets::ReviewItemRow& item, const ReviewFilter& filter) {
  if (filter.hidden_reasons.count(item.reason_code)) return false;
  if (filter.video_id && item.video_id != filter.video_id) return false;
  return filter.animal.empty() || ConcernsAnimal(item, filter.animal);
}

}  // namespace

std::vector<size_t> FilterReview(const ProjectView& project, const ReviewFilter& filter) {
  std::vector<size_t> indices;
  for (size_t i = 0; i < project.review_items.size(); ++i) {
    if (Passes(project.review_items[i], filter)) indices.push_back(i);
  }
  return indices;
}

std::vector<std::string> ReasonsIn(const ProjectView& project) {
  std::set<std::string> reasons;
  for (const datasets::ReviewItemRow& item : project.review_items) reasons.insert(item.reason_code);
  return {reasons.begin(), reasons.end()};
}

ReviewProgress ProgressOf(const ProjectView& project) {
  ReviewProgress progress;
  double wrong_frames = 0;
  for (const datasets::ReviewItemRow& item : project.review_items) {
    ++progress.total;
    if (item.behavior_id) {  // says nothing about outlines
      progress.decided += !item.verdict.empty();
    } else if (item.verdict.empty()) {
      wrong_frames += item.score * (item.end_frame - item.start_frame);
    } else {
      ++progress.decided;
    }
  }
  double frames = 0;
  for (const datasets::VideoRow& video : project.videos) {
    if (project.predict_job.count(video.id)) frames += video.frame_count;
  }
  if (frames > 0) progress.estimated_right = std::max(0.0, 1 - wrong_frames / frames);
  return progress;
}

const datasets::ReviewItemRow* FindEpisode(const ProjectView& project, datasets::Id id) {
  for (const datasets::ReviewItemRow& item : project.review_items) {
    if (item.id == id) return &item;
  }
  return nullptr;
}

const datasets::ReviewItemRow* NextEpisode(const ProjectView& project, const ReviewFilter& filter,
                                           datasets::Id current) {
  const std::vector<size_t> indices = FilterReview(project, filter);
  size_t start = 0;
  for (size_t i = 0; i < indices.size(); ++i) {
    if (project.review_items[indices[i]].id == current) start = i + 1;
  }
  for (size_t step = 0; step < indices.size(); ++step) {
    const auto& item = project.review_items[indices[(start + step) % indices.size()]];
    if (item.verdict.empty() && item.id != current) return &item;
  }
  return nullptr;
}

void RequestDecision(Session& session, const datasets::ReviewItemRow& item, Decision decision,
                     double seconds) {
  using annotate::Verdict;
  const Verdict verdict = decision == Decision::kAccept   ? Verdict::kAccepted
                          : decision == Decision::kReject ? Verdict::kRejected
                          : decision == Decision::kSkip   ? Verdict::kSkipped
                                                          : Verdict::kCorrected;
  session.PostEdit(
      [=](datasets::Project&) { return annotate::DecideEpisode(item, verdict, seconds); });
}

}  // namespace app
