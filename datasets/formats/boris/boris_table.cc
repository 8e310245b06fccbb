#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"
#include "datasets/formats/boris/boris_reading.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

std::string UpperCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::vector<std::string> Parts(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

constexpr double kEarliest = -0.002;  // seconds: BORIS keeps three digits

// Aggregated (Start (s), Stop (s)), or one row an event, whose state stands in "Status" or, since
// BORIS 8, in "Behavior type". BORIS 7 writes lines about the observation above the column names.
class BorisTableReader {
 public:
  BorisTableReader(const fs::path& path, const BorisLengths& lengths)
      : lengths_(lengths),
        table_(path, "BORIS table '" + path.filename().string() + "'",
               {{"time", "behavior", "status"},
                {"time", "behavior", "behavior type"},
                {"start (s)", "stop (s)", "behavior"}}),
        aggregated_(table_.Has("start (s)") && table_.Has("stop (s)")) {
    if (!aggregated_) {
      table_.Require({"time", "behavior"});
      if (!table_.Has("behavior type")) table_.Require({"status"});
    }
    table_.Require({"behavior"});
    for (const std::string& column : table_.columns()) {
      if (column.rfind("modifier #", 0) == 0) modifier_columns_.push_back(column);
    }
    for (const auto& line : table_.above()) {
      if (line.size() > 1 && line[0] == "Observation id") observation_above_ = line[1];
      if (line.size() > 1 && line[0] == "Time offset (s)") offset_above_ = line[1];
    }
  }

  BorisFile Read() {
    for (size_t row = 0; row < table_.rows(); ++row) Take(row);
    for (const auto& [key, bout] : open_) {
      unpaired_.emplace_back(bout.line, bout.bout.where + ": START of '" + bout.bout.behavior +
                                            "' has no STOP; it was left out");
    }
    std::sort(unpaired_.begin(), unpaired_.end());
    for (auto& [line, text] : unpaired_) result_.unpaired.push_back(std::move(text));
    std::stable_sort(bouts_.begin(), bouts_.end(),
                     [](const Line& a, const Line& b) { return a.line < b.line; });
    table_.NoteCommas(&result_.warnings);
    for (auto& [observation, scene] : scenes_) {
      scene.offset_s = OffsetOf(result_, observation, scene.offset_s, scene.first_s);
    }
    for (Line& line : bouts_) {
      const double offset = scenes_[line.bout.observation].offset_s;
      line.bout.start_s -= offset;
      line.bout.stop_s -= offset;
      if (line.bout.start_s < kEarliest) {
        throw Error(line.bout.where, "it lies before the start of its video", "correct its time");
      }
      AddBout(result_, MediaOf(line), line.bout);
    }
    if (without_time_ > 0) {
      result_.warnings.push_back(std::to_string(without_time_) +
                                 " lines have no time (BORIS scores pictures so); they were left "
                                 "out");
    }
    for (const auto& [name, is_point] : points_) {
      BehaviorRow behavior;
      behavior.name = name;
      behavior.is_point = is_point;
      result_.ethogram.push_back(std::move(behavior));
    }
    return std::move(result_);
  }

 private:
  struct Line {
    BorisBout bout;  // seconds of the observation
    size_t row = 0;
    int line = 0;
  };
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  struct Scene {  // an observation
    double offset_s = 0, first_s = std::numeric_limits<double>::infinity();
    int offset_line = 0;                  // that says the offset; 0: none has
    std::map<std::string, double> media;  // and the first event in each
  };

  std::string FirstText(size_t row, std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      if (!table_.Text(row, name).empty()) return table_.Text(row, name);
    }
    return "";
  }

  std::string MediaName(size_t row) const {
    const std::string name = FirstText(row, {"media file name", "media file path", "media file"});
    if (name != "NA" && name != "Not found") return name;
    // The last moment of a file is found in none.
    const std::vector<std::string> files = FilesOfSource(row);
    return name == "Not found" && files.size() == 1 ? files[0] : "";
  }

  // As BORIS writes them in a project: "object|left".
  std::string Modifiers(size_t row) const {
    std::string text = table_.Text(row, "modifiers");
    std::vector<std::string> all;
    for (const std::string& column : modifier_columns_) all.push_back(table_.Text(row, column));
    while (!all.empty() && (all.back().empty() || all.back() == "None")) all.pop_back();
    if (text.empty()) {
      for (const std::string& one : all) {
        text += (text.empty() ? "" : "|") + (one.empty() ? std::string("None") : one);
      }
    }
    return text == "None" ? "" : text;
  }

  // START, STOP or POINT of an event; POINT or STATE of an aggregated row.
  std::string State(size_t row) const {
    for (const char* column : {"status", "behavior type"}) {
      const std::string state = UpperCase(table_.Text(row, column));
      if (state == "POINT" || state == "POINT EVENT") return "POINT";
      if (aggregated_ ? true : state == "START" || state == "STOP") return state;
    }
    throw Error(table_.Where(row), "it says neither START nor STOP nor POINT", "correct it");
  }

  void Take(size_t row) {
    Line line;
    line.row = row;
    line.line = table_.line(row);
    BorisBout& bout = line.bout;
    bout.observation = table_.Text(row, "observation id");
    if (bout.observation.empty()) bout.observation = observation_above_;
    bout.subject = table_.Text(row, "subject");
    if (bout.subject == "No focal subject") bout.subject.clear();
    bout.behavior = table_.Text(row, "behavior");
    bout.modifiers = Modifiers(row);
    bout.where = table_.Where(row);
    if (bout.behavior.empty()) throw Error(bout.where, "it names no behavior", "correct it");
    const std::string state = State(row);
    bout.is_point = state == "POINT";
    points_[bout.behavior] = bout.is_point;
    const char* column = aggregated_ ? "start (s)" : "time";
    if (table_.Text(row, column) == "NA") {
      ++without_time_;
      return;
    }
    const auto start = table_.Number(row, column);
    if (!start) throw Error(bout.where, "its start is not a time", "correct it");
    bout.start_s = bout.stop_s = *start;
    Scene& scene = scenes_[bout.observation];
    scene.first_s = std::min(scene.first_s, *start);
    TakeOffset(row, &scene);
    const double seen = scene.media.emplace(MediaName(row), *start).first->second;
    scene.media[MediaName(row)] = std::min(seen, *start);
    if (bout.is_point) {
      bouts_.push_back(std::move(line));
    } else if (aggregated_) {
      const std::string& text = table_.Text(row, "stop (s)");
      const auto stop = text == "NA" ? std::nullopt : table_.Number(row, "stop (s)");
      if (!stop) {
        unpaired_.emplace_back(
            line.line, bout.where + ": '" + bout.behavior + "' never stops; it was left out");
        return;
      }
      if (*stop < *start) throw Error(bout.where, "it stops before it starts", "correct it");
      bout.stop_s = *stop;
      bouts_.push_back(std::move(line));
    } else {
      Pair(std::move(line), state);
    }
  }

  // Events that are moved by seconds that nobody meant lie on frames that nobody scored.
  void TakeOffset(size_t row, Scene* scene) const {
    const std::string& own = table_.Text(row, "time offset (s)");
    const std::string& text = own.empty() ? offset_above_ : own;
    const auto offset = text.empty() || text == "NA" ? 0 : table_.Parse(text);
    if (!offset) {
      throw Error(table_.Where(row), "its time offset '" + text + "' is no number of seconds",
                  "write seconds, 0 where there is none");
    }
    if (scene->offset_line > 0 && *offset != scene->offset_s) {
      throw Error(table_.Where(row),
                  "its time offset is " + CsvNumber(*offset) + " s, and in line " +
                      std::to_string(scene->offset_line) + " of the same observation " +
                      CsvNumber(scene->offset_s) + " s",
                  "correct it: an observation has one offset (column Observation id)");
    }
    scene->offset_s = *offset;
    scene->offset_line = table_.line(row);
  }

  void Pair(Line line, const std::string& state) {
    // A state may go on in the observation's next file; without observations each file is one.
    const std::string scene =
        line.bout.observation.empty() ? MediaName(line.row) : line.bout.observation;
    const Key key(scene, line.bout.subject, line.bout.behavior, line.bout.modifiers);
    const auto begun = open_.find(key);
    if (state == "START" && begun == open_.end()) {
      open_.emplace(key, std::move(line));
    } else if (state == "STOP" && begun != open_.end()) {
      begun->second.bout.stop_s = line.bout.start_s;
      if (begun->second.bout.stop_s < begun->second.bout.start_s) {
        throw Error(line.bout.where, "it stops before it starts", "sort the table by time");
      }
      bouts_.push_back(std::move(begun->second));
      open_.erase(begun);
    } else {
      unpaired_.emplace_back(line.line, line.bout.where + ": " + state + " of '" +
                                            line.bout.behavior +
                                            "' has no partner; it was left out");
    }
  }

  // "player #1:a.mp4;b.mp4|player #2:c.mp4": the files of the first player.
  std::vector<std::string> FilesOfSource(size_t row) const {
    std::string source = table_.Text(row, "source");
    source = source.substr(0, source.find("|player #"));
    if (source.rfind("player #", 0) == 0) {
      const size_t colon = source.find(':');
      source = colon == std::string::npos ? "" : source.substr(colon + 1);
      source.erase(0, source.find_first_not_of(' '));
    }
    return Parts(source == "NA" ? "" : source, ';');
  }

  // The same with "2.400;2.400|2.400" where it plays several. Their lengths are infinite where the
  // table does not say them.
  std::vector<BorisMedia> Listed(size_t row) const {
    const auto first_player = [&](const char* column) {
      const std::string& text = table_.Text(row, column);
      return Parts(text.substr(0, text.find('|')), ';');
    };
    const std::vector<std::string> files = FilesOfSource(row);
    const std::vector<std::string> lengths = first_player("media duration (s)");
    const std::vector<std::string> rates = first_player("fps");
    std::vector<BorisMedia> list;
    double start = 0;
    for (size_t i = 0; i < files.size() && files.size() > 1; ++i) {
      BorisMedia media;
      media.file = files[i];
      media.start_s = start;
      const auto length = i < lengths.size() ? table_.Parse(lengths[i]) : std::nullopt;
      if (length && *length > 0) media.length_s = *length;
      if (i < rates.size()) media.fps = table_.Parse(rates[i]).value_or(0);
      start += media.length_s;
      list.push_back(std::move(media));
    }
    return list;
  }

  // The files that the table names, by the first event in each; as long as the project's videos of
  // those names are. Empty where that does not make the observation's total length.
  std::vector<BorisMedia> Named(const Scene& scene, size_t row) const {
    std::vector<std::pair<double, std::string>> files;
    for (const auto& [name, first_s] : scene.media) files.emplace_back(first_s, name);
    std::sort(files.begin(), files.end());
    std::vector<BorisMedia> list;
    double start = 0;
    for (const auto& [first_s, name] : files) {
      const auto length = lengths_ && !name.empty() ? lengths_(name) : std::nullopt;
      if (!length) return {};
      BorisMedia media;
      media.file = name;
      media.start_s = start;
      media.length_s = *length;
      start += *length;
      list.push_back(std::move(media));
    }
    const auto total = table_.Parse(table_.Text(row, "total length"));
    constexpr double kTolerance = 0.5;  // seconds
    return total && std::abs(*total - start) < kTolerance ? list : std::vector<BorisMedia>{};
  }

  const std::vector<BorisMedia>& MediaOf(const Line& line) {
    const std::string& observation = line.bout.observation;
    const std::string name = MediaName(line.row);
    const Scene& scene = scenes_[observation];
    const bool one_file = observation.empty() || scene.media.size() <= 1;
    auto [known, added] = media_.try_emplace({observation, one_file ? "" : name});
    if (added) known->second = Listed(line.row);
    if (added && known->second.empty() && !one_file) known->second = Named(scene, line.row);
    const std::vector<BorisMedia>& list = known->second;
    const bool all_known = std::all_of(list.begin(), list.end(), [&](const BorisMedia& media) {
      return std::isfinite(media.length_s) || &media == &list.back();
    });
    const bool in_first = !list.empty() && one_file && name == list.front().file;
    if (list.empty() ? !one_file : !all_known && !in_first) {
      throw Error(line.bout.where,
                  "observation '" + observation +
                      "' goes over several files, and the table does not say how long they are "
                      "(columns Source and Media duration (s))",
                  "give the .boris project, a table of a newer BORIS, or add all its files to the "
                  "project as videos");
    }
    if (!list.empty()) return list;
    single_.assign(1, BorisMedia{});
    single_[0].file = name;
    single_[0].fps = table_.Parse(table_.Text(line.row, "fps")).value_or(0);
    return single_;
  }

  const BorisLengths lengths_;
  const CsvTable table_;
  const bool aggregated_;
  std::vector<std::string> modifier_columns_;
  std::string observation_above_, offset_above_;
  BorisFile result_;
  std::map<std::string, bool> points_;
  std::map<Key, Line> open_;
  std::vector<Line> bouts_;
  std::vector<std::pair<int, std::string>> unpaired_;  // by line
  std::map<std::string, Scene> scenes_;
  int64_t without_time_ = 0;
  std::map<std::pair<std::string, std::string>, std::vector<BorisMedia>> media_;
  std::vector<BorisMedia> single_;
};

}  // namespace

BorisFile ReadBorisTable(const fs::path& path, const BorisLengths& lengths) {
  return BorisTableReader(path, lengths).Read();
}

}  // namespace datasets
