// Does an outline follow what the picture shows? An opinion that owes nothing to the network.
#pragma once

#include <opencv2/core.hpp>

#include "train/predictor.h"

namespace infer {

// Sets Detection::picture_agreement of every detection with a mask: pixels of its neighbourhood are
// divided in two by color (and by difference to `background`, where there is one) along the
// direction that best separates the mask from what is around it (Fisher 1936), at the threshold
// that splits them best (Otsu 1979); the agreement is the IoU of the mask with the part that it
// touches. Pixels of other detections take no part. `bgr`: CV_8UC3; `background`: of the same size,
// or empty. About 0.1 ms an animal, whatever its size.
void JudgeOutlines(const cv::Mat& bgr, const cv::Mat& background, train::FrameDetections& found);

}  // namespace infer
