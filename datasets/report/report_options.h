// What a report says and which files it writes: of the command line and of the window alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/base/options.h"
#include "datasets/behavior/motion_options.h"

namespace datasets {

struct ReportOptions {
  std::string what = "both", author, against, training = "none";
  std::string csv, ethogram, agreement_csv, confusion, exploration_csv;
  int64_t prediction_job = 0;
  int video_frames = 0, bin_frames = 0, tolerance_frames = -1, rounds = 1000;
  double fps = 0, merge_gap = -1, min_bout = 0, bin = 0;
  double tolerance = 0.5, min_overlap = 0, block = 10, min_total = 3, max_bias = 20;
  bool exclusive = false;
  int64_t seed = 1;

  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field(
        "what", what,
        "labels, predictions, both (as authors of their own), or final: predictions where nobody "
        "scored");
    v.Field("prediction-job", prediction_job, "number of the prediction job (default: the latest)");
    v.Field("fps", fps, "frame rate of --behaviors and --against, where there is no project",
            Range{0, 1e6});
    v.Field("video-frames", video_frames,
            "length of the videos of a table; 0 ends them with the last bout", Range{0, 2e9});
    v.Field("author", author,
            "who scored, where a table does not say; of a project: the one whose labels count");
    v.Field("against", against, "a second behavior table to compare with");
    v.Field("merge-gap", merge_gap, "bouts at most so many seconds apart are one; -1: none",
            Range{-1, 1e6});
    v.Field("min-bout", min_bout, "leave out bouts shorter than so many seconds", Range{0, 1e6});
    v.Field("exclusive", exclusive, "refuse behaviors of a subject that happen at the same time");
    v.Field("bin", bin, "budget in bins of so many seconds; 0: the whole span", Range{0, 1e9});
    v.Field("bin-frames", bin_frames, "the same in frames", Range{0, 2e9});
    v.Field("csv", csv, "write the time budget as a table");
    v.Field("ethogram", ethogram, "draw who does what when (.png or .svg)");
    v.Field("tolerance", tolerance, "onsets at most so many seconds apart match", Range{0, 1e6});
    v.Field("tolerance-frames", tolerance_frames, "the same in frames; -1 takes the seconds",
            Range{-1, 1e9});
    v.Field("min-overlap", min_overlap,
            "bouts match from this overlap in time (IoU); 0: a shared frame", Range{0, 1});
    v.Field("block", block, "seconds drawn together for the intervals", Range{1e-3, 1e6});
    v.Field("rounds", rounds, "rounds of the bootstrap", Range{100, 1e6});
    v.Field("seed", seed, "seed of the bootstrap");
    v.Field("agreement-csv", agreement_csv, "write the agreement as a table");
    v.Field("confusion", confusion, "write the confusion of what the two say as a table");
    v.Field("min-total", min_total, "leave out animals that explore fewer seconds", Range{0, 1e6});
    v.Field("max-bias", max_bias, "in training trials, leave out animals with 100 |DI| above this",
            Range{0, 100});
    v.Field("training", training, "training trials: none, all, or NAME,NAME");
    v.Field("exploration-csv", exploration_csv, "write times and discrimination index as a table");
  }
};

// The part about motion: where the animals are, how they move, whom they touch.
struct MotionFiles {
  bool automatic = false;
  std::string motion, motion_summary, contacts, zones, trajectory, occupancy;
  int cells = 64;

  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("automatic", automatic,
            "score zones, contact and freezing from the masks, as the author 'automatic'");
    v.Field("zones", zones,
            "JSON file with zones: polygons, circles, rectangles in pixels, or \"unit\": \"cm\"");
    v.Field("motion", motion,
            "write place, shape, speed, contacts and key points of each frame as a table");
    v.Field("motion-summary", motion_summary, "write distance and speed of each animal");
    v.Field("contacts", contacts, "write how often and how long each pair of animals touches");
    v.Field("trajectory", trajectory, "draw the animals' ways (.png or .svg)");
    v.Field("occupancy", occupancy, "draw where the animals spend their time (.png or .svg)");
    v.Field("cells", cells, "squares of --occupancy along the longer side", Range{4, 400});
  }
  bool Wanted() const {
    return automatic || !motion.empty() || !motion_summary.empty() || !contacts.empty() ||
           !zones.empty() || !trajectory.empty() || !occupancy.empty();
  }
};

struct ReportRequest {
  std::string behaviors;            // a behavior table, where there is no project
  std::string video;                // "" = all, or
  std::vector<std::string> videos;  // these alone, where there are any
  int start_frame = 0;              // [start_frame, end_frame)
  std::optional<int> end_frame;
  std::vector<std::string> agreement;  // two authors to compare; none: all pairs
  bool wants_agreement = false;
  std::string first, second;  // behaviors that explore one object and the other, with commas
  ReportOptions options;
  MotionFiles motion_files;
  MotionOptions motion;
};

}  // namespace datasets
