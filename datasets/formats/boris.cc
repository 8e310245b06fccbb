#include "datasets/formats/boris.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "datasets/base/csv.h"
#include "datasets/base/error.h"
#include "datasets/base/json_entries.h"
#include "datasets/formats/behaviors.h"
#include "datasets/formats/frame_match.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Media {
  std::string file;
  double start_s = 0, length_s = INFINITY, fps = 0;
};

struct Event {
  double time_s = 0;
  std::string subject, code, modifiers;
  int number = 0;  // row in the file, from 1
};

std::string TextOf(const json& object, const char* key) {
  const json value = object.is_object() ? object.value(key, json()) : json();
  return value.is_string() ? value.get<std::string>() : "";
}

double NumberOf(const json& object, const std::string& key) {
  const json value = object.is_object() ? object.value(key, json()) : json();
  return value.is_number() ? value.get<double>() : 0;
}

class ProjectReader {
 public:
  explicit ProjectReader(const fs::path& path)
      : file_("BORIS file '" + path.filename().string() + "'"), tree_(ReadJsonFile(path, file_)) {}

  BorisFile Read() {
    if (!tree_.is_object() || !tree_.value("observations", json()).is_object() ||
        !tree_.value("behaviors_conf", json()).is_object()) {
      throw Error(file_, "it has no observations and behaviors_conf", "give a BORIS project");
    }
    Ethogram();
    for (const auto& [name, observation] : tree_["observations"].items()) {
      Observation(name, observation);
    }
    return std::move(result_);
  }

 private:
  void Ethogram() {
    std::map<std::string, std::set<std::string>> excluded;
    for (const auto& [key, value] : tree_["behaviors_conf"].items()) {
      BehaviorRow behavior;
      behavior.name = TextOf(value, "code");
      if (behavior.name.empty()) {
        throw Error(file_ + ", behavior " + key, "it has no code", "correct it in BORIS");
      }
      behavior.is_point = TextOf(value, "type").rfind("Point", 0) == 0;
      std::string codes = TextOf(value, "excluded") + ",";
      for (size_t comma; (comma = codes.find(',')) != std::string::npos;
           codes.erase(0, comma + 1)) {
        if (comma > 0) excluded[behavior.name].insert(codes.substr(0, comma));
      }
      points_[behavior.name] = behavior.is_point;
      result_.ethogram.push_back(std::move(behavior));
    }
    // Behaviors that exclude each other, directly or through a third, share a group.
    for (bool changed = true; changed;) {
      changed = false;
      for (auto& [code, others] : excluded) {
        for (const std::string& other : std::set<std::string>(others)) {
          for (const std::string& third : std::set<std::string>(excluded[other])) {
            changed = others.insert(third).second || changed;
          }
          changed = excluded[other].insert(code).second || changed;
        }
      }
    }
    for (BehaviorRow& behavior : result_.ethogram) {
      auto group = excluded[behavior.name];
      group.erase("");
      if (group.empty() || behavior.is_point) continue;
      group.insert(behavior.name);
      behavior.exclusion_group = *group.begin();
    }
  }

  std::vector<Media> MediaOf(const std::string& name, const json& observation) {
    std::vector<Media> list;
    const json files = observation.value("file", json());
    json info = observation.value("media_info", json());
    if (!info.is_object()) info = json::object();
    if (!files.is_object()) return list;
    double start = 0;
    for (const auto& [player, paths] : files.items()) {
      if (player != "1" || !paths.is_array()) continue;
      for (const json& path : paths) {
        if (!path.is_string()) continue;
        Media media;
        media.file = path.get<std::string>();
        media.start_s = start;
        media.fps = NumberOf(info.value("fps", json()), media.file);
        media.length_s = NumberOf(info.value("length", json()), media.file);
        if (media.length_s <= 0) media.length_s = INFINITY;
        start += media.length_s;
        list.push_back(std::move(media));
      }
    }
    const double offset = NumberOf(observation, "time offset");
    if (offset != 0) {
      result_.warnings.push_back("observation '" + name + "': its time offset of " +
                                 CsvNumber(offset) + " s was not applied");
    }
    return list;
  }

  void Observation(const std::string& name, const json& observation) {
    if (!observation.is_object()) throw Error(file_, "observation '" + name + "' is no object");
    const json events = observation.value("events", json::array());
    const std::vector<Media> media = MediaOf(name, observation);
    if (media.empty()) {
      result_.warnings.push_back("observation '" + name + "' has no video (" +
                                 std::to_string(events.size()) + " events); it was left out");
      return;
    }
    std::vector<Event> sorted;
    int number = 0;
    for (const json& value : events) {
      ++number;
      const std::string where = Where(name, number);
      if (!value.is_array() || value.size() < 3 || !value[0].is_number() || !value[1].is_string() ||
          !value[2].is_string()) {
        throw Error(where, "it is not [time, subject, code, ...]", "correct it in BORIS");
      }
      Event event;
      event.time_s = value[0].get<double>();
      event.subject = value[1].get<std::string>();
      event.code = value[2].get<std::string>();
      if (value.size() > 3 && value[3].is_string()) event.modifiers = value[3].get<std::string>();
      if (event.modifiers == "None") event.modifiers.clear();
      event.number = number;
      if (!points_.count(event.code)) {
        throw Error(where, "its behavior '" + event.code + "' is not in the ethogram",
                    "add it to the ethogram in BORIS");
      }
      if (event.time_s < 0) throw Error(where, "its time is negative", "correct it in BORIS");
      sorted.push_back(std::move(event));
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Event& a, const Event& b) { return a.time_s < b.time_s; });
    std::map<std::tuple<std::string, std::string, std::string>, Event> open;
    for (const Event& event : sorted) {
      if (points_[event.code]) {
        Add(name, media, event, event);
        continue;
      }
      const auto key = std::make_tuple(event.subject, event.code, event.modifiers);
      const auto begun = open.find(key);
      if (begun == open.end()) {
        open.emplace(key, event);
      } else {
        Add(name, media, begun->second, event);
        open.erase(begun);
      }
    }
    for (const auto& [key, event] : open) {
      result_.unpaired.push_back(
          "observation '" + name + "', event " + std::to_string(event.number) + ": '" + event.code +
          "'" + (event.subject.empty() ? "" : " of " + event.subject) + " starts at " +
          CsvNumber(event.time_s) + " s and never stops; it was left out");
    }
  }

  void Add(const std::string& name, const std::vector<Media>& media, const Event& start,
           const Event& stop) {
    size_t at = 0;
    while (at + 1 < media.size() && start.time_s >= media[at + 1].start_s) ++at;
    BorisBout bout;
    bout.observation = name;
    bout.video = media[at].file;
    bout.subject = start.subject;
    bout.behavior = start.code;
    bout.modifiers = start.modifiers;
    bout.is_point = points_[start.code];
    bout.start_s = start.time_s - media[at].start_s;
    bout.stop_s = stop.time_s - media[at].start_s;
    bout.fps = media[at].fps;
    bout.where = Where(name, start.number);
    if (bout.stop_s > media[at].length_s) {
      bout.stop_s = media[at].length_s;
      result_.warnings.push_back(bout.where + ": it goes on after the end of '" + bout.video +
                                 "' and was cut there");
    }
    result_.bouts.push_back(std::move(bout));
  }

  std::string Where(const std::string& observation, int number) const {
    return file_ + ", observation '" + observation + "', event " + std::to_string(number);
  }

  const std::string file_;
  json tree_;
  std::map<std::string, bool> points_;
  BorisFile result_;
};

std::string FirstText(const CsvTable& table, size_t row, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (!table.Text(row, name).empty()) return table.Text(row, name);
  }
  return "";
}

BorisFile ReadTable(const fs::path& path) {
  const CsvTable table(path, "BORIS table '" + path.filename().string() + "'");
  const bool aggregated = table.Has("start (s)") && table.Has("stop (s)");
  if (!aggregated) table.Require({"time", "behavior", "status"});
  table.Require({"behavior"});
  BorisFile result;
  std::map<std::string, bool> points;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, size_t> open;
  for (size_t i = 0; i < table.rows(); ++i) {
    BorisBout bout;
    bout.observation = table.Text(i, "observation id");
    bout.video = FirstText(table, i, {"media file name", "media file path", "media file"});
    bout.subject = table.Text(i, "subject");
    if (bout.subject == "No focal subject") bout.subject.clear();
    bout.behavior = table.Text(i, "behavior");
    bout.modifiers = FirstText(table, i, {"modifiers", "modifier #1"});
    const std::string& rate = table.Text(i, "fps");
    bout.fps = ParseNumber(rate).value_or(0);
    bout.where = table.Where(i);
    if (bout.behavior.empty()) throw Error(bout.where, "it names no behavior", "correct it");
    const std::string status = FirstText(table, i, {"behavior type", "status"});
    bout.is_point = status == "POINT";
    points[bout.behavior] = bout.is_point;
    const auto start = table.Number(i, aggregated ? "start (s)" : "time");
    if (!start || *start < 0) throw Error(bout.where, "its start is not a time", "correct it");
    bout.start_s = bout.stop_s = *start;
    if (bout.is_point) {
      result.bouts.push_back(std::move(bout));
    } else if (aggregated) {
      const auto stop = table.Number(i, "stop (s)");
      if (!stop) {
        result.unpaired.push_back(bout.where + ": '" + bout.behavior +
                                  "' never stops; it was left out");
        continue;
      }
      if (*stop < *start) throw Error(bout.where, "it stops before it starts", "correct it");
      bout.stop_s = *stop;
      result.bouts.push_back(std::move(bout));
    } else {
      const auto key = std::make_tuple(bout.observation + "/" + bout.video, bout.subject,
                                       bout.behavior, bout.modifiers);
      const auto begun = open.find(key);
      if (status == "START" && begun == open.end()) {
        open.emplace(key, result.bouts.size());
        result.bouts.push_back(std::move(bout));
      } else if (status == "STOP" && begun != open.end()) {
        result.bouts[begun->second].stop_s = bout.start_s;
        open.erase(begun);
      } else {
        result.unpaired.push_back(bout.where + ": " + status + " of '" + bout.behavior +
                                  "' has no partner; it was left out");
      }
    }
  }
  std::set<size_t> unfinished;
  for (const auto& [key, index] : open) {
    unfinished.insert(index);
    result.unpaired.push_back(result.bouts[index].where + ": START of '" +
                              result.bouts[index].behavior + "' has no STOP; it was left out");
  }
  for (auto it = unfinished.rbegin(); it != unfinished.rend(); ++it) {
    result.bouts.erase(result.bouts.begin() + static_cast<std::ptrdiff_t>(*it));
  }
  for (const auto& [name, is_point] : points) {
    BehaviorRow behavior;
    behavior.name = name;
    behavior.is_point = is_point;
    result.ethogram.push_back(std::move(behavior));
  }
  return result;
}

}  // namespace

BorisFile ReadBoris(const fs::path& path) {
  const fs::path extension = path.extension();
  if (extension == ".csv" || extension == ".tsv" || extension == ".txt") return ReadTable(path);
  return ProjectReader(path).Read();
}

ImportReport ImportBoris(Project& project, const fs::path& path, const ImportOptions& options,
                         Job& job) {
  BorisFile content = ReadBoris(path);
  const VideoMatcher matcher(project, path, options.video);
  std::vector<std::string> warnings = content.warnings;
  warnings.insert(warnings.end(), content.unpaired.begin(), content.unpaired.end());
  std::map<std::string, const VideoRow*> videos;
  std::map<std::string, std::set<std::string>> observations;  // of each video
  for (const BorisBout& bout : content.bouts) {
    observations[bout.video].insert(bout.observation);
    if (!videos.count(bout.video)) videos[bout.video] = matcher.Find(bout.video);
  }
  if (matcher.forced() && videos.size() == 1) videos.begin()->second = matcher.forced();
  std::map<std::string, BehaviorRow> ethogram;
  for (const BehaviorRow& behavior : content.ethogram) ethogram[behavior.name] = behavior;
  std::vector<IncomingInterval> intervals;
  std::map<std::string, int64_t> missing;
  for (const BorisBout& bout : content.bouts) {
    job.ThrowIfCancelled();
    const VideoRow* video = videos[bout.video];
    if (!video || (matcher.forced() && video != matcher.forced())) {
      ++missing[bout.video];
      continue;
    }
    const double fps = options.fps > 0 ? options.fps : video->fps;
    std::string name = bout.behavior;
    if (!bout.modifiers.empty()) name += " (" + bout.modifiers + ")";
    if (!ethogram.count(name)) {
      BehaviorRow behavior = ethogram[bout.behavior];
      behavior.name = name;
      ethogram[name] = behavior;
    }
    BehaviorTableRow row;
    row.where = bout.where;
    row.start_s = bout.start_s;
    row.stop_s = bout.stop_s;
    SecondsToFrames(row, fps);
    // The last moment of a video counts as its last frame.
    const int last = video->frame_count - 1;
    if (row.start_frame == last + 1) row.start_frame = last;
    if (row.end_frame == last + 2) row.end_frame = last + 1;
    const bool several = observations[bout.video].size() > 1;
    intervals.push_back({video->id, bout.subject, name, several ? bout.observation : options.author,
                         true, row.start_frame, row.end_frame, bout.where});
  }
  for (const auto& [name, count] : missing) {
    warnings.push_back(std::to_string(count) + " bouts of the video '" + name +
                       "', which is not in the project, were left out");
  }
  if (intervals.empty() && !content.bouts.empty()) {
    throw Error("BORIS file '" + path.filename().string() + "'",
                "none of its videos is in the project (" + missing.begin()->first + ", ...)",
                "add them with `vole add-video`, or say which with --video");
  }
  std::vector<BehaviorRow> rows;
  for (const auto& [name, behavior] : ethogram) rows.push_back(behavior);
  return StoreIntervals(project, rows, intervals, std::move(warnings), job);
}

}  // namespace datasets
