// Plain rows that machines write, and what people decide about them.
#pragma once

#include "datasets/store/records.h"

namespace datasets {

struct ModelRow {
  Id id = 0;
  std::string name, architecture, weights_path, weights_sha256;
  std::string config_json, metrics_json;
  std::optional<Id> parent_id, job_id;
  int64_t created_at = 0;
};

struct JobRow {
  Id id = 0;
  std::string kind;  // "train", "predict", ...
  std::string options_json;
  std::string state;  // queued running done failed cancelled interrupted
  std::string error;
  std::optional<Id> model_id;
  int64_t created_at = 0;  // ms UTC
  std::optional<int64_t> finished_at;
};

struct PredictionRow : Outline {  // a machine's statement about one animal in one frame
  Id id = 0;
  Id job_id = 0;
  Id video_id = 0;
  int frame_index = 0;
  Id category_id = 0;     // the animal's name
  int tracklet = -1;      // run of frames followed without doubt, within the job and video
  double score = 0;       // of the network, 0..1: for ranking and AP
  double confidence = 0;  // calibrated probability that a reviewer would leave it as it is
  Box box;
  std::vector<PredictedPoint> key_points;
  bool rejected = false;  // a person said that there is no such animal here
};

// A person's correction of predictions, which stay as the machine wrote them. Corrections of a job
// and video apply in the order of their ids to the names that the earlier ones have left.
struct PredictionCorrectionRow {
  enum class Kind {
    // Within the span, `category_id` is `other_category_id` and the other way round. With numbers
    // (both are set then) only the tracks of these numbers are, of animals that share a name.
    kSwap,
    // Within the span, `category_id` (or every animal, when not set) is wrong; with `number` only
    // the track of that number.
    kReject
  };
  Id id = 0;
  Id job_id = 0;
  Id video_id = 0;
  int start_frame = 0, end_frame = 0;
  Kind kind = Kind::kSwap;
  std::optional<Id> category_id, other_category_id;
  std::optional<int> number, other_number;  // PredictionRow::tracklet where names are shared
  std::string author;
};
// What a prediction as it was written is with these: name, number and rejection.
void Correct(const std::vector<PredictionCorrectionRow>& corrections, PredictionRow* prediction);

// Which predictions a reader wants to see.
enum class PredictionView {
  kCorrected,  // with people's corrections; rejected ones left out
  kAll,        // with people's corrections; rejected ones are there, marked
  kAsWritten   // as the machine wrote them
};

// The stored decision of a person about a span, kept when the queue is built anew.
struct ReviewDecisionRow {
  Id id = 0;
  Id item_id = 0;
  Id job_id = 0;
  Id video_id = 0;
  int start_frame = 0, end_frame = 0;
  std::string reason_code;
  double score = 0;     // what the queue had said
  std::string verdict;  // accepted | corrected | rejected | skipped
  std::string author;
  double seconds = 0;      // that the person took
  int64_t decided_at = 0;  // ms UTC
  std::string subject;     // of an episode about a behavior, as in the item
  std::optional<Id> behavior_id;
};

struct BehaviorPredictionRow {  // [start_frame, end_frame)
  Id id = 0;
  Id job_id = 0;
  Id video_id = 0;
  std::string subject;  // animal or region name; "" = whole frame
  Id behavior_id = 0;
  int start_frame = 0, end_frame = 0;
  double score = 0;       // mean probability that the network gives its frames
  double confidence = 0;  // calibrated probability that a reviewer would leave it as it is
};

struct BehaviorSeriesRow {  // whose frames the scores of store/behavior_scores.h belong to
  Id id = 0;
  Id job_id = 0;
  Id video_id = 0;
  std::string subject;  // animal or region name; "" = whole frame
  Id behavior_id = 0;
  bool has_scores = false;  // where it is read: any were kept, be it that the animal was not seen
};

struct ReviewItemRow {  // an episode: neighboring suspicious frames with one reason
  Id id = 0;
  Id job_id = 0;
  Id video_id = 0;
  int start_frame = 0, end_frame = 0;
  std::string reason_code;  // stable, e.g. "low_identity_margin"; "audit" for random draws
  std::string reason;       // plain words
  double score = 0;         // probability that a reviewer would change something here
  // JSON list of names; kept by id, so that what is read names the animals as they are called now.
  std::string animals_json;
  std::string verdict;  // "" = open, else accepted | corrected | rejected | skipped
  // Set: the episode is a predicted bout of this behavior by `subject`, not masks.
  std::optional<Id> behavior_id;
  std::string subject;
};

}  // namespace datasets
