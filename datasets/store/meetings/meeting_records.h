// Meetings: spans in which continuity cannot tell animals apart, and what people say about them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/store/machine_records.h"

namespace datasets {

// One animal of a meeting. Tracklets and numbers are those of the prediction job. A side is not set
// where the animal was not seen: it comes for the first time, or does not come back.
struct MeetingAnimalRow {
  Id category_id = 0;                                // its name, as the program decided it
  int number = 0;                                    // its track
  std::optional<int> before_tracklet, before_frame;  // the last time that it was alone
  std::optional<int> after_tracklet, after_frame;    // the first time that it is alone again
  // Mean IoU of splits of the blob made forwards and backwards; not set where nothing was split.
  std::optional<double> split_agreement;
  bool away = false;  // nowhere to be seen during the meeting: it may be meant, no more
};

// That the animal which entered as one track left as another.
struct MeetingWayRow {
  int before_number = 0, after_number = 0;
  double probability = 0;  // over all evidence of the video together
  // What speaks for it alone, log-odds: looks before and after, and motion through the meeting.
  double appearance = 0, motion = 0;
};

struct MeetingRow {
  Id id = 0;
  Id job_id = 0;
  Id video_id = 0;
  int start_frame = 0, end_frame = 0;  // [start, end): last frame before to first frame after
  std::string kind;                    // contact | gap | jump
  double exchange = 0;                 // probability that names change hands in it
  std::vector<MeetingAnimalRow> animals;
  std::vector<MeetingWayRow> ways;
};

// Two outlines of different frames that a person knows to be one animal.
struct KnownPairRow {
  Id id = 0;
  Id decision_id = 0;
  int before_frame = 0, after_frame = 0;
  int before_tracklet = -1, after_tracklet = -1;  // in the job of the decision
  Polygons before_outline, after_outline;
};

// A person's decision about a meeting. It outlives the prediction that it was made on.
struct MeetingDecisionRow {
  Id id = 0;
  Id video_id = 0;
  Id job_id = 0;
  Id meeting_id = 0;
  int start_frame = 0, end_frame = 0;
  std::string verdict;  // keep | exchange | unsure
  double exchange = 0;  // what the program had said
  std::string author;
  double seconds = 0;      // that the person took
  int64_t decided_at = 0;  // ms UTC
  std::vector<KnownPairRow> pairs;
};

// All that a decision changes in a project.
struct MeetingChange {
  MeetingDecisionRow decision;
  std::vector<MeetingDecisionRow> replaced;    // earlier decisions on the same meeting
  std::vector<PredictionCorrectionRow> swaps;  // of names, in this order
};

}  // namespace datasets
