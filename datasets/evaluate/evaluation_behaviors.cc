#include <algorithm>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/evaluate/evaluation_files.h"
#include "datasets/formats/behaviors.h"
#include "datasets/metrics/classification.h"

namespace datasets {

namespace {

using nlohmann::json;
using Rows = std::vector<BehaviorTableRow>;
using Scene = std::pair<std::string, std::string>;  // video (stem), subject

constexpr int kNone = 0;  // no behavior

Rows ReadRater(const std::filesystem::path& path, const std::string& rater,
               const std::string& option, double fps) {
  Rows rows = ReadBehaviorTable(path);
  const FrameTimes times(fps);
  std::set<std::string> raters;
  for (BehaviorTableRow& row : rows) {
    raters.insert(row.rater);
    SecondsToFrames(row, fps > 0 ? &times : nullptr);
    row.video = std::filesystem::path(row.video).stem().string();
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
  return rows;
}

class Frames {
 public:
  Frames(int start, int end) : start_(start), classes_(std::max(0, end - start), kNone) {}
  // Later starts overwrite: rows come sorted by their start.
  void Paint(const BehaviorTableRow& row, int behavior) {
    const int end = start_ + static_cast<int>(classes_.size());
    for (int frame = std::max(row.start_frame, start_); frame < std::min(row.end_frame, end);
         ++frame) {
      classes_[frame - start_] = behavior;
    }
  }
  const std::vector<int>& classes() const { return classes_; }

 private:
  int start_;
  std::vector<int> classes_;
};

}  // namespace

json EvaluateBehaviorTables(const std::filesystem::path& truth_path,
                            const std::filesystem::path& predictions_path,
                            const EvaluationOptions& options) {
  const Rows truth = ReadRater(truth_path, options.truth_rater, "truth-rater", options.fps);
  const Rows predicted =
      ReadRater(predictions_path, options.predictions_rater, "predictions-rater", options.fps);
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
  std::vector<int> all_truth, all_predicted;
  int64_t foreign = 0;
  for (auto& [scene, rows] : scenes) {
    if (!true_scenes.count(scene)) {
      ++foreign;
      continue;
    }
    const int end = options.end_frame >= 0 ? options.end_frame : video_end[scene.first];
    for (auto* side : {&rows.first, &rows.second}) {
      std::stable_sort(side->begin(), side->end(),
                       [](const auto& a, const auto& b) { return a.start_frame < b.start_frame; });
      Frames frames(options.start_frame, end);
      for (const BehaviorTableRow& row : *side) frames.Paint(row, class_of.at(row.behavior));
      auto& all = side == &rows.first ? all_truth : all_predicted;
      all.insert(all.end(), frames.classes().begin(), frames.classes().end());
    }
  }
  if (all_truth.empty()) {
    throw Error("behavior table '" + truth_path.filename().string() + "'",
                "it holds no bout to compare with", "give a table with at least one bout");
  }
  const ClassificationFigures figures = EvaluateClassification(all_truth, all_predicted);
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
  if (foreign > 0) {
    result["warnings"] = {std::to_string(foreign) +
                          " videos or subjects of the predictions are not in the truth"};
  }
  return result;
}

}  // namespace datasets
