// What a reviewer's correction of a predicted bout says of the prediction.
#include <doctest/doctest.h>

#include "infer/behavior/episodes.h"

namespace corrected_bouts_test {

TEST_CASE(
    "a bout whose end was moved by a frame was right, one that was marked otherwise was not") {
  infer::FoundBout bout;
  bout.row.video_id = 1;
  bout.row.behavior_id = 2;
  bout.row.subject = "Ada";
  bout.row.start_frame = 100;
  bout.row.end_frame = 200;
  bout.row.confidence = 0.9;
  datasets::ReviewDecisionRow decision;
  decision.video_id = 1;
  decision.behavior_id = 2;
  decision.subject = "Ada";
  decision.start_frame = 100;
  decision.end_frame = 200;
  decision.verdict = "corrected";
  datasets::BehaviorIntervalRow label;
  label.behavior_id = 2;
  label.subject = "Ada";
  label.start_frame = 103;
  label.end_frame = 200;
  label.present = true;
  const auto truth = [&](const std::vector<datasets::BehaviorIntervalRow>& labels) {
    std::vector<infer::FoundBout> bouts = {bout};
    infer::CalibrateBouts(bouts, {decision}, {{1, labels}}, "none");
    return bouts[0].truth;
  };
  CHECK(truth({label}) == true);
  CHECK(truth({}) == false);
  label.behavior_id = 3;
  CHECK(truth({label}) == false);
  label.behavior_id = 2;
  label.start_frame = 180;
  CHECK(truth({label}) == false);
  decision.verdict = "rejected";
  label.start_frame = 103;
  CHECK(truth({label}) == false);
}

}  // namespace corrected_bouts_test
