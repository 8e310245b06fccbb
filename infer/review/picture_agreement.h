// Does an outline follow what the picture shows? An opinion that owes nothing to the network.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "infer/track/blob.h"
#include "train/base/predictor.h"
#include "train/picture/picture_model.h"

namespace infer {

// What the picture shows around one detection.
struct PictureEvidence {
  cv::Rect view;          // image pixels
  cv::Mat animal_pixels;  // CV_8UC1: the view reduced, 255 where it shows an animal
};

// Whether the model was learned under the same conditions and was seen to agree with labels.
bool CanJudge(const train::PictureModel& model, bool has_background);

// One for each detection with a mask. `bgr`: CV_8UC3; `background`: of the same size, or empty, as
// CanJudge was told. Some 1 ms an animal, whatever its size.
std::vector<PictureEvidence> LookForAnimals(const cv::Mat& bgr, const cv::Mat& background,
                                            const train::PictureModel& model,
                                            const train::FrameDetections& found);

// Sets picture_agreement of the frame's blobs, pieces of contacts included: the IoU of the mask
// with what the evidence shows there and touches it; pixels of the other blobs take no part. -1
// where no evidence covers the blob.
void JudgeBlobs(const std::vector<PictureEvidence>& evidence, const cv::Size& frame_size,
                std::vector<Blob>& blobs);

// Without a model: sets Detection::picture_agreement of every detection with a mask. Pixels of its
// neighborhood are divided in two along the direction in color (and in difference to `background`,
// where there is one) that best separates the mask from what is around it (Fisher 1936), at the
// threshold that splits them best (Otsu 1979). Only comparisons within one video mean something.
void JudgeOutlines(const cv::Mat& bgr, const cv::Mat& background, train::FrameDetections& found);

}  // namespace infer
