// Prediction with a predictor and pictures from anywhere: what infer_job.h's Predict does once it
// has loaded the model and opened the video.
#pragma once

#include <functional>
#include <opencv2/core.hpp>
#include <optional>
#include <string>

#include "infer/names/identity_vote.h"
#include "infer/run/find_animals.h"
#include "infer/run/infer_job.h"

namespace infer {

struct FrameSource {
  std::function<cv::Mat(int frame)> picture;  // BGR, CV_8UC3 of the video's size; one thread
  cv::Mat background;                         // same size, or empty
  // Instead of `picture`, as PipelineInput has it; of the predictor only info() is asked then.
  std::function<std::optional<FoundFrames>()> found;
};

PredictResult PredictWith(datasets::Project& project, const datasets::VideoRow& video,
                          train::Predictor& predictor, const FrameSource& source,
                          const PredictOptions& options, datasets::Job& job,
                          std::optional<datasets::Id> model_id = {},
                          const IdentityVote* identity = nullptr,
                          const std::string& inputs = "");  // kept with the job, see up_to_date.h

}  // namespace infer
