#include "datasets/formats/behaviors/behavior_frames.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "datasets/base/error.h"
#include "datasets/exchange/behavior_choice.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/files/atomic_file.h"

namespace datasets {

namespace {

constexpr char kBackground[] = "background";  // DeepEthogram's column for no behavior
constexpr char kProbability[] = "probability_", kSimba[] = "SimBA";

const std::set<std::string> kFrameColumns = {"frame", "frames", "frame_number", "frame_idx",
                                             "frame_index"};
// Numbers of rows, which pandas and R write unasked.
const std::set<std::string> kIndexColumns = {"", "index", "unnamed: 0"};
// What a row is about, beside its frame.
const std::set<std::string> kRowColumns = {"video", "subject", "animal",   "id",
                                           "rater", "author",  "observer", "fps"};

// Of seconds; BORIS' binary table says "time".
const std::set<std::string> kTimeColumns = {"time", "time_s", "time (s)", "seconds", "time_sec"};

enum class Cell { kNo, kYes, kNotScored, kOther };

Cell CellOf(const CsvTable& table, size_t row, const std::string& column) {
  const std::string& text = table.Text(row, column);
  if (text.empty()) return Cell::kNotScored;
  const auto number = table.Parse(text);
  if (number) {
    if (*number == 0) return Cell::kNo;
    if (*number == 1) return Cell::kYes;
    return *number == -1 ? Cell::kNotScored : Cell::kOther;
  }
  std::string word = text;
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word == "true" ? Cell::kYes : word == "false" ? Cell::kNo : Cell::kOther;
}

using RowsOfFrames = std::map<int, size_t>;

struct FrameColumns {
  std::vector<size_t> behaviors;  // into columns()
  int others = 0;                 // of other numbers
  bool by_machine = false;        // SimBA's classifiers have answered
};

std::string LowerProbability(const std::string& name) { return kProbability + name; }

// SimBA writes "Probability_Attack" before "Attack", which a machine has decided then.
bool IsProbabilityOf(const CsvTable& table, const std::string& name) {
  constexpr size_t kLength = sizeof kProbability - 1;
  return name.compare(0, kLength, kProbability) == 0 && table.Has(name.substr(kLength));
}

FrameColumns ColumnsOf(const CsvTable& table) {
  FrameColumns result;
  for (size_t i = 0; i < table.columns().size(); ++i) {
    const std::string& name = table.columns()[i];
    if (kFrameColumns.count(name) || kIndexColumns.count(name) || kRowColumns.count(name)) continue;
    if (kTimeColumns.count(name)) continue;
    if (IsProbabilityOf(table, name)) {
      if (!result.by_machine) {  // what stands before the first one is features
        result.others += static_cast<int>(result.behaviors.size());
        result.behaviors.clear();
      }
      result.by_machine = true;
      ++result.others;
      continue;
    }
    bool scored = false, fits = true;
    for (size_t row = 0; row < table.rows() && fits; ++row) {
      const Cell cell = CellOf(table, row, name);
      fits = cell != Cell::kOther;
      scored |= cell == Cell::kYes || cell == Cell::kNo;
    }
    if (fits && scored) {
      result.behaviors.push_back(i);
    } else {
      ++result.others;
      // A feature that is 0 or 1 by chance stands before the last one that is not.
      result.others += static_cast<int>(result.behaviors.size());
      result.behaviors.clear();
    }
  }
  return result;
}

std::string FirstText(const CsvTable& table, size_t row, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (!table.Text(row, name).empty()) return table.Text(row, name);
  }
  return "";
}

}  // namespace

bool IsFrameTable(const CsvTable& table) {
  for (const char* column : {"behavior", "start_frame", "stop_frame", "start_s", "stop_s"}) {
    if (table.Has(column)) return false;
  }
  return table.rows() > 0 && !ColumnsOf(table).behaviors.empty();
}

bool IsLikeSimba(const std::vector<std::vector<std::string>>& lines) {
  if (lines.size() < 2) return false;
  const std::vector<std::string>& names = lines[0];
  const std::set<std::string> all(names.begin(), names.end());
  const auto ends = [](const std::string& name, const std::string& ending) {
    return name.size() > ending.size() &&
           name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
  };
  // Body parts as NAME_x, NAME_y, NAME_p in front, 0 or 1 in the last column.
  int parts = 0;
  for (const std::string& name : names) {
    if (!ends(name, "_x")) continue;
    const std::string stem = name.substr(0, name.size() - 2);
    parts += all.count(stem + "_y") && all.count(stem + "_p") ? 1 : 0;
  }
  if (parts < 2 || ends(names.back(), "_p") || lines[1].size() != names.size()) return false;
  const auto last = ParseNumber(lines[1].back());
  return last && (*last == 0 || *last == 1);
}

bool IsPureFrameTable(const CsvTable& table) {
  return IsFrameTable(table) && ColumnsOf(table).others == 0;
}

namespace {

// Seconds of each row, where a column counts them up within each scene; else nothing, and the name
// of a column that should have.
std::vector<double> TimesOf(const CsvTable& table, const std::vector<const RowsOfFrames*>& scenes,
                            std::string* unread) {
  for (size_t column = 0; column < table.columns().size(); ++column) {
    const std::string& name = table.columns()[column];
    if (!kTimeColumns.count(name)) continue;
    std::vector<double> times(table.rows());
    bool counts = true;
    for (size_t row = 0; row < table.rows() && counts; ++row) {
      counts = table.Parse(table.Text(row, name)).has_value();
      if (!counts) continue;
      times[row] = *table.Number(row, name);
      counts = times[row] >= 0 && times[row] < 1e9;
    }
    for (const RowsOfFrames* frames : scenes) {
      double before = -1;
      for (const auto& [frame, row] : *frames) {
        counts = counts && times[row] > before;
        before = times[row];
      }
    }
    if (counts) return times;
    *unread = table.column_titles()[column];
  }
  return {};
}

BehaviorTableScene SceneOf(const std::string& video, const RowsOfFrames& frames,
                           const std::vector<double>& times) {
  BehaviorTableScene scene;
  scene.video = video;
  scene.rows = static_cast<int64_t>(frames.size());
  scene.first_number = frames.begin()->first;
  scene.last_number = frames.rbegin()->first;
  if (times.empty()) return scene;
  scene.first_s = times[frames.begin()->second];
  scene.last_s = times[frames.rbegin()->second];
  const auto steps = static_cast<double>(scene.last_number - scene.first_number);
  if (steps > 0) scene.step_s = (scene.last_s - scene.first_s) / steps;
  return scene;
}

// When the row after that of `frame` begins; the last one of a stretch is as long as the one before
// it, or as the mean of all.
double StopOf(const RowsOfFrames& frames, int frame, const std::vector<double>& times,
              double step_s) {
  const auto at = frames.find(frame);
  const auto next = std::next(at);
  const double start_s = times[at->second];
  if (next != frames.end() && next->first == frame + 1) return times[next->second];
  const bool follows = at != frames.begin() && std::prev(at)->first == frame - 1;
  return start_s + (follows ? start_s - times[std::prev(at)->second] : step_s);
}

std::string NumberColumn(const CsvTable& table, const std::set<std::string>& names, bool* found) {
  for (const std::string& name : table.columns()) {
    *found = names.count(name) > 0;
    if (*found) return name;
  }
  return "";
}

}  // namespace

std::vector<BehaviorTableRow> ReadFrameTable(const CsvTable& table, std::vector<std::string>* notes,
                                             BehaviorTableFacts* facts) {
  const FrameColumns columns = ColumnsOf(table);
  BehaviorTableFacts read;
  std::string frame_column = NumberColumn(table, kFrameColumns, &read.has_frames);
  if (!read.has_frames) frame_column = NumberColumn(table, kIndexColumns, &read.has_index);
  const bool numbered = read.has_frames || read.has_index;
  using Scene = std::tuple<std::string, std::string, std::string>;  // video, subject, rater
  std::map<Scene, RowsOfFrames> scenes;
  for (size_t row = 0; row < table.rows(); ++row) {
    const Scene scene(table.Text(row, "video"), FirstText(table, row, {"subject", "animal", "id"}),
                      FirstText(table, row, {"rater", "author", "observer"}));
    auto& frames = scenes[scene];
    int64_t frame = static_cast<int64_t>(frames.size());
    if (numbered) {
      const auto given = table.Whole(row, frame_column);
      if (!given || *given < 0 || *given >= INT32_MAX) {
        throw Error(table.Where(row), "it does not say which frame it is about",
                    "frames are numbered from 0");
      }
      frame = *given;
    }
    if (!frames.emplace(static_cast<int>(frame), row).second) {
      throw Error(table.Where(row), "frame " + std::to_string(frame) + " comes twice",
                  "give one row a frame, or a column that says which video or subject it is about");
    }
  }
  std::vector<const RowsOfFrames*> lists;
  for (const auto& [scene, frames] : scenes) lists.push_back(&frames);
  const std::vector<double> times = TimesOf(table, lists, &read.unread_times);
  read.has_times = !times.empty();
  for (const auto& [scene, frames] : scenes) {
    read.scenes.push_back(SceneOf(std::get<0>(scene), frames, times));
  }
  // Beside other numbers (features) a column without a 1 may be one of them.
  for (const size_t column : columns.behaviors) {
    const std::string& name = table.columns()[column];
    if (name == kBackground) continue;
    if (columns.others > 0 && !table.Has(LowerProbability(name))) continue;
    read.behaviors.push_back(table.column_titles()[column]);
  }
  std::vector<BehaviorTableRow> rows;
  int64_t not_scored = 0;
  int number = -1;  // of the scene
  for (const auto& [scene, frames] : scenes) {
    ++number;
    for (const size_t column : columns.behaviors) {
      if (table.columns()[column] == kBackground) continue;
      BehaviorTableRow bout;
      std::tie(bout.video, bout.subject, bout.rater) = scene;
      if (columns.by_machine && bout.rater.empty()) bout.rater = kSimba;
      bout.behavior = table.column_titles()[column];
      bout.has_frames = true;
      bout.scene = number;
      bout.end_frame = -1;  // no bout is open
      for (const auto& [frame, row] : frames) {
        const Cell cell = CellOf(table, row, table.columns()[column]);
        not_scored += cell == Cell::kNotScored ? 1 : 0;
        const bool goes_on = bout.end_frame == frame && cell == Cell::kYes;
        if (bout.end_frame >= 0 && !goes_on) {
          rows.push_back(bout);
          bout.end_frame = -1;
        }
        if (cell != Cell::kYes) continue;
        if (bout.end_frame < 0) {
          bout.start_frame = frame;
          bout.where = table.Where(row);
          if (!times.empty()) bout.start_s = times[row];
        }
        bout.end_frame = frame + 1;
        if (!times.empty()) {
          bout.stop_s =
              StopOf(frames, frame, times, read.scenes[static_cast<size_t>(number)].step_s);
        }
      }
      if (bout.end_frame >= 0) rows.push_back(bout);
    }
  }
  if (notes && columns.others > 0) {
    std::string names;
    for (const size_t column : columns.behaviors) {
      names += (names.empty() ? "" : ", ") + table.column_titles()[column];
    }
    notes->push_back(std::to_string(columns.others) +
                     " columns are no behaviors and were left out; read were " + names);
  }
  if (notes && columns.by_machine) {
    notes->push_back(
        "the bouts are what SimBA's classifiers answered, not what a person scored: "
        "their rater is 'SimBA'");
  }
  if (notes && not_scored > 0) {
    notes->push_back(
        std::to_string(not_scored) +
        " cells say that nobody scored the behavior there; nothing is stored for them");
  }
  if (facts) *facts = std::move(read);
  return rows;
}

std::string VideoOfFrameTable(const std::filesystem::path& path, const VideoMatcher& matcher) {
  const std::string stem = path.stem().string();
  for (const std::string ending : {"", "_labels", "-labels", "_predictions", "-predictions"}) {
    if (stem.size() <= ending.size() ||
        stem.compare(stem.size() - ending.size(), ending.size(), ending) != 0) {
      continue;
    }
    const std::string name = stem.substr(0, stem.size() - ending.size());
    if (matcher.Find(name)) return name;
  }
  return "";
}

ExportReport ExportFrameTable(const Project& project, const std::filesystem::path& out,
                              const ExportOptions& options, Job& job) {
  const VideoRow video = project.VideoByName(options.video);
  const std::vector<BehaviorRow> behaviors = project.Behaviors();
  std::map<Id, size_t> column_of;
  std::string header = "frame";
  bool names_background = false;
  for (const BehaviorRow& behavior : behaviors) names_background |= behavior.name == kBackground;
  using Scene = std::pair<std::string, std::string>;  // subject, rater
  std::map<Scene, std::vector<BehaviorIntervalRow>> scenes;
  std::set<std::string> subjects, raters;
  ExportReport report;
  int64_t negatives = 0;
  for (const BehaviorIntervalRow& row : ChosenIntervals(project, video, options.what)) {
    if (!row.present) {
      ++negatives;
      continue;
    }
    scenes[{row.subject, row.author}].push_back(row);
    subjects.insert(row.subject);
    raters.insert(row.author);
    ++report.intervals;
  }
  const bool with_subject = subjects.size() > 1, with_rater = raters.size() > 1;
  header += with_subject ? ",subject" : "";
  header += with_rater ? ",rater" : "";
  header += names_background ? "" : std::string(",") + kBackground;
  for (const BehaviorRow& behavior : behaviors) {
    column_of.emplace(behavior.id, column_of.size());
    header += "," + CsvField(behavior.name);
  }
  if (scenes.empty()) scenes[{"", ""}];
  AtomicFile file(out);
  file.Write(header + "\n");
  for (const auto& [scene, bouts] : scenes) {
    const std::string middle = (with_subject ? "," + CsvField(scene.first) : "") +
                               (with_rater ? "," + CsvField(scene.second) : "");
    // What begins and ends at a frame; only the frames at hand are held.
    std::multimap<int, std::pair<size_t, int>> changes;
    for (const BehaviorIntervalRow& bout : bouts) {
      const size_t column = column_of.at(bout.behavior_id);
      changes.emplace(bout.start_frame, std::make_pair(column, 1));
      changes.emplace(bout.end_frame, std::make_pair(column, -1));
    }
    std::vector<int> happening(behaviors.size());
    auto change = changes.begin();
    for (int frame = 0; frame < video.frame_count; ++frame) {
      if (frame % 4096 == 0) job.Advance(frame, video.frame_count, "writing " + video.name);
      for (; change != changes.end() && change->first <= frame; ++change) {
        happening[change->second.first] += change->second.second;
      }
      std::string line = std::to_string(frame) + middle;
      const bool none =
          std::all_of(happening.begin(), happening.end(), [](int count) { return count == 0; });
      if (!names_background) line += none ? ",1" : ",0";
      for (const int count : happening) line += count > 0 ? ",1" : ",0";
      file.Write(line + "\n");
    }
  }
  file.Commit();
  report.files = 1;
  if (negatives > 0) {
    report.warnings.push_back(
        std::to_string(negatives) +
        " bouts that say 'not this behavior' are 0, as is what nobody scored");
  }
  return report;
}

}  // namespace datasets
