#include "infer/behavior/truth.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "datasets/base/error.h"

namespace infer {

using datasets::BehaviorIntervalRow;
using datasets::Id;
using nlohmann::json;

std::vector<HeldOutSpan> HeldOutSpans(const datasets::Project& project, Id job_id) {
  std::optional<Id> model_id;
  for (const datasets::JobRow& job : project.Jobs()) {
    if (job.id == job_id) model_id = job.model_id;
  }
  std::vector<HeldOutSpan> spans;
  if (!model_id) return spans;
  for (const datasets::ModelRow& model : project.Models()) {
    if (model.id != *model_id) continue;
    const json config = json::parse(model.config_json, nullptr, false);
    if (!config.is_object() || !config.contains("held_out")) return spans;
    try {
      for (const json& span : config.at("held_out")) {
        spans.push_back({span.at("video").get<std::string>(), span.at("subject").get<std::string>(),
                         span.at("start_frame").get<int>(), span.at("end_frame").get<int>()});
      }
    } catch (const json::exception& error) {
      throw datasets::Error("model '" + model.name + "'",
                            std::string("what it held back cannot be read (") + error.what() + ")",
                            "train it again");
    }
  }
  return spans;
}

std::vector<bool> PresentFrames(const std::vector<BehaviorIntervalRow>& intervals,
                                const std::string& subject, Id behavior_id, int start_frame,
                                int end_frame) {
  std::vector<bool> present(static_cast<size_t>(std::max(0, end_frame - start_frame)), false);
  for (const BehaviorIntervalRow& interval : intervals) {
    if (!interval.present || interval.behavior_id != behavior_id || interval.subject != subject) {
      continue;
    }
    const int last = std::min(end_frame, interval.end_frame);
    for (int frame = std::max(start_frame, interval.start_frame); frame < last; ++frame) {
      present[static_cast<size_t>(frame - start_frame)] = true;
    }
  }
  return present;
}

std::vector<Classes> LabeledClasses(const std::vector<BehaviorIntervalRow>& intervals,
                                    const std::vector<Id>& behavior_ids) {
  using Scorer = std::pair<std::string, std::string>;  // subject, author
  std::map<Scorer, std::vector<std::pair<int, const BehaviorIntervalRow*>>> rows;
  for (const BehaviorIntervalRow& interval : intervals) {
    if (!interval.present || interval.source == datasets::LabelSource::kAccepted) continue;
    const auto found = std::find(behavior_ids.begin(), behavior_ids.end(), interval.behavior_id);
    if (found == behavior_ids.end()) continue;
    rows[{interval.subject, interval.author}].emplace_back(
        static_cast<int>(found - behavior_ids.begin()) + 1, &interval);
  }
  std::vector<Classes> labeled;
  for (const auto& [scorer, list] : rows) {
    int first = list.front().second->start_frame, last = list.front().second->end_frame;
    for (const auto& [label, interval] : list) {
      first = std::min(first, interval->start_frame);
      last = std::max(last, interval->end_frame);
    }
    Classes classes(static_cast<size_t>(last - first), 0);
    for (const auto& [label, interval] : list) {
      std::fill(classes.begin() + (interval->start_frame - first),
                classes.begin() + (interval->end_frame - first), label);
    }
    labeled.push_back(std::move(classes));
  }
  return labeled;
}

}  // namespace infer
