#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/exchange/behavior_choice.h"
#include "datasets/exchange/selection.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/formats/boris/boris.h"
#include "datasets/video/frame_times.h"
#include "datasets/video_files.h"

namespace datasets {

namespace {

using Json = nlohmann::ordered_json;

// "sniff (front)" -> ("sniff", "front") where "sniff" is a behavior of its own.
std::pair<std::string, std::string> SplitModifier(const std::string& name,
                                                  const std::set<std::string>& names) {
  const size_t open = name.find(" (");
  if (open == std::string::npos || name.back() != ')' || !names.count(name.substr(0, open))) {
    return {name, ""};
  }
  return {name.substr(0, open), name.substr(open + 2, name.size() - open - 3)};
}

struct Observation {
  std::string name;
  const VideoRow* video = nullptr;
  std::vector<const BehaviorIntervalRow*> bouts;
};

// What the project holds, one observation a video and author.
class Scoring {
 public:
  Scoring(const Project& project, const ExportOptions& options)
      : videos_(SelectedVideos(project, options)) {
    for (const BehaviorRow& behavior : project.Behaviors()) {
      behaviors_[behavior.id] = behavior;
      names_.insert(behavior.name);
    }
    rows_.resize(videos_.size());
    std::set<std::string> taken;
    for (size_t i = 0; i < videos_.size(); ++i) {
      rows_[i] = ChosenIntervals(project, videos_[i], options.what);
      std::map<std::string, Observation> of_author;
      for (const BehaviorIntervalRow& row : rows_[i]) {
        if (!row.present) {
          ++negatives_;
          continue;
        }
        of_author[row.author].bouts.push_back(&row);
      }
      for (auto& [author, observation] : of_author) {
        observation.video = &videos_[i];
        observation.name = of_author.size() == 1 ? videos_[i].name : author;
        if (!taken.insert(observation.name).second) observation.name += " " + videos_[i].name;
        taken.insert(observation.name);
        observations_.push_back(std::move(observation));
      }
    }
  }
  const std::vector<Observation>& observations() const { return observations_; }
  const std::map<Id, BehaviorRow>& behaviors() const { return behaviors_; }
  const BehaviorRow& Behavior(const BehaviorIntervalRow& row) const {
    return behaviors_.at(row.behavior_id);
  }
  std::pair<std::string, std::string> Code(const BehaviorRow& behavior) const {
    return SplitModifier(behavior.name, names_);
  }
  int64_t negatives() const { return negatives_; }

 private:
  std::vector<VideoRow> videos_;
  std::vector<std::vector<BehaviorIntervalRow>> rows_;
  std::map<Id, BehaviorRow> behaviors_;
  std::set<std::string> names_;
  std::vector<Observation> observations_;
  int64_t negatives_ = 0;
};

std::vector<std::string> MediaNames(const Project& project, const VideoRow& video) {
  std::vector<std::string> names;
  for (const VideoFile& file : FilesOf(project, video)) names.push_back(file.path.generic_string());
  return names;
}

std::string Together(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ";") + name;
  return all;
}

std::string TableText(const Project& project, const Scoring& scoring, char separator) {
  const std::vector<std::string> header = {
      "Observation id", "Media file name", "Total length", "FPS",      "Subject",     "Behavior",
      "Modifiers",      "Behavior type",   "Start (s)",    "Stop (s)", "Duration (s)"};
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& fields) {
    for (size_t i = 0; i < fields.size(); ++i) {
      text += (i == 0 ? "" : std::string(1, separator)) + CsvField(fields[i]);
    }
    text += "\n";
  };
  add_line(header);
  for (const Observation& observation : scoring.observations()) {
    const VideoRow& video = *observation.video;
    const FrameTimes times(project.IndexOf(video));
    for (const BehaviorIntervalRow* row : observation.bouts) {
      const BehaviorRow& behavior = scoring.Behavior(*row);
      const auto [code, modifier] = scoring.Code(behavior);
      const double start = times.Start(row->start_frame);
      const double stop = behavior.is_point ? start : times.Start(row->end_frame);
      add_line({observation.name, Together(MediaNames(project, video)),
                CsvNumber(times.Start(video.frame_count)), CsvNumber(times.fps(), 6),
                row->subject.empty() ? "No focal subject" : row->subject, code, modifier,
                behavior.is_point ? "POINT" : "STATE", CsvNumber(start, 6), CsvNumber(stop, 6),
                behavior.is_point ? "NA" : CsvNumber(stop - start, 6)});
    }
  }
  return text;
}

Json BehaviorsJson(const Scoring& scoring) {
  std::map<std::string, std::set<std::string>> modifiers, groups;
  for (const auto& [id, behavior] : scoring.behaviors()) {
    const auto [code, modifier] = scoring.Code(behavior);
    if (!modifier.empty()) modifiers[code].insert(modifier);
    if (!behavior.exclusion_group.empty()) groups[behavior.exclusion_group].insert(code);
  }
  Json all = Json::object();
  for (const auto& [id, behavior] : scoring.behaviors()) {
    const auto [code, modifier] = scoring.Code(behavior);
    if (!modifier.empty()) continue;
    std::string excluded;
    for (const std::string& other : groups[behavior.exclusion_group]) {
      if (!behavior.exclusion_group.empty() && other != code) {
        excluded += (excluded.empty() ? "" : ",") + other;
      }
    }
    Json modifier_sets = Json::object();
    if (!modifiers[code].empty()) {
      modifier_sets["0"] = {{"name", ""}, {"type", 0}, {"values", modifiers[code]}};
    }
    all[std::to_string(all.size())] = {{"type", behavior.is_point ? "Point event" : "State event"},
                                       {"key", behavior.shortcut},
                                       {"code", code},
                                       {"description", ""},
                                       {"category", ""},
                                       {"modifiers", modifier_sets},
                                       {"excluded", excluded},
                                       {"coding map", ""},
                                       {"color", ""}};
  }
  return all;
}

Json ObservationJson(const Project& project, const Scoring& scoring,
                     const Observation& observation) {
  const VideoRow& video = *observation.video;
  const FrameTimes times(project.IndexOf(video));
  const std::vector<std::string> media = MediaNames(project, video);
  Json lengths = Json::object(), rates = Json::object(), pictures = Json::object(),
       sounds = Json::object(), shown = Json::object();
  for (size_t i = 0; i < media.size(); ++i) {
    const bool last = i + 1 == media.size();
    const int end = last ? video.frame_count : video.parts[i + 1].first_frame;
    const int begin = video.parts.empty() ? 0 : video.parts[i].first_frame;
    lengths[media[i]] = times.Between(begin, end);
    rates[media[i]] = times.fps();
    pictures[media[i]] = true;
    sounds[media[i]] = false;
    shown[media[i]] = "Nothing";
  }
  std::vector<std::pair<double, Json>> events;
  for (const BehaviorIntervalRow* row : observation.bouts) {
    const BehaviorRow& behavior = scoring.Behavior(*row);
    const auto [code, modifier] = scoring.Code(behavior);
    const auto add = [&, c = code, m = modifier](int frame) {
      const double time_s = times.Start(frame);
      events.emplace_back(time_s, Json::array({time_s, row->subject, c, m, "", frame}));
    };
    add(row->start_frame);
    if (!behavior.is_point) add(row->end_frame);
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Json list = Json::array();
  for (auto& [time, event] : events) list.push_back(std::move(event));
  return {{"file", {{"1", media}, {"2", Json::array()}}},
          {"type", "MEDIA"},
          {"date", "2000-01-01T00:00:00"},
          {"description", ""},
          {"time offset", 0.0},
          {"events", std::move(list)},
          {"independent_variables", Json::object()},
          {"observation time interval", {0, 0}},
          {"visualize_spectrogram", false},
          {"visualize_waveform", false},
          {"media_creation_date_as_offset", false},
          {"media_scan_sampling_duration", 0},
          {"image_display_duration", 1},
          {"close_behaviors_between_videos", false},
          {"media_info",
           {{"length", lengths},
            {"fps", rates},
            {"hasVideo", pictures},
            {"hasAudio", sounds},
            {"offset", {{"1", 0.0}}},
            {"zoom level", {{"1", 0.0}}},
            {"display subtitles", {{"1", false}}},
            {"display", shown}}}};
}

}  // namespace

ExportReport ExportBoris(const Project& project, const std::filesystem::path& out,
                         const ExportOptions& options, Job& job) {
  const Scoring scoring(project, options);
  ExportReport report;
  std::set<std::string> subjects;
  for (const Observation& observation : scoring.observations()) {
    job.ThrowIfCancelled();
    report.intervals += static_cast<int64_t>(observation.bouts.size());
    for (const BehaviorIntervalRow* row : observation.bouts) subjects.insert(row->subject);
  }
  subjects.erase("");
  if (out.extension() == ".csv" || out.extension() == ".tsv") {
    WriteFileAtomically(out, TableText(project, scoring, out.extension() == ".csv" ? ',' : '\t'));
  } else {
    Json tree;
    tree["time_format"] = "s";
    tree["project_date"] = "2000-01-01T00:00:00";
    tree["project_name"] = project.file().stem().string();
    tree["project_description"] = "";
    tree["project_format_version"] = "7.0";
    tree["subjects_conf"] = Json::object();
    for (const std::string& subject : subjects) {
      tree["subjects_conf"][std::to_string(tree["subjects_conf"].size())] = {
          {"key", ""}, {"name", subject}, {"description", ""}};
    }
    tree["behaviors_conf"] = BehaviorsJson(scoring);
    tree["behavioral_categories"] = Json::array();
    tree["behavioral_categories_config"] = Json::object();
    tree["independent_variables"] = Json::object();
    tree["coding_map"] = Json::object();
    tree["behaviors_coding_map"] = Json::array();
    tree["converters"] = Json::object();
    tree["observations"] = Json::object();
    for (const Observation& observation : scoring.observations()) {
      tree["observations"][observation.name] = ObservationJson(project, scoring, observation);
    }
    WriteFileAtomically(out, tree.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  report.files = 1;
  if (scoring.negatives() > 0) {
    report.warnings.push_back(std::to_string(scoring.negatives()) +
                              " bouts that say 'not this behavior' were left out");
  }
  return report;
}

}  // namespace datasets
