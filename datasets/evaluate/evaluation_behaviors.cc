#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "datasets/base/error.h"
#include "datasets/evaluate/evaluation_files.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/formats/behaviors/behavior_places.h"
#include "datasets/metrics/classification.h"

namespace datasets {

namespace {

using nlohmann::json;
using Rows = std::vector<BehaviorTableRow>;
using Scene = std::pair<std::string, std::string>;  // video (without ending), subject

constexpr int kNone = 0;  // no behavior

struct RatedTable {
  std::filesystem::path path;
  Rows rows;
  BehaviorTableFacts facts;
  std::vector<std::string> notes;
};

RatedTable ReadTable(const std::filesystem::path& path) {
  RatedTable table;
  table.path = path;
  table.rows = ReadBehaviorTable(path, &table.notes, &table.facts);
  return table;
}

// How many frames the video has, where `table` has a row for each from 1 to N and `other` one for
// each from 0 to N - 1; else 0: no file says it.
int FramesOf(const std::string& video, const BehaviorTableFacts& table,
             const BehaviorTableFacts& other) {
  const std::string name = NameWithoutEnding(video);
  int64_t last = 0, count = 0;
  for (const BehaviorTableScene& scene : table.scenes) {
    if (scene.video != video || scene.first_number != 1) continue;
    if (scene.rows == scene.last_number) last = std::max(last, scene.last_number);
  }
  const bool by_frames = other.has_frames || !other.has_times;
  for (const BehaviorTableScene& scene : other.scenes) {
    if (NameWithoutEnding(scene.video) != name || scene.first_number != 0 || !by_frames) continue;
    if (scene.rows == scene.last_number + 1) count = std::max(count, scene.rows);
  }
  return last == count ? static_cast<int>(count) : 0;
}

// The rows of one rater, on frames from 0.
Rows RowsOf(RatedTable& table, const RatedTable& other, const std::string& rater,
            const std::string& option, double fps, const PlaceRules& rules) {
  const std::filesystem::path& path = table.path;
  Rows& rows = table.rows;
  const FrameTimes times(fps);
  const auto video_of = [&](const std::string& name, const std::string&) {
    TableVideo video;
    video.name = name;
    video.frame_count = FramesOf(name, table.facts, other.facts);
    if (fps > 0) video.times = &times;
    return video;
  };
  PlaceRows(rows, table.facts, rules, video_of, &table.notes);
  std::set<std::string> raters;
  for (BehaviorTableRow& row : rows) {
    raters.insert(row.rater);
    row.video = NameWithoutEnding(row.video);
  }
  std::string names;
  for (const std::string& name : raters) names += (names.empty() ? "" : ", ") + name;
  const std::string what = "behavior table '" + path.filename().string() + "'";
  if (rater.empty() && raters.size() > 1) {
    throw Error(what, "it holds several raters: " + names, "choose one with --" + option);
  }
  if (!rater.empty() && !raters.count(rater)) {
    throw Error(what, "it has no rater '" + rater + "'", "choose one of " + names);
  }
  rows.erase(std::remove_if(rows.begin(), rows.end(),
                            [&](const BehaviorTableRow& row) {
                              return !row.present || (!rater.empty() && row.rater != rater);
                            }),
             rows.end());
  return std::move(rows);
}

// By start; of those that begin together the longer one first, so that the shorter one shows too.
void SortRows(Rows& rows) {
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::tie(a.start_frame, b.end_frame, a.behavior) <
           std::tie(b.start_frame, a.end_frame, b.behavior);
  });
}

// How many of the sorted rows lie over an earlier one of another behavior.
int64_t CountOverlaps(const Rows& rows) {
  int64_t count = 0;
  std::map<std::string, int> end_of;  // of each behavior
  for (const BehaviorTableRow& row : rows) {
    count += std::any_of(end_of.begin(), end_of.end(), [&](const auto& other) {
      return other.first != row.behavior && other.second > row.start_frame;
    });
    int& end = end_of[row.behavior];
    end = std::max(end, row.end_frame);
  }
  return count;
}

// The class of each stretch of frames: the behavior that began last, of sorted `rows`.
class Classes {
 public:
  Classes(const Rows& rows, const std::map<std::string, int>& class_of) {
    std::multimap<int, std::pair<size_t, bool>> changes;  // frame -> row, begins
    for (size_t i = 0; i < rows.size(); ++i) {
      changes.emplace(rows[i].start_frame, std::make_pair(i, true));
      changes.emplace(rows[i].end_frame, std::make_pair(i, false));
    }
    std::set<size_t> open;
    for (auto change = changes.begin(); change != changes.end();) {
      const int frame = change->first;
      for (; change != changes.end() && change->first == frame; ++change) {
        if (change->second.second) {
          open.insert(change->second.first);
        } else {
          open.erase(change->second.first);
        }
      }
      from_[frame] = open.empty() ? kNone : class_of.at(rows[*open.rbegin()].behavior);
    }
  }
  int At(int frame) const {
    const auto after = from_.upper_bound(frame);
    return after == from_.begin() ? kNone : std::prev(after)->second;
  }
  void AddBorders(std::set<int>& borders) const {
    for (const auto& [frame, number] : from_) borders.insert(frame);
  }

 private:
  std::map<int, int> from_;  // frame -> class from there on
};

}  // namespace

json EvaluateBehaviorTables(const std::filesystem::path& truth_path,
                            const std::filesystem::path& predictions_path,
                            const EvaluationOptions& options) {
  RatedTable tables[] = {ReadTable(truth_path), ReadTable(predictions_path)};
  PlaceRules of_truth, of_predictions;
  of_truth.first_frame = options.first_frame;
  of_predictions.first_option = "";  // the option is about the truth
  const Rows truth =
      RowsOf(tables[0], tables[1], options.truth_rater, "truth-rater", options.fps, of_truth);
  const Rows predicted = RowsOf(tables[1], tables[0], options.predictions_rater,
                                "predictions-rater", options.fps, of_predictions);
  std::map<std::string, int> class_of;
  std::map<int, std::string> name_of{{kNone, "none"}};
  std::map<Scene, std::pair<Rows, Rows>> scenes;
  std::map<std::string, int> video_end;
  std::set<Scene> true_scenes;
  for (const auto* rows : {&truth, &predicted}) {
    for (const BehaviorTableRow& row : *rows) {
      const int number = static_cast<int>(class_of.size()) + 1;
      if (class_of.emplace(row.behavior, number).second) name_of[number] = row.behavior;
      auto& both = scenes[{row.video, row.subject}];
      (rows == &truth ? both.first : both.second).push_back(row);
      if (rows == &truth) true_scenes.insert({row.video, row.subject});
      video_end[row.video] = std::max(video_end[row.video], row.end_frame);
    }
  }
  std::map<std::pair<int, int>, int64_t> frames_of;  // (truth, predicted)
  int64_t foreign = 0;
  struct Overlaps {
    int64_t bouts = 0;
    std::string video;  // the first one that has any
  } overlaps[2];        // truth, predictions
  for (auto& [scene, rows] : scenes) {
    if (!true_scenes.count(scene)) {
      ++foreign;
      continue;
    }
    const int end = options.end_frame >= 0 ? options.end_frame : video_end[scene.first];
    for (const bool is_truth : {true, false}) {
      Rows& side = is_truth ? rows.first : rows.second;
      SortRows(side);
      const int64_t count = CountOverlaps(side);
      Overlaps& of_side = overlaps[is_truth ? 0 : 1];
      if (count > 0 && of_side.bouts == 0) of_side.video = scene.first;
      of_side.bouts += count;
    }
    const Classes classes(rows.first, class_of), of_predicted(rows.second, class_of);
    std::set<int> borders{options.start_frame, end};
    classes.AddBorders(borders);
    of_predicted.AddBorders(borders);
    for (auto at = borders.find(options.start_frame); *at < end; ++at) {
      frames_of[{classes.At(*at), of_predicted.At(*at)}] += *std::next(at) - *at;
    }
  }
  if (frames_of.empty()) {
    throw Error("behavior table '" + truth_path.filename().string() + "'",
                "it holds no bout to compare with", "give a table with at least one bout");
  }
  const ClassificationFigures figures = EvaluateConfusion(frames_of);
  json per_class = json::object();
  double sum = 0;
  int behaviors = 0;
  for (const auto& [number, of_class] : figures.per_class) {
    if (of_class.tp + of_class.fp + of_class.fn == 0) continue;
    per_class[name_of.at(number)] = {{"precision", of_class.precision},
                                     {"recall", of_class.recall},
                                     {"f1", of_class.f1},
                                     {"frames", of_class.tp + of_class.fn}};
    if (number == kNone) continue;
    sum += of_class.f1;
    ++behaviors;
  }
  json result = {{"frames", figures.frames},
                 {"accuracy", figures.accuracy},
                 {"macro_f1", behaviors > 0 ? sum / behaviors : 0.0},
                 {"macro_f1_with_none", figures.macro_f1},
                 {"kappa", figures.kappa},
                 {"per_class", per_class}};
  json warnings = json::array();
  for (const RatedTable& table : tables) {
    for (const std::string& note : table.notes) {
      warnings.push_back("behavior table '" + table.path.filename().string() + "': " + note);
    }
  }
  if (foreign > 0) {
    warnings.push_back(std::to_string(foreign) +
                       " videos or subjects of the predictions are not in the truth");
  }
  for (const bool is_truth : {true, false}) {
    const Overlaps& of_side = overlaps[is_truth ? 0 : 1];
    if (of_side.bouts == 0) continue;
    const auto& path = is_truth ? truth_path : predictions_path;
    warnings.push_back("behavior table '" + path.filename().string() +
                       "': " + std::to_string(of_side.bouts) +
                       " bouts overlap another behavior's (first in '" + of_side.video +
                       "'); of those that overlap the one that began last counts alone");
  }
  if (!warnings.empty()) result["warnings"] = warnings;
  return result;
}

}  // namespace datasets
