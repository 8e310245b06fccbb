#include "infer/run/infer_job.h"

#include <memory>

#include "datasets/job_remarks.h"
#include "datasets/model_files.h"
#include "infer/run/predict_with.h"
#include "infer/run/up_to_date.h"

namespace infer {

PredictResult Predict(datasets::Project& project, const datasets::VideoRow& video,
                      const std::string& model_file, const PredictOptions& options,
                      datasets::Job& job) {
  job.Advance(0, 0, "loading the model");
  const std::string inputs = InputsOf(project, video, model_file, options, Purpose::kOutlines);
  const std::unique_ptr<train::Predictor> predictor =
      train::LoadPredictor(model_file, options.predictor);
  const std::optional<IdentityVote> identity =
      ChooseIdentityVote(project, predictor->info().classes, options);
  auto reader = std::make_shared<datasets::VideoReader>(project.OpenVideo(video));
  FrameSource source;
  source.picture = [reader](int frame) { return reader->Read(frame); };
  source.background = project.BackgroundOf(video).bgr;
  PredictResult result = PredictWith(project, video, *predictor, source, options, job,
                                     datasets::UnchangedModelOfFile(project, model_file),
                                     identity ? &*identity : nullptr, inputs);
  datasets::KeepRemarks(project, result.job_id, result.remarks);
  return result;
}

}  // namespace infer
