// Prediction over a video as one call, into the project.
#pragma once

#include <string>

#include "datasets/base/job.h"
#include "datasets/project.h"
#include "infer/predict_options.h"

namespace infer {

// Decodes, predicts, tracks and writes predictions, identities, confidences and the review queue.
// Memory is bounded whatever the length. Registers a job row; cancelled or failed work leaves the
// frames done so far and a job marked so.
PredictResult Predict(datasets::Project& project, const datasets::VideoRow& video,
                      const std::string& model_file, const PredictOptions& options,
                      datasets::Job& job);

}  // namespace infer
