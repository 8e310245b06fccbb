#include "infer/run/infer_job.h"

#include <filesystem>
#include <memory>

#include "infer/run/predict_with.h"

namespace infer {

PredictResult Predict(datasets::Project& project, const datasets::VideoRow& video,
                      const std::string& model_file, const PredictOptions& options,
                      datasets::Job& job) {
  job.Advance(0, 0, "loading the model");
  const std::unique_ptr<train::Predictor> predictor =
      train::LoadPredictor(model_file, options.predictor);
  const std::optional<IdentityVote> identity =
      ChooseIdentityVote(project, predictor->info().classes, options);
  std::optional<datasets::Id> model_id;
  for (const datasets::ModelRow& model : project.Models()) {
    std::error_code ignored;
    const auto known = project.folder() / model.weights_path;
    if (std::filesystem::equivalent(known, model_file, ignored)) model_id = model.id;
  }
  auto reader = std::make_shared<datasets::VideoReader>(project.OpenVideo(video));
  FrameSource source;
  source.picture = [reader](int frame) { return reader->Read(frame); };
  source.background = project.BackgroundOf(video).bgr;
  return PredictWith(project, video, *predictor, source, options, job, model_id,
                     identity ? &*identity : nullptr);
}

}  // namespace infer
