#include "annotate/edits.h"
#include "datasets/base/error.h"
#include "datasets/store/connection.h"
#include "datasets/store/review/review_reasons.h"

namespace annotate {
namespace {

using datasets::BehaviorIntervalRow;
using datasets::Id;
using datasets::ReviewItemRow;

BehaviorIntervalRow LabelFrom(const ReviewItemRow& item, bool present) {
  BehaviorIntervalRow label;
  label.video_id = item.video_id;
  label.subject = item.subject;
  label.behavior_id = item.behavior_id.value_or(0);
  label.start_frame = item.start_frame;
  label.end_frame = item.end_frame;
  label.present = present;
  // Says where it came from, so that nobody takes the rest of the video for looked at.
  label.source = datasets::LabelSource::kAccepted;
  return label;
}

void PutBout(Recorder& recorder, const BehaviorIntervalRow& label) {
  AddBehaviorInterval(label).change(recorder);
}

void Note(Recorder& recorder, const ReviewItemRow& item, Verdict verdict, double seconds) {
  recorder.Insert("review_decisions", [&](datasets::Writer& writer) {
    return writer.InsertReviewDecision(item, NameOf(verdict), recorder.author(), seconds);
  });
}

}  // namespace

bool IsDecidedSo(const Recorder& recorder, const ReviewItemRow& item, Verdict verdict) {
  if (item.id == 0) return false;  // of a bout that no queue asks about no decision was seen
  auto newest = recorder.connection().Query(
      "SELECT verdict, author FROM review_decisions WHERE job_id = ? AND video_id = ?"
      " AND start_frame = ? AND end_frame = ? AND reason_code = ? AND subject = ?"
      " AND behavior_id IS ? ORDER BY id DESC LIMIT 1",
      item.job_id, item.video_id, item.start_frame, item.end_frame, item.reason_code, item.subject,
      item.behavior_id);
  if (!newest.Step()) return false;
  const std::string there = newest.Text(0), author = newest.Text(1);
  if (there == NameOf(verdict)) return there != item.verdict;
  // What was decided before the episode was shown is known to whoever decides it otherwise.
  if (there == item.verdict) return false;
  throw datasets::Error("the episode of frames " + std::to_string(item.start_frame) + " to " +
                            std::to_string(item.end_frame - 1),
                        "it has been decided meanwhile, by '" + author + "': " + there,
                        "look at it again before you decide otherwise");
}

Edit DecideBout(const ReviewItemRow& item, Verdict verdict, double seconds) {
  const std::string label = verdict == Verdict::kAccepted    ? "Accept bout"
                            : verdict == Verdict::kRejected  ? "Reject bout"
                            : verdict == Verdict::kCorrected ? "Bout corrected"
                                                             : "Skip bout";
  return {label, Place{item.video_id, item.start_frame}, [=](Recorder& recorder) {
            if (IsDecidedSo(recorder, item, verdict)) return;
            if (verdict == Verdict::kAccepted || verdict == Verdict::kRejected) {
              const bool is_bout = !datasets::Is(item, datasets::kMissedBehavior);
              PutBout(recorder, LabelFrom(item, is_bout == (verdict == Verdict::kAccepted)));
            }
            Note(recorder, item, verdict, seconds);
          }};
}

Edit CorrectBout(const ReviewItemRow& item, Id behavior_id, int start_frame, int end_frame,
                 double seconds) {
  return {"Correct bout", Place{item.video_id, start_frame}, [=](Recorder& recorder) {
            IsDecidedSo(recorder, item, Verdict::kCorrected);  // corrected again: the newer stands
            BehaviorIntervalRow happened = LabelFrom(item, true);
            happened.behavior_id = behavior_id;
            happened.start_frame = start_frame;
            happened.end_frame = end_frame;
            BehaviorIntervalRow rest = LabelFrom(item, false);
            if (behavior_id != item.behavior_id || end_frame <= item.start_frame ||
                start_frame >= item.end_frame) {
              PutBout(recorder, rest);
            } else {
              rest.end_frame = start_frame;
              if (rest.start_frame < rest.end_frame) PutBout(recorder, rest);
              rest.start_frame = end_frame;
              rest.end_frame = item.end_frame;
              if (rest.start_frame < rest.end_frame) PutBout(recorder, rest);
            }
            PutBout(recorder, happened);
            Note(recorder, item, Verdict::kCorrected, seconds);
          }};
}

ReviewItemRow EpisodeOf(const datasets::BehaviorPredictionRow& bout) {
  ReviewItemRow item;
  item.job_id = bout.job_id;
  item.video_id = bout.video_id;
  item.start_frame = bout.start_frame;
  item.end_frame = bout.end_frame;
  item.reason_code = datasets::kDoubtfulBehavior.code;
  item.score = 1 - bout.confidence;
  item.behavior_id = bout.behavior_id;
  item.subject = bout.subject;
  return item;
}

}  // namespace annotate
