#include "annotate/edits.h"
#include "annotate/rules.h"

namespace annotate {
namespace {

using datasets::BehaviorIntervalRow;
using datasets::BehaviorRow;
using datasets::Error;
using datasets::Id;
using datasets::Writer;

void CheckSpan(const Recorder& recorder, const BehaviorIntervalRow& interval) {
  const auto video = recorder.reader().VideoById(interval.video_id);
  if (!video) throw Error("video " + std::to_string(interval.video_id), "it is not in the project");
  if (interval.start_frame < 0 || interval.end_frame > video->frame_count ||
      interval.start_frame >= interval.end_frame) {
    throw Error(
        "behavior interval [" + std::to_string(interval.start_frame) + ", " +
            std::to_string(interval.end_frame) + ")",
        "it is empty or outside of the video's " + std::to_string(video->frame_count) + " frames");
  }
}

BehaviorIntervalRow ExistingInterval(const Recorder& recorder, Id interval_id) {
  const auto interval = recorder.reader().BehaviorIntervalById(interval_id);
  if (!interval) {
    throw Error("behavior interval " + std::to_string(interval_id),
                "it has been deleted meanwhile");
  }
  return *interval;
}

void Insert(Recorder& recorder, const BehaviorIntervalRow& interval) {
  recorder.Insert("behavior_intervals",
                  [&](Writer& writer) { return writer.InsertBehaviorInterval(interval); });
}

void UpdateInterval(Recorder& recorder, const BehaviorIntervalRow& interval) {
  recorder.Change("behavior_intervals", interval.id,
                  [&](Writer& writer) { writer.UpdateBehaviorInterval(interval); });
}

void Delete(Recorder& recorder, Id interval_id) {
  recorder.Change("behavior_intervals", interval_id,
                  [&](Writer& writer) { writer.DeleteBehaviorInterval(interval_id); });
}

void Put(Recorder& recorder, BehaviorIntervalRow wanted) {
  if (wanted.author.empty() && wanted.id == 0) wanted.author = recorder.author();
  const std::vector<BehaviorRow> behaviors = recorder.reader().Behaviors();
  for (const BehaviorRow& behavior : behaviors) {
    if (behavior.id == wanted.behavior_id && behavior.is_point) {
      wanted.end_frame = wanted.start_frame + 1;
    }
  }
  CheckSpan(recorder, wanted);
  const RowPlan plan =
      PlanInterval(wanted, recorder.reader().BehaviorIntervals(wanted.video_id), behaviors);
  for (const Id id : plan.deleted) Delete(recorder, id);
  for (const BehaviorIntervalRow& interval : plan.changed) UpdateInterval(recorder, interval);
  for (const BehaviorIntervalRow& interval : plan.added) Insert(recorder, interval);
  if (plan.wanted.id == 0) {
    Insert(recorder, plan.wanted);
  } else {
    UpdateInterval(recorder, plan.wanted);
  }
}

// What a gesture about the bout's span or row can change. What was noted meanwhile is not in the
// copy that it started from.
bool IsSameSpan(const BehaviorIntervalRow& a, const BehaviorIntervalRow& b) {
  return a.video_id == b.video_id && a.track_id == b.track_id && a.subject == b.subject &&
         a.behavior_id == b.behavior_id && a.start_frame == b.start_frame &&
         a.end_frame == b.end_frame && a.present == b.present;
}

void CheckIsFree(const Recorder& recorder, const BehaviorRow& behavior) {
  for (const BehaviorRow& other : recorder.reader().Behaviors()) {
    if (other.name == behavior.name && other.id != behavior.id) {
      throw Error("behavior '" + behavior.name + "'", "the name is taken", "choose another one");
    }
    if (!behavior.shortcut.empty() && other.shortcut == behavior.shortcut &&
        other.id != behavior.id) {
      throw Error("behavior '" + behavior.name + "'",
                  "its key " + behavior.shortcut + " is that of '" + other.name + "'",
                  "choose another key");
    }
  }
}

}  // namespace

Edit AddBehavior(BehaviorRow behavior) {
  behavior.id = 0;
  return {"Add behavior", std::nullopt, [=](Recorder& recorder) {
            CheckIsFree(recorder, behavior);
            recorder.Insert("behaviors",
                            [&](Writer& writer) { return writer.FindOrInsertBehavior(behavior); });
          }};
}

Edit ChangeBehavior(BehaviorRow behavior) {
  return {"Change behavior", std::nullopt, [=](Recorder& recorder) {
            CheckIsFree(recorder, behavior);
            recorder.Change("behaviors", behavior.id,
                            [&](Writer& writer) { writer.UpdateBehavior(behavior); });
          }};
}

Edit AddBehaviorInterval(BehaviorIntervalRow interval) {
  interval.id = 0;
  return {"Mark behavior", Place{interval.video_id, interval.start_frame},
          [=](Recorder& recorder) { Put(recorder, interval); }};
}

Edit ChangeBehaviorInterval(const BehaviorIntervalRow& interval) {
  return {"Change behavior span", Place{interval.video_id, interval.start_frame},
          [=](Recorder& recorder) {
            const BehaviorIntervalRow before = ExistingInterval(recorder, interval.id);
            if (IsSameSpan(before, interval)) return;
            BehaviorIntervalRow wanted = interval;
            // Who moves a bound of another's bout has not scored it.
            wanted.author = before.author;
            wanted.note = before.note;
            wanted.flagged = before.flagged;
            Put(recorder, wanted);
          }};
}

Edit ChangeBehaviorInterval(const BehaviorIntervalRow& seen, const BehaviorIntervalRow& wanted) {
  return {"Change behavior span", Place{wanted.video_id, wanted.start_frame},
          [=](Recorder& recorder) {
            BehaviorIntervalRow row = ExistingInterval(recorder, wanted.id);
            const auto take = [&](auto member) {
              if (wanted.*member != seen.*member) row.*member = wanted.*member;
            };
            take(&BehaviorIntervalRow::subject);
            take(&BehaviorIntervalRow::track_id);
            take(&BehaviorIntervalRow::behavior_id);
            take(&BehaviorIntervalRow::start_frame);
            take(&BehaviorIntervalRow::end_frame);
            take(&BehaviorIntervalRow::present);
            ChangeBehaviorInterval(row).change(recorder);
          }};
}

Edit SplitBehaviorInterval(Id interval_id, int frame_index) {
  return {"Split behavior", std::nullopt, [=](Recorder& recorder) {
            BehaviorIntervalRow left = ExistingInterval(recorder, interval_id);
            if (frame_index <= left.start_frame || frame_index >= left.end_frame) {
              throw Error("behavior interval",
                          "frame " + std::to_string(frame_index) + " is not inside of it",
                          "go to a frame between its ends");
            }
            recorder.SetPlace({left.video_id, frame_index});
            BehaviorIntervalRow right = left;
            right.id = 0;
            right.start_frame = frame_index;
            left.end_frame = frame_index;
            UpdateInterval(recorder, left);
            Insert(recorder, right);
          }};
}

Edit DeleteBehaviorInterval(Id interval_id) {
  return {"Delete behavior span", std::nullopt, [=](Recorder& recorder) {
            const BehaviorIntervalRow interval = ExistingInterval(recorder, interval_id);
            recorder.SetPlace({interval.video_id, interval.start_frame});
            Delete(recorder, interval_id);
          }};
}

}  // namespace annotate
