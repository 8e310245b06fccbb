// Train on the labels, predict the videos, and what runs now.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "app/ui/view.h"
#include "infer/infer_job.h"
#include "train/train_job.h"

namespace app {

class LearnView : public View {
 public:
  const char* id() const override { return "learn"; }
  const char* title() const override { return "Train"; }
  void AddActions(ActionTable& actions, UiContext& context) override;
  void Draw(UiContext& context) override;
  bool wants_focus() override { return std::exchange(wants_focus_, false); }
  void Describe(nlohmann::json& state) const override;

 private:
  struct Curve {  // filled by the training's thread
    std::mutex mutex;
    std::vector<float> loss;
    std::vector<std::pair<int, std::string>> validation;  // step, figures in words
    std::vector<float> validation_iou;
    int step = 0, steps = 0;
    bool running = false;
    std::string outcome;
  };
  void StartTraining(Session& session);
  void StartPrediction(Session& session, bool all_videos);
  void DrawTraining(UiContext& context, const ProjectView& project);
  void DrawPrediction(UiContext& context, const ProjectView& project);
  void DrawJobs(UiContext& context);

  train::TrainOptions train_options_;
  infer::PredictOptions predict_options_;
  std::shared_ptr<Curve> curve_ = std::make_shared<Curve>();
  int64_t train_job_ = 0;
  bool wants_focus_ = false;
  int model_chosen_ = -1;  // -1: newest
};

}  // namespace app
