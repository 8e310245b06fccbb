#include "annotate/edits_meetings.h"

#include <algorithm>

#include "datasets/store/meetings/meeting_store.h"

namespace annotate {
namespace {

using datasets::Writer;

void Forget(Recorder& recorder, const datasets::MeetingDecisionRow& decision) {
  for (const datasets::KnownPairRow& pair : decision.pairs) {
    recorder.Change("known_pairs", pair.id, [&](Writer& writer) {
      datasets::DeleteKnownPair(writer.connection(), pair.id);
    });
  }
  recorder.Change("meeting_decisions", decision.id, [&](Writer& writer) {
    datasets::DeleteMeetingDecision(writer.connection(), decision.id);
  });
}

void Record(Recorder& recorder, datasets::MeetingChange change) {
  datasets::MeetingDecisionRow& decision = change.decision;
  for (const auto& replaced : change.replaced) Forget(recorder, replaced);
  decision.author = recorder.author();
  const datasets::Id id = recorder.Insert("meeting_decisions", [&](Writer& writer) {
    return datasets::InsertMeetingDecision(writer.connection(), decision);
  });
  for (datasets::KnownPairRow& pair : decision.pairs) {
    pair.decision_id = id;
    recorder.Insert("known_pairs", [&](Writer& writer) {
      return datasets::InsertKnownPair(writer.connection(), pair);
    });
  }
  for (datasets::PredictionCorrectionRow& swap : change.swaps) {
    swap.author = recorder.author();
    recorder.Insert("prediction_corrections",
                    [&](Writer& writer) { return writer.InsertPredictionCorrection(swap); });
  }
}

}  // namespace

Edit DecideMeeting(std::function<datasets::MeetingChange(datasets::Connection&)> plan) {
  return {"Decide meeting", std::nullopt, [plan](Recorder& recorder) {
            datasets::MeetingChange change = plan(recorder.connection());
            recorder.SetPlace({change.decision.video_id, change.decision.start_frame});
            Record(recorder, std::move(change));
          }};
}

Edit WithDecision(
    Edit edit, std::function<std::optional<datasets::MeetingChange>(datasets::Connection&)> plan) {
  const auto change_names = edit.change;
  edit.change = [change_names, plan](Recorder& recorder) {
    std::optional<datasets::MeetingChange> change = plan(recorder.connection());
    change_names(recorder);
    if (change) Record(recorder, std::move(*change));
  };
  return edit;
}

Edit ForgetMeetingDecision(datasets::Id video_id, datasets::Id decision_id) {
  return {"Forget decision", std::nullopt, [=](Recorder& recorder) {
            const auto decisions = datasets::ReadMeetingDecisions(recorder.connection(), video_id);
            const auto found =
                std::find_if(decisions.begin(), decisions.end(),
                             [&](const auto& decision) { return decision.id == decision_id; });
            if (found == decisions.end()) {
              throw datasets::Error("decision " + std::to_string(decision_id),
                                    "it is not in the project any more");
            }
            recorder.SetPlace({video_id, found->start_frame});
            Forget(recorder, *found);
          }};
}

}  // namespace annotate
