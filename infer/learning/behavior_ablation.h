// How well networks recognize behavior that they were not trained on, beside simple rules: a fixed
// test, cross-validation, and the learning curve over the number of labels.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/metrics/bootstrap.h"
#include "infer/learning/behavior_training.h"

namespace infer {

struct AblationOptions {
  std::string networks = "behavior-frame,behavior-seq", labels = "0", first, second, models;
  int folds = 0;
  bool leave_one_video_out = false;
  double sigma_frames = 5, block = 10;
  int rounds = 1000;

  template <class Visitor>
  void Visit(Visitor&& v) {
    using datasets::Range;
    v.Field("networks", networks, "networks to try, with commas");
    v.Field("labels", labels, "numbers of labeled frames to learn from, with commas; 0: all");
    v.Field("folds", folds, "cross-validation with so many parts", Range{0, 1000});
    v.Field("leave-one-video-out", leave_one_video_out, "test on each video in turn");
    v.Field("sigma-frames", sigma_frames, "width of the Gaussian that smooths probabilities",
            Range{0, 1000});
    v.Field("block", block, "seconds drawn together for the intervals", Range{0.04, 1e6});
    v.Field("rounds", rounds, "rounds of the bootstrap", Range{100, 1e6});
    v.Field("first", first, "behavior that explores the unchanged object");
    v.Field("second", second, "behavior that explores the moved or new object");
    v.Field("models", models, "folder to keep the trained models in (default: none is kept)");
  }
};

struct AblationTest {  // where neither --folds nor --leave-one-video-out is given
  std::vector<std::string> videos;
  int start_frame = -1, end_frame = -1;  // of every video; -1: none
};

struct SureNumber {
  double value = 0;
  datasets::Interval interval;  // 95 %, blocks of time drawn with replacement
};

struct AblationRow {
  std::string name;          // "majority", "behavior-frame, smoothed", ...
  int64_t labels = 0;        // frames learned from, mean over folds
  int64_t frames = 0;        // tested
  double train_seconds = 0;  // sum over folds
  SureNumber accuracy, macro_f1, kappa;
  std::vector<std::pair<std::string, double>> f1;  // by behavior that occurs in the test
  std::optional<double> t1_r, t2_r, di_r;          // Pearson, over subjects and videos
};

// Trains on what is not tested (never within a second, or two windows, of it) and tests. Frames
// count in accuracy and kappa with "none of them" as a class; macro F1 is over the behaviors that
// occur in the test. Simple rules, fitted on the same labels: the most common class; one threshold
// on the distance to the nearest other animal, or on speed, with the best class on either side.
// Where the subjects have key points, behavior-seq is learned a second time without them, and then
// without what only a network with points does while it learns (train/behavior/tasks.h).
// Throws Error when nothing is left to learn from or to test on.
std::vector<AblationRow> AblateBehavior(datasets::Project& project, const LabelSelection& selection,
                                        const AblationTest& test, const AblationOptions& ablation,
                                        const train::TrainOptions& options,
                                        const train::BehaviorOptions& behavior, datasets::Job& job,
                                        const std::function<void(const std::string&)>& on_note);

nlohmann::ordered_json AblationJson(const std::vector<AblationRow>& rows);

}  // namespace infer
