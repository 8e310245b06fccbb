// What `vole evaluate` compares: truth files against prediction files, or against a project.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/base/options.h"
#include "datasets/metrics/eval_object.h"
#include "datasets/project.h"

namespace datasets {

struct EvaluationOptions {
  std::string metrics = "coco-segm";  // also: coco-bbox, points, mot, voc, behaviors, davis
  bool class_agnostic = false;        // detection figures with all categories as one
  double threshold = 0.5;             // overlap that counts as a match, for tracking
  double min_score = 0;               // tracking and points take predictions from this on
  std::string truth_rater, predictions_rater;  // of behavior tables that hold several
  double fps = 0;                              // of behavior tables that hold seconds only
  std::string what = "predictions";            // of a project: predictions, final or labels
  std::string video;                           // of a project: the video that the truth is about
  int64_t job_id = 0;                          // of a project: prediction job; 0 = the latest
  int first_frame = -1;         // number of a video's first frame in the truth; -1: as its tool
  std::string match = "auto";   // davis, points: who is who: auto, names or once
  double body_share = 0.1;      // points: error that counts as right, of the body length
  double sigma = 0;             // points: of OKS; 0: COCO's for its people, else 0.1
  std::string split;            // only images of the truth with this split; "" = any
  bool only_unlabeled = false;  // of a project: without frames whose labels may train
  int start_frame = 0, end_frame = -1;  // only these frames [start, end); -1 = to the end

  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("metrics", metrics, "coco-segm, coco-bbox, points, mot, voc, behaviors or davis");
    v.Field("class-agnostic", class_agnostic, "detection figures with all categories as one");
    v.Field("threshold", threshold, "overlap that counts as a match, for tracking", Range{0, 1});
    v.Field("min-score", min_score, "tracking and points use predictions from this score on",
            Range{0, 1});
    v.Field("truth-rater", truth_rater, "rater to read from a behavior table of several");
    v.Field("predictions-rater", predictions_rater, "the same for the other table");
    v.Field("fps", fps, "frame rate of behavior tables that hold seconds only", Range{0, 1e6});
    v.Field("what", what, "of the project: predictions, final or labels");
    v.Field("video", video, "video of the project that the truth is about (default: by name)");
    v.Field("prediction-job", job_id, "number of the prediction job (default: the latest)");
    v.Field("first-frame", first_frame,
            "number of a video's first frame in the truth; -1: as its tool counts, mostly 0",
            Range{-1, 1e6});
    v.Field("match", match,
            "davis, points: who is who: by names, once for the whole video (numbered animals), or "
            "auto");
    v.Field("body-share", body_share,
            "points: error that counts as right, as a share of the body length", Range{0, 10});
    v.Field("sigma", sigma, "points: sigma of OKS; 0: COCO's for its people, else 0.1",
            Range{0, 10});
    v.Field("split", split, "only images of the truth with this split (train, val, test)");
    v.Field("only-unlabeled", only_unlabeled,
            "leave out frames whose labels may train in the project");
  }
};

// One flat object of figures (design: `evaluate --json`). Truth and predictions are COCO files
// (predictions: a results list or a dataset), MOTChallenge text files (.txt; mot only), behavior
// tables (behaviors), or folders of PNG masks (davis). Only images that the truth lists count;
// categories are matched by number with a results list, by name with a dataset. `mot` compares
// boxes. Tracks: track_id of both, else the category where no category repeats on an image; figures
// of the right name are there for the latter alone. `voc`: precision, recall, f1 and
// `darknet_avg_iou` at scores above .25; the last counts false alarms as 0.
//
// `behaviors`: rows are placed as an import does (PlaceRows). Each frame of a video and subject has
// one class, the behavior that began last (of those that began together the one that ends first,
// then by name), or "none"; frames from 0 to the end of the last bout of either table, or the asked
// ones. `macro_f1` is the mean over behaviors, `macro_f1_with_none` counts "none" as one.
//
// `davis`: j, f, t are means over objects, t over those that were found on two frames one after the
// other (null without any). Objects are one of both sides by `match`: `names` (the category),
// `once` (each animal of the truth with the track of its video that it overlaps most in sum over
// all frames, one to one), `auto`: by names where both sides have one and no category repeats on an
// image, else once. Objects are compared on the frames that the truth lists.
//
// `points`: key points, by name (metrics/points.h). Who is who by `match`: `names`, `once`, or
// `auto`: by names as above, else in each frame such that OKS is greatest. Animals of the truth
// without any point say nothing, and what is taken for them does not count. Body length: the median
// over a category's animals of the largest distance of two of their points.
//
// Throws Error naming the file and the object for everything that ReadCoco and its like refuse.
nlohmann::json EvaluateFiles(const std::filesystem::path& truth,
                             const std::filesystem::path& predictions,
                             const EvaluationOptions& options, Job& job);

// Predictions (or final labels) of the project against a COCO file; all metrics but behaviors.
// Categories are matched by name and are individuals unless one repeats on a truth
// image.
nlohmann::json EvaluateProject(const Project& project, const std::filesystem::path& truth,
                               const EvaluationOptions& options, Job& job);

// --- the parts of it, for tests and other programs

struct EvaluationSet {
  std::vector<EvalObject> truth, predicted;
  std::map<int, std::string> categories;
  int64_t frames = 0;                   // images that the truth lists, with or without objects
  std::vector<int64_t> video_of_frame;  // [frames]
  std::vector<int> number_of_frame;     // [frames] in its video; -1: not known
  bool tracks_are_names = false;        // ChooseTracks took the categories for tracks
  std::vector<std::string> warnings;
};
// `masks`: fill EvalObject::mask (else boxes only).
EvaluationSet ReadCocoPair(const std::filesystem::path& truth,
                           const std::filesystem::path& predictions, bool masks,
                           const EvaluationOptions& options, Job& job);
EvaluationSet ReadMotPair(const std::filesystem::path& truth,
                          const std::filesystem::path& predictions,
                          const EvaluationOptions& options);
struct ComparedFrame {
  std::string video;  // its name in the project
  int frame_index = 0;
};
struct ProjectComparison {
  EvaluationSet set;                                          // EvalObject::frame counts `frames`
  std::vector<ComparedFrame> frames;                          // of the truth, by video and frame
  std::vector<std::pair<std::string, std::string>> partners;  // of the project's skeletons
};
// The same matching that an import makes (FramePlacer).
ProjectComparison CompareProject(const Project& project, const std::filesystem::path& truth,
                                 const EvaluationOptions& options, Job& job);
// `points` alone: the labels of the project are the truth, on the frames that hold key points.
ProjectComparison CompareLabels(const Project& project, const EvaluationOptions& options, Job& job);
nlohmann::json EvaluateComparison(const ProjectComparison& comparison,
                                  const EvaluationOptions& options, Job& job);
// Those on which an animal is missed, misnamed or outlined with less than the threshold's overlap,
// or something else is taken for an animal: each frame by itself, with predictions from min_score
// on. Categories count where both sides know one (`class_agnostic`: where they are names). Throws
// Error for voc and points.
std::vector<ComparedFrame> WrongFrames(const ProjectComparison& comparison,
                                       const EvaluationOptions& options, Job& job);
nlohmann::json FiguresOf(EvaluationSet& set, const EvaluationOptions& options);
nlohmann::json EvaluateBehaviorTables(const std::filesystem::path& truth,
                                      const std::filesystem::path& predictions,
                                      const EvaluationOptions& options);
// DAVIS' figures; objects have masks and tracks as ChooseTracks leaves them.
nlohmann::json DavisFiguresOf(const EvaluationSet& set, const EvaluationOptions& options, Job& job);
nlohmann::json EvaluateMaskVideos(const std::filesystem::path& truth,
                                  const std::filesystem::path& predictions,
                                  const EvaluationOptions& options, Job& job);

}  // namespace datasets
