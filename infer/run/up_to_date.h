// Whether a prediction would say again what the project holds already.
#pragma once

#include <optional>
#include <string>

#include "datasets/project.h"
#include "infer/predict_options.h"

namespace infer {

enum class Purpose { kOutlines, kBehavior, kPoints };

// A short name for all that a prediction of this video is made from: the video's pictures, the
// weights, the options (not how many threads), and what people have labeled and decided in this
// video, as far as the purpose looks at it. Equal names: the prediction would say the same, but for
// confidences, which labels of other videos calibrate. Throws Error when the weights cannot be
// read.
std::string InputsOf(const datasets::Project& project, const datasets::VideoRow& video,
                     const std::string& model_file, const PredictOptions& options, Purpose purpose);

// The options as a job keeps them, with the video's name and the inputs ("" for none).
std::string StoredOptions(const PredictOptions& options, const datasets::VideoRow& video,
                          const std::string& inputs);

// The finished job that holds what InputsOf(...) would give and that the project shows for the
// video; none when there is no such job, when another came after it, or when it did not end well.
std::optional<datasets::Id> UpToDateJob(const datasets::Project& project,
                                        const datasets::VideoRow& video, const std::string& inputs,
                                        Purpose purpose);

// The job whose outlines or boxes of animals the project shows for the video. Rows of whole
// pictures that have points alone are none.
std::optional<datasets::Id> OutliningJob(const datasets::Project& project,
                                         const datasets::VideoRow& video);

}  // namespace infer
