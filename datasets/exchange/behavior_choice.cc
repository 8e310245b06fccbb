#include "datasets/exchange/behavior_choice.h"

#include <algorithm>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/exchange/behavior_job.h"

namespace datasets {
namespace {

std::vector<BehaviorIntervalRow> Predicted(const Project& project, const VideoRow& video,
                                           Id job_id) {
  if (job_id <= 0) job_id = BehaviorJobOf(project, video).value_or(0);
  std::vector<BehaviorPredictionRow> bouts;
  if (job_id > 0) bouts = project.BehaviorPredictions(job_id, video.id);
  std::vector<BehaviorIntervalRow> intervals;
  for (const BehaviorPredictionRow& bout : bouts) {
    BehaviorIntervalRow interval;
    interval.video_id = bout.video_id;
    interval.subject = bout.subject;
    interval.behavior_id = bout.behavior_id;
    interval.start_frame = bout.start_frame;
    interval.end_frame = bout.end_frame;
    interval.author = kMachineAuthor;
    intervals.push_back(std::move(interval));
  }
  return intervals;
}

// The parts of `interval` that `other` does not cover.
void CutOut(const BehaviorIntervalRow& other, std::vector<BehaviorIntervalRow>& parts) {
  std::vector<BehaviorIntervalRow> left;
  for (BehaviorIntervalRow part : parts) {
    if (other.end_frame <= part.start_frame || other.start_frame >= part.end_frame) {
      left.push_back(part);
      continue;
    }
    BehaviorIntervalRow right = part;
    part.end_frame = other.start_frame;
    right.start_frame = other.end_frame;
    if (part.start_frame < part.end_frame) left.push_back(part);
    if (right.start_frame < right.end_frame) left.push_back(right);
  }
  parts = std::move(left);
}

}  // namespace

std::vector<BehaviorIntervalRow> FinalIntervals(const std::vector<BehaviorIntervalRow>& labels,
                                                const std::vector<BehaviorIntervalRow>& predicted,
                                                const std::vector<BehaviorRow>& behaviors) {
  std::map<Id, const BehaviorRow*> known;
  for (const BehaviorRow& behavior : behaviors) known[behavior.id] = &behavior;
  const auto group_of = [&](Id id) {
    const auto found = known.find(id);
    return found == known.end() || found->second->is_point ? "" : found->second->exclusion_group;
  };
  std::set<std::string> scored;  // subjects
  std::vector<BehaviorIntervalRow> result;
  for (const BehaviorIntervalRow& label : labels) {
    if (label.source != LabelSource::kAccepted) scored.insert(label.subject);
    if (label.present) result.push_back(label);
  }
  for (const BehaviorIntervalRow& bout : predicted) {
    if (scored.count(bout.subject)) continue;
    std::vector<BehaviorIntervalRow> parts = {bout};
    const std::string group = group_of(bout.behavior_id);
    for (const BehaviorIntervalRow& label : labels) {
      if (label.subject != bout.subject) continue;
      const bool excludes = label.present && !group.empty() && group_of(label.behavior_id) == group;
      if (label.behavior_id == bout.behavior_id || excludes) CutOut(label, parts);
    }
    result.insert(result.end(), parts.begin(), parts.end());
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const BehaviorIntervalRow& a, const BehaviorIntervalRow& b) {
                     return a.start_frame < b.start_frame;
                   });
  return result;
}

std::vector<BehaviorIntervalRow> IntervalsOf(const Project& project, const VideoRow& video,
                                             const std::string& author) {
  std::vector<BehaviorIntervalRow> rows = project.BehaviorIntervals(video.id);
  if (author.empty()) return rows;
  rows.erase(std::remove_if(rows.begin(), rows.end(),
                            [&](const BehaviorIntervalRow& row) { return row.author != author; }),
             rows.end());
  return rows;
}

std::vector<BehaviorIntervalRow> ChosenIntervals(const Project& project, const VideoRow& video,
                                                 const std::string& what, Id job_id,
                                                 const std::string& author) {
  if (what == "labels") return IntervalsOf(project, video, author);
  if (what == "predictions") return Predicted(project, video, job_id);
  if (what != "final") {
    throw Error("--what " + what, "there is no such choice", "labels, predictions or final");
  }
  return FinalIntervals(IntervalsOf(project, video, author), Predicted(project, video, job_id),
                        project.Behaviors());
}

}  // namespace datasets
