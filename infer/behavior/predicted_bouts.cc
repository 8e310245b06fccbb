#include "infer/behavior/predicted_bouts.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "datasets/base/suggest.h"
#include "datasets/store/writer.h"
#include "infer/behavior/episodes.h"
#include "infer/behavior/truth.h"

namespace infer {
namespace {

using datasets::BehaviorIntervalRow;
using datasets::BehaviorRow;
using datasets::BehaviorSeriesRow;
using datasets::Error;
using datasets::Id;
using nlohmann::json;

constexpr size_t kMostOutcomes = 2'000'000;  // of frames and behaviors, for one calibration

std::string OptionsKey(Id job_id) { return "behavior_bouts/" + std::to_string(job_id); }
std::string SummaryKey(Id job_id) { return "behavior_calibration/" + std::to_string(job_id); }

// Behaviors of a subject of which at most one happens at a time.
struct Group {
  datasets::VideoRow video;
  std::string subject;
  std::vector<BehaviorSeriesRow> series;
  std::vector<Id> behaviors() const {
    std::vector<Id> ids;
    for (const BehaviorSeriesRow& row : series) ids.push_back(row.behavior_id);
    return ids;
  }
};

using BehaviorsById = std::map<Id, BehaviorRow>;

std::vector<Group> GroupsOf(const datasets::Project& project, Id job_id,
                            const BehaviorsById& behaviors) {
  std::vector<Group> groups;
  for (const datasets::VideoRow& video : project.Videos()) {
    std::map<std::pair<std::string, std::string>, size_t> known;  // subject, exclusion group
    for (const BehaviorSeriesRow& series : project.BehaviorSeries(job_id, video.id)) {
      const BehaviorRow& behavior = behaviors.at(series.behavior_id);
      const bool alone = behavior.is_point || behavior.exclusion_group.empty();
      const auto [at, is_new] =
          alone ? std::make_pair(known.end(), true)
                : known.try_emplace({series.subject, behavior.exclusion_group}, groups.size());
      if (is_new) groups.push_back({video, series.subject, {}});
      groups[is_new ? groups.size() - 1 : at->second].series.push_back(series);
    }
  }
  return groups;
}

std::map<Id, double> Thresholds(const BoutOptions& options, const std::vector<Group>& groups,
                                const BehaviorsById& behaviors) {
  std::map<Id, double> thresholds;
  std::map<std::string, Id> scored;
  for (const Group& group : groups) {
    for (const Id id : group.behaviors()) {
      thresholds[id] = options.threshold;
      scored[behaviors.at(id).name] = id;
    }
  }
  const std::string& text = options.thresholds;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const size_t equal = part.rfind('=');
    begin = end + 1;
    double value = -1;
    size_t used = 0;
    try {
      if (equal != std::string::npos) value = std::stod(part.substr(equal + 1), &used);
    } catch (const std::exception&) {
      value = -1;
    }
    if (equal == std::string::npos || !(value >= 0 && value <= 1) ||
        equal + 1 + used != part.size()) {
      throw Error("threshold '" + part + "'", "it is no behavior with a number from 0 to 1",
                  "write it as in rear=0.4,groom=0.7");
    }
    const std::string name = part.substr(0, equal);
    const auto found = scored.find(name);
    if (found == scored.end()) {
      std::vector<std::string> names;
      for (const auto& [known, id] : scored) names.push_back(known);
      const std::string closest = datasets::ClosestName(name, names);
      std::string list;
      for (const std::string& known : names) list += (list.empty() ? "" : ", ") + known;
      throw Error("threshold of '" + name + "'",
                  "the model has scored no such behavior (it has scored " + list + ")",
                  closest.empty() ? "" : "did you mean '" + closest + "'?");
    }
    thresholds[found->second] = value;
  }
  return thresholds;
}

std::vector<std::vector<float>> SmoothedScores(const datasets::Project& project, const Group& group,
                                               double sigma_frames) {
  std::vector<std::vector<float>> scores;
  for (const BehaviorSeriesRow& series : group.series) {
    scores.push_back(
        SmoothScores(project.BehaviorScores(series.id, 0, group.video.frame_count), sigma_frames));
  }
  return scores;
}

class Finishing {
 public:
  Finishing(datasets::Project& project, Id job_id, const BoutOptions& options, datasets::Job& job)
      : project_(project), job_id_(job_id), options_(options), job_(job) {
    for (const BehaviorRow& row : project.Behaviors()) behaviors_[row.id] = row;
    for (const datasets::VideoRow& video : project.Videos()) {
      intervals_[video.id] = project.BehaviorIntervals(video.id);
    }
    groups_ = GroupsOf(project, job_id, behaviors_);
    if (groups_.empty()) {
      throw Error("job " + std::to_string(job_id), "it has scored no behavior",
                  "list the jobs: vole jobs");
    }
    thresholds_ = Thresholds(options, groups_, behaviors_);
    held_out_ = HeldOutSpans(project, job_id);
  }

  BehaviorSummary Run() {
    CalibrateFrames();
    std::vector<FoundBout> bouts;
    for (size_t g = 0; g < groups_.size(); ++g) {
      job_.Advance(static_cast<double>(g), static_cast<double>(groups_.size()), "finding bouts");
      FindBouts(groups_[g], bouts);
    }
    const std::vector<datasets::ReviewDecisionRow> decisions = project_.ReviewDecisions(job_id_);
    const BoutCheck check = CalibrateBouts(bouts, decisions, intervals_, options_.calibration);
    summary_.expected_calibration_error = check.expected_calibration_error;
    summary_.checked_bouts = check.checked_bouts;
    job_.ThrowIfCancelled();
    Write(bouts);
    return summary_;
  }

 private:
  // Outcomes of frames that the training held back, by behavior.
  void CalibrateFrames() {
    std::map<Id, std::vector<OutcomeOf>> outcomes;
    if (options_.calibration != "none") {
      for (const Group& group : groups_) {
        const auto is_here = [&](const HeldOutSpan& span) {
          return span.video == group.video.name && span.subject == group.subject;
        };
        if (std::none_of(held_out_.begin(), held_out_.end(), is_here)) continue;
        job_.Advance(0, 0, "calibrating on held-out labels");
        const auto scores = SmoothedScores(project_, group, options_.sigma_frames);
        for (const HeldOutSpan& span : held_out_) {
          if (is_here(span)) AddOutcomes(group, scores, span, outcomes);
        }
      }
    }
    std::string kind;
    for (const auto& [id, behavior] : behaviors_) {
      const auto found = outcomes.find(id);
      const std::vector<OutcomeOf> none;
      calibration_[id] =
          FitScores(found == outcomes.end() ? none : found->second, options_.calibration);
      if (!thresholds_.count(id)) continue;
      const std::string name = NameOf(calibration_[id].kind);
      kind = kind.empty() || kind == name ? name : "mixed";
    }
    summary_.frame_calibration = kind;
  }

  void AddOutcomes(const Group& group, const std::vector<std::vector<float>>& scores,
                   const HeldOutSpan& span, std::map<Id, std::vector<OutcomeOf>>& outcomes) {
    const int start = std::max(0, span.start_frame);
    const int end = std::min(span.end_frame, group.video.frame_count);
    if (end <= start) return;
    // A frame is one, however many behaviors were scored in it.
    if (counted_.insert({group.video.id, group.subject, start, end}).second) {
      for (int frame = start; frame < end; ++frame) {
        summary_.held_out_frames += std::any_of(scores.begin(), scores.end(), [&](const auto& of) {
          return of[static_cast<size_t>(frame)] == of[static_cast<size_t>(frame)];
        });
      }
    }
    for (size_t b = 0; b < scores.size(); ++b) {
      const Id id = group.series[b].behavior_id;
      const std::vector<bool> present =
          PresentFrames(intervals_[group.video.id], group.subject, id, start, end);
      std::vector<OutcomeOf>& list = outcomes[id];
      for (int frame = start; frame < end && list.size() < kMostOutcomes; ++frame) {
        const double score = static_cast<double>(scores[b][static_cast<size_t>(frame)]);
        if (score != score) continue;
        list.push_back({score, present[static_cast<size_t>(frame - start)]});
      }
    }
  }

  void FindBouts(const Group& group, std::vector<FoundBout>& bouts) {
    const auto scores = SmoothedScores(project_, group, options_.sigma_frames);
    std::vector<double> thresholds;
    std::vector<bool> is_point;
    for (const Id id : group.behaviors()) {
      thresholds.push_back(thresholds_.at(id));
      is_point.push_back(behaviors_.at(id).is_point);
    }
    const Classes classes = options_.viterbi ? ClassesByViterbi(scores, TransitionsFor(group))
                                             : ClassesByThreshold(scores, thresholds);
    const auto found =
        BoutsOf(classes, scores, is_point, options_.min_bout_frames, options_.max_gap_frames);
    BoutSource source{group.video, group.subject, job_id_, {}, {}, scores};
    for (const Id id : group.behaviors()) {
      source.behaviors.push_back(behaviors_.at(id));
      source.calibration.push_back(calibration_.at(id));
    }
    const size_t first = bouts.size();
    AddBouts(source, found, options_, bouts);
    std::vector<HeldOutSpan> looked_at = held_out_;
    looked_at.erase(
        std::remove_if(looked_at.begin(), looked_at.end(),
                       [&](const HeldOutSpan& span) { return span.video != group.video.name; }),
        looked_at.end());
    for (size_t i = first; i < bouts.size(); ++i) {
      bouts[i].truth = TruthOf(bouts[i], looked_at, intervals_[group.video.id]);
    }
  }

  Transitions TransitionsFor(const Group& group) {
    std::vector<Classes> labeled;
    for (const auto& [video, intervals] : intervals_) {
      for (Classes& sequence : LabeledClasses(intervals, group.behaviors())) {
        labeled.push_back(std::move(sequence));
      }
    }
    return TransitionsOf(labeled, static_cast<int>(group.series.size()) + 1);
  }

  void Write(const std::vector<FoundBout>& bouts) {
    const std::vector<datasets::ReviewItemRow> before = project_.ReviewItems(job_id_);
    std::map<Id, std::vector<const FoundBout*>> by_video;
    for (const Group& group : groups_) by_video[group.video.id];
    for (const FoundBout& bout : bouts) by_video[bout.row.video_id].push_back(&bout);
    for (const auto& [video_id, list] : by_video) {
      const auto items = EpisodesOf(list, before, video_id, static_cast<uint64_t>(job_id_));
      project_.Write([&, video = video_id, &bouts_here = list](datasets::Writer& writer) {
        writer.DeleteBehaviorPredictions(job_id_, video);
        writer.DeleteBehaviorReviewItems(job_id_, video);
        for (const FoundBout* bout : bouts_here) {
          if (!bout->missed) writer.InsertBehaviorPrediction(bout->row);
        }
        for (const datasets::ReviewItemRow& item : items) writer.InsertReviewItem(item);
      });
      summary_.episodes += static_cast<int>(items.size());
      for (const FoundBout* bout : list) summary_.bouts += !bout->missed;
    }
    project_.Write([&](datasets::Writer& writer) {
      writer.SetSetting(OptionsKey(job_id_), datasets::OptionsToJson(options_).dump());
      writer.SetSetting(SummaryKey(job_id_),
                        json{{"bouts", summary_.bouts},
                             {"episodes", summary_.episodes},
                             {"expected_calibration_error", summary_.expected_calibration_error},
                             {"checked_bouts", summary_.checked_bouts},
                             {"held_out_frames", summary_.held_out_frames},
                             {"frame_calibration", summary_.frame_calibration}}
                            .dump());
    });
  }

  datasets::Project& project_;
  Id job_id_;
  BoutOptions options_;
  datasets::Job& job_;
  BehaviorsById behaviors_;
  std::map<Id, std::vector<BehaviorIntervalRow>> intervals_;  // by video
  std::vector<Group> groups_;
  std::map<Id, double> thresholds_;  // of scored behaviors
  std::vector<HeldOutSpan> held_out_;
  std::map<Id, ScoreCalibration> calibration_;
  BehaviorSummary summary_;
  std::set<std::tuple<Id, std::string, int, int>> counted_;  // held-out spans
};

json SettingOf(const datasets::Project& project, const std::string& key) {
  const json stored = json::parse(project.Setting(key, "{}"), nullptr, false);
  return stored.is_object() ? stored : json::object();
}

}  // namespace

BehaviorSummary FinishBehaviors(datasets::Project& project, Id job_id, const BoutOptions& options,
                                datasets::Job& job) {
  datasets::CheckOptions(options, "bouts");
  FitScores({}, options.calibration);  // throws for a word that it does not know
  return Finishing(project, job_id, options, job).Run();
}

BoutOptions BoutOptionsOf(const datasets::Project& project, Id job_id) {
  return datasets::OptionsFromJson<BoutOptions>(SettingOf(project, OptionsKey(job_id)));
}

BehaviorSummary BehaviorSummaryOf(const datasets::Project& project, Id job_id) {
  const json stored = SettingOf(project, SummaryKey(job_id));
  BehaviorSummary summary;
  summary.bouts = stored.value("bouts", 0);
  summary.episodes = stored.value("episodes", 0);
  summary.expected_calibration_error = stored.value("expected_calibration_error", -1.0);
  summary.checked_bouts = stored.value("checked_bouts", 0);
  summary.held_out_frames = stored.value("held_out_frames", 0);
  summary.frame_calibration = stored.value("frame_calibration", std::string("none"));
  return summary;
}

bool HasBehaviorScores(const datasets::Project& project, Id job_id) {
  for (const datasets::VideoRow& video : project.Videos()) {
    if (!project.BehaviorSeries(job_id, video.id).empty()) return true;
  }
  return false;
}

}  // namespace infer
