// Train on the labels, predict the videos, and what runs now.
#pragma once

#include <memory>
#include <utility>

#include "app/model/session/training_watch.h"
#include "app/ui/view.h"
#include "app/ui/views/models_list.h"
#include "app/ui/views/sample_pictures.h"
#include "infer/run/infer_job.h"
#include "train/base/training_options.h"

namespace app {

class LearnView : public View {
 public:
  const char* id() const override { return "learn"; }
  const char* title() const override { return "Train"; }
  void AddActions(ActionTable& actions, Session& session) override;
  void Draw(UiContext& context) override;
  bool wants_focus() override { return std::exchange(wants_focus_, false); }
  void Describe(nlohmann::json& state) const override;

 private:
  void StartTraining(Session& session);
  void StartTracking(Session& session);
  enum class Which { kThis, kAll, kChosen };
  void StartPrediction(Session& session, Which which);
  void StartPoints(Session& session, Which which);
  void Predict(Session& session, const datasets::ModelRow& model, Which which);
  void DrawChoices(const ProjectView& project);
  void DrawTracking(UiContext& context);
  void DrawTraining(UiContext& context, const ProjectView& project);
  void DrawCurves(UiContext& context, const ProjectView& project);
  void DrawPrediction(UiContext& context, const ProjectView& project);
  void DrawJobs(UiContext& context);

  train::TrainOptions train_options_;
  infer::PredictOptions predict_options_;
  std::shared_ptr<TrainingWatch> watch_ = std::make_shared<TrainingWatch>();
  // What the watch said last.
  std::shared_ptr<const TrainingWatch::View> seen_ = std::make_shared<TrainingWatch::View>();
  int64_t seen_version_ = 0;
  SamplePictures pictures_;
  int64_t train_job_ = 0;
  int animals_ = 0;  // of tracking without labels; 0: as many as are seen
  bool wants_focus_ = false;
  ModelsList models_;
};

}  // namespace app
