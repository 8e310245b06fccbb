#include <algorithm>

#include "annotate/edits.h"
#include "app/model/requests/behavior_requests.h"
#include "datasets/model_files.h"
#include "infer/learning/train_on_project.h"
#include "infer/run/behavior_job.h"
#include "infer/run/models.h"

namespace app {
namespace {

// The queue's own row, so that its verdict shows there.
datasets::ReviewItemRow EpisodeFor(Session& session, const datasets::BehaviorPredictionRow& bout) {
  const auto project = session.project_view();
  const auto* item = project ? EpisodeAbout(*project, bout) : nullptr;
  return item ? *item : annotate::EpisodeOf(bout);
}

}  // namespace

const datasets::ReviewItemRow* EpisodeAbout(const ProjectView& project,
                                            const datasets::BehaviorPredictionRow& bout) {
  for (const datasets::ReviewItemRow& item : project.review_items) {
    if (item.behavior_id == bout.behavior_id && item.subject == bout.subject &&
        item.video_id == bout.video_id && item.job_id == bout.job_id &&
        item.start_frame == bout.start_frame && item.end_frame == bout.end_frame) {
      return &item;
    }
  }
  return nullptr;
}

void RequestDecideBout(Session& session, const datasets::BehaviorPredictionRow& bout, bool accept) {
  const datasets::ReviewItemRow item = EpisodeFor(session, bout);
  const auto verdict = accept ? annotate::Verdict::kAccepted : annotate::Verdict::kRejected;
  session.PostEdit([=](datasets::Project&) { return annotate::DecideBout(item, verdict, 0); });
}

void RequestCorrectBout(Session& session, const datasets::BehaviorPredictionRow& bout,
                        const datasets::BehaviorIntervalRow& happened) {
  const datasets::ReviewItemRow item = EpisodeFor(session, bout);
  session.PostEdit([=](datasets::Project&) {
    return annotate::CorrectBout(item, happened.behavior_id, happened.start_frame,
                                 happened.end_frame, 0);
  });
}

void RequestTrainBehavior(Session& session, const std::string& architecture) {
  session.StartJob(
      "Train " + architecture, [architecture](datasets::Project& project, datasets::Job& job) {
        train::TrainOptions options;
        options.model = architecture;
        const infer::TrainedModel trained = infer::TrainBehaviorOnProject(
            project, infer::LabelSelection(), options, train::BehaviorOptions(),
            infer::DefaultModelFile(project, false), job, {}, [](const std::string&) {});
        if (trained.cancelled) throw datasets::Cancelled();
      });
}

void RequestScoreBehavior(Session& session) {
  const auto project = session.project_view();
  const datasets::VideoRow* video = session.video();
  if (!project || !video) return;
  const infer::DefaultModel taken =
      infer::ChooseModel(project->models, project->jobs, train::Task::kBehavior);
  if (!taken.model) {
    session.Say(Message::Kind::kInfo,
                taken.why.empty() ? "There is no model of behavior yet: train one first"
                                  : taken.why + ": keep it in the Train panel, or train again");
    return;
  }
  session.StartJob(
      "Score behavior of " + video->name,
      [model = *taken.model, video = *video](datasets::Project& opened, datasets::Job& job) {
        infer::PredictBehavior(opened, video, datasets::ModelFile(opened, model).string(), {}, job);
      });
}

}  // namespace app
