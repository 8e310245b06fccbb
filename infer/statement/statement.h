// What can be said of a prediction's names and outlines, from what was counted and nothing else:
// the possible exchanges of names and who decided them, an upper bound on the frames with anything
// wrong, and what all of it rests on.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "infer/statement/error_bound.h"

namespace infer {

struct StatedMeeting {
  int start_frame = 0, end_frame = 0;
  std::string kind;
  double exchange = 0;     // probability that names change hands in it
  std::string decided_by;  // none | program | person | unsure: a person cannot tell
};

struct Statement {
  // --- what it is about
  std::string project, video, video_fingerprint;
  std::vector<datasets::VideoPart> parts;  // of a recording in several files
  int start_frame = 0, end_frame = 0;      // predicted, [start, end)
  double fps = 0;
  datasets::Id job_id = 0;
  std::string model, architecture, model_sha256, model_made, predicted_at;  // times: ISO 8601, UTC
  nlohmann::json settings;                                                  // of the prediction
  nlohmann::json training_options;  // of the model, with its seed; null where unknown
  // --- labels and reviewers
  int labels = 0, labeled_frames = 0;    // of this video
  std::string labels_sha256;             // of names, frames and outlines, in order
  std::map<std::string, int> decisions;  // author -> episodes and meetings; "" for unnamed
  // --- names that were not given, for too little speaks for them
  int64_t animal_frames = 0, unknown_frames = 0;  // animals counted once in each frame
  // --- possible exchanges of names
  bool one_animal = false;              // nobody to exchange a name with
  bool meetings_known = false;          // predictions of an older Vole list none
  std::vector<StatedMeeting> meetings;  // by frame
  int by_program = 0, by_person = 0, unsure = 0, open = 0;
  // Of those that the program decided: the highest probability of an exchange, and the sum over all
  // (the expected number of exchanges that nobody looked at).
  double worst_decided = 0, expected_exchanges = 0;
  // --- frames with anything wrong
  // (infer/statement/checked_frames.h says which are which)
  int known_frames = 0;             // that people labeled, or accepted or rejected in the queue
  int known_wrong = 0;              // of those: rejected, and not drawn anew
  CheckedSample sample;             // random ones among the others, in the order of their draw
  int skipped = 0, unanswered = 0;  // of the sample; they count as wrong
  int most_wrong = 0;               // frames, known ones too, at 95 %
  double share_wrong = 1;           // of all frames, at 95 %
  int more_for_1_percent = -1, more_for_01_percent = -1;  // random frames; -1: never
};

// Of the newest prediction of outlines. Throws Error where there is none, or none that can be
// reviewed.
Statement StateOf(const datasets::Project& project, const datasets::VideoRow& video);

// `version`: of this program.
nlohmann::ordered_json ToJson(const Statement& statement, const std::string& version);

}  // namespace infer
