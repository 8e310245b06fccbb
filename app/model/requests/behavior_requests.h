// What a person asks for on behaviors, as requests to the session (one Edit each).
#pragma once

#include <string>

#include "app/model/actions.h"
#include "app/model/session/session.h"

namespace app {

// A behavior that has been started with its key and not yet ended: kept by the window, written as
// one interval when it ends. Never longer than the video.
struct OpenBehavior {
  datasets::Id video_id = 0;
  datasets::Id behavior_id = 0;
  std::string subject;
  int start_frame = 0;
  int last_frame = 0;  // that was shown since, in its own video
};

// Runs the key of a behavior at the current frame: starts it, ends it when it runs, or ends another
// one of the same exclusion group and starts this one. Point behaviors are written at once.
void PressBehavior(Session& session, std::vector<OpenBehavior>& open, datasets::Id behavior_id,
                   const std::string& subject);
// Ends everything that runs: after the current frame, and in other videos after the last one shown.
void EndOpenBehaviors(Session& session, std::vector<OpenBehavior>& open);

void RequestAddBehavior(Session& session, const std::string& name, bool is_point,
                        const std::string& exclusion_group, const std::string& shortcut);
// What differs between the two is changed, in one step.
void RequestChangeBehavior(Session& session, const datasets::BehaviorRow& before,
                           const datasets::BehaviorRow& after);
// With its bouts in all videos; says how many went.
void RequestDeleteBehavior(Session& session, const datasets::BehaviorRow& behavior);
// By so many places toward the end of the list.
void RequestMoveBehavior(Session& session, datasets::Id behavior_id, int places);
// In all videos, explicit NOTs too.
int BoutsOf(const ProjectView& project, datasets::Id behavior_id);
// The behavior that has this key (a letter, a capital one with Shift); null when none has. The
// digits of the first nine are commands.
const datasets::BehaviorRow* BehaviorOfKey(const ProjectView& project, const Chord& chord);
// The title of the command of Behavior mode that such a key then hides; "" when there is none.
std::string CommandOfBehaviorKey(const ActionTable& actions, const std::string& key);

// From the bout as it was seen to what the person made of it.
void RequestChangeInterval(Session& session, const datasets::BehaviorIntervalRow& seen,
                           const datasets::BehaviorIntervalRow& wanted);
void RequestAddInterval(Session& session, datasets::BehaviorIntervalRow interval);
// Decides a predicted bout, whether or not the review queue asks about it.
void RequestDecideBout(Session& session, const datasets::BehaviorPredictionRow& bout, bool accept);
// What happened instead: the labels say that, the prediction stays.
void RequestCorrectBout(Session& session, const datasets::BehaviorPredictionRow& bout,
                        const datasets::BehaviorIntervalRow& happened);
// Training on scored intervals, and scoring of the current video with the newest model of behavior;
// both run as jobs. `architecture`: behavior-frame or behavior-seq.
void RequestTrainBehavior(Session& session, const std::string& architecture);
void RequestScoreBehavior(Session& session);

void RequestSplitInterval(Session& session, datasets::Id interval_id, int frame);
void RequestDeleteInterval(Session& session, datasets::Id interval_id);

// The episode of the queue about this bout, or null.
const datasets::ReviewItemRow* EpisodeAbout(const ProjectView& project,
                                            const datasets::BehaviorPredictionRow& bout);
void RequestAddRegion(Session& session, const std::string& name, const datasets::Polygons& outline);
void RequestDeleteRegion(Session& session, datasets::Id region_id);
// Animals, regions and other names that have behavior rows in the current video, "" among them
// when nothing else has or it has rows itself; in the order of the rows.
std::vector<std::string> Subjects(const ProjectView& project, datasets::Id video_id);

// The interval row by id in the session's view, or null.
const datasets::BehaviorIntervalRow* FindInterval(const ProjectView& project, datasets::Id video_id,
                                                  datasets::Id interval_id);
// The bout that starts next after `frame`, or before it, on any row; null when there is none.
const datasets::BehaviorIntervalRow* NextBout(const ProjectView& project, datasets::Id video_id,
                                              int frame, int direction);

}  // namespace app
