#include "annotate/edits.h"
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

Edit DecideBout(const ReviewItemRow& item, Verdict verdict, double seconds) {
  const std::string label = verdict == Verdict::kAccepted    ? "Accept bout"
                            : verdict == Verdict::kRejected  ? "Reject bout"
                            : verdict == Verdict::kCorrected ? "Bout corrected"
                                                             : "Skip bout";
  return {label, Place{item.video_id, item.start_frame}, [=](Recorder& recorder) {
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
