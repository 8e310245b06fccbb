// Predicted behavior on the timeline: curves, and bouts that a person decides.
#include <algorithm>
#include <cmath>

#include "app/ui/views/timeline/timeline_view.h"

namespace app {

void TimelineView::AddBoutActions(ActionTable& actions, Session& session) {
  const auto add = [&](const char* id, const char* title, const char* keys, const char* help,
                       std::function<void()> run) {
    Action action;
    action.id = id, action.title = title, action.menu = "Behavior", action.help = help;
    action.scope = Scope::kBehavior;
    if (*keys) action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  add("behavior.accept_bout", "Accept the selected predicted bout", "A", "It becomes a label",
      [this, &session] { DecideBout(session, true); });
  add("behavior.reject_bout", "Reject the selected predicted bout", "R",
      "A label says that it did not happen; the prediction stays",
      [this, &session] { DecideBout(session, false); });
  add("behavior.train", "Train on scored behavior", "", "A network that sees single frames",
      [&session] { RequestTrainBehavior(session, "behavior-frame"); });
  add("behavior.train_sequence", "Train on scored behavior over time", "",
      "Features of frames, then a network over time",
      [&session] { RequestTrainBehavior(session, "behavior-seq"); });
  add("behavior.score", "Score the behavior of this video", "", "With the newest model of behavior",
      [&session] { RequestScoreBehavior(session); });
}

void TimelineView::DecideBout(Session& session, bool accept) {
  if (!selected_bout_) {
    session.Say(Message::Kind::kInfo,
                "Click a predicted bout on the timeline first (the lower, paler bars)");
    return;
  }
  RequestDecideBout(session, *selected_bout_, accept);
  selected_bout_.reset();
}

void TimelineView::GrabBout(UiContext& context, const TimelineLane& lane, const TimelineSpan& span,
                            Drag::Part part, int frame) {
  Session& session = context.session;
  datasets::BehaviorPredictionRow bout;
  bout.id = span.id;
  bout.job_id = behavior_job_.value_or(0);
  bout.video_id = session.video_id();
  bout.subject = lane.subject;
  bout.behavior_id = lane.behavior_id;
  bout.start_frame = span.start_frame;
  bout.end_frame = span.end_frame;
  selected_bout_ = bout;
  session.selected_interval = 0;
  context.session.selected_subject = lane.subject;
  const auto project = session.project_view();
  const auto* episode = project ? EpisodeAbout(*project, bout) : nullptr;
  session.selected_episode = episode ? episode->id : 0;
  session.GoToFrame(span.start_frame);
  drag_ = {part, {}, bout, frame, false, {}};
  drag_.row.video_id = bout.video_id;
  drag_.row.behavior_id = bout.behavior_id;
  drag_.row.subject = bout.subject;
  drag_.row.start_frame = bout.start_frame;
  drag_.row.end_frame = bout.end_frame;
}

}  // namespace app
