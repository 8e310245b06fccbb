// What a person can choose about a prediction, and what it came to.
#pragma once

#include <string>
#include <vector>

#include "datasets/base/options.h"
#include "datasets/store/records.h"
#include "train/base/predictor.h"

namespace infer {

struct PredictOptions {
  int start_frame = 0;
  int end_frame = -1;  // -1: to the end
  // Labels of the same video (but for split `val` and `test`) name the tracks that pass through
  // them.
  bool use_labels = true;
  std::string identity = "auto";
  std::string animals = "auto";
  double unknown_below = 0.9;
  train::PredictorOptions predictor;
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("start-frame", start_frame, "first frame");
    v.Field("end-frame", end_frame, "one past the last frame; -1 = to the end");
    v.Field("use-labels", use_labels, "labels of the same video name the tracks through them");
    v.Field("identity", identity,
            "model that helps to name animals (vole train --model idnet): a file, a name, none, or "
            "auto: the project's newest that knows the same animals");
    v.Field("animals", animals,
            "animals that nobody named (one category): how many there are, or auto: as many as the "
            "video shows, and their number may change");
    v.Field("unknown-below", unknown_below,
            "animals whose name is less likely to be right than this, from their looks alone, are "
            "called unknown; 0 = always guess",
            datasets::Range{0, 1});
    predictor.Visit(v);
  }
};

struct PredictResult {
  datasets::Id job_id = 0;
  int frames = 0;
  double seconds = 0;
  double fps = 0;
  double peak_rss_mb = 0;
  int review_episodes = 0;
  int meetings = 0, open_meetings = 0;  // where names can change hands; not decided by the pictures
  // Animals counted once in each frame, and those of them whose name is unknown.
  int64_t animal_frames = 0, unknown_frames = 0;
  std::vector<std::string> remarks;  // decisions of people that could not be obeyed, and why
};

}  // namespace infer
