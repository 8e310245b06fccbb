#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/base/text.h"
#include "datasets/files/csv.h"
#include "datasets/files/json_entries.h"
#include "datasets/files/json_members.h"
#include "datasets/formats/boris/boris_reading.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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
    std::vector<std::pair<std::string, std::string>> excluded;
    for (const auto& [key, value] : tree_["behaviors_conf"].items()) {
      BehaviorRow behavior;
      behavior.name = TextOf(value, "code");
      if (behavior.name.empty()) {
        throw Error(file_ + ", behavior " + key, "it has no code", "correct it in BORIS");
      }
      behavior.is_point = TextOf(value, "type").rfind("Point", 0) == 0;
      for (const std::string& code : SplitNames(TextOf(value, "excluded"))) {
        if (!code.empty()) excluded.emplace_back(behavior.name, code);
      }
      points_[behavior.name] = behavior.is_point;
      result_.ethogram.push_back(std::move(behavior));
    }
    GroupExclusions(result_, excluded);
  }

  static std::vector<BorisMedia> MediaOf(const json& observation) {
    std::vector<BorisMedia> list;
    const json files = observation.value("file", json());
    json info = observation.value("media_info", json());
    if (!info.is_object()) info = json::object();
    if (!files.is_object()) return list;
    double start = 0;
    for (const auto& [player, paths] : files.items()) {
      if (player != "1" || !paths.is_array()) continue;
      for (const json& path : paths) {
        if (!path.is_string()) continue;
        BorisMedia media;
        media.file = path.get<std::string>();
        media.start_s = start;
        media.fps = NumberOf(info.value("fps", json()), media.file);
        media.length_s = NumberOf(info.value("length", json()), media.file);
        if (media.length_s <= 0) media.length_s = std::numeric_limits<double>::infinity();
        // Since BORIS 8 events can be in seconds since 1970, from when each file was recorded.
        const json& recorded = MemberOf(info, "media_creation_time");
        if (IsDated(observation) && recorded.is_object() && recorded.contains(media.file)) {
          media.start_s = NumberOf(recorded, media.file);
        }
        start += media.length_s;
        list.push_back(std::move(media));
      }
    }
    return list;
  }
  static bool IsDated(const json& observation) {
    const json& dated = MemberOf(observation, "media_creation_date_as_offset");
    return dated.is_boolean() && dated.get<bool>();
  }

  double WrittenOffset(const std::string& name, const json& observation) const {
    const json value = observation.value("time offset", json());
    if (value.is_null() || value.is_number()) return NumberOf(observation, "time offset");
    const auto number = value.is_string() ? ParseNumber(value.get<std::string>()) : std::nullopt;
    if (number) return *number;
    throw Error(
        file_ + ", observation '" + name + "'",
        "its time offset " + ShownText(value.dump().substr(0, 40)) + " is no number of seconds",
        "correct it in BORIS");
  }

  void Observation(const std::string& name, const json& observation) {
    if (!observation.is_object()) throw Error(file_, "observation '" + name + "' is no object");
    const json events = observation.value("events", json::array());
    const std::vector<BorisMedia> media = MediaOf(observation);
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
      sorted.push_back(std::move(event));
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Event& a, const Event& b) { return a.time_s < b.time_s; });
    const double begin = sorted.empty() ? 0 : sorted.front().time_s - media.front().start_s;
    const double offset = OffsetOf(result_, name, WrittenOffset(name, observation), begin);
    for (Event& event : sorted) {
      event.time_s -= offset;
      if (event.time_s < media.front().start_s - kBorisRounding_s) {
        throw Error(Where(name, event.number), "it lies before the start of its video",
                    "correct its time in BORIS");
      }
    }
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

  void Add(const std::string& name, const std::vector<BorisMedia>& media, const Event& start,
           const Event& stop) {
    BorisBout bout;
    bout.observation = name;
    bout.subject = start.subject;
    bout.behavior = start.code;
    bout.modifiers = start.modifiers;
    bout.is_point = points_[start.code];
    bout.start_s = start.time_s;
    bout.stop_s = stop.time_s;
    bout.where = Where(name, start.number);
    AddBout(result_, media, bout);
  }

  std::string Where(const std::string& observation, int number) const {
    return file_ + ", observation '" + observation + "', event " + std::to_string(number);
  }

  const std::string file_;
  json tree_;
  std::map<std::string, bool> points_;
  BorisFile result_;
};

}  // namespace

BorisFile ReadBorisProject(const fs::path& path) { return ProjectReader(path).Read(); }

}  // namespace datasets
