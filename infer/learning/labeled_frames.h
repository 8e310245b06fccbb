// The labeled frames of a project and their pictures, as every training begins with them.
#pragma once

#include <list>
#include <memory>
#include <opencv2/core.hpp>
#include <utility>
#include <vector>

#include "datasets/project.h"
#include "infer/learning/project_labels.h"

namespace infer {

struct LabeledImage {
  datasets::ImageRow image;
  std::vector<datasets::AnnotationRow> labels;
};

// Labeled frames of the chosen videos, by video and frame: state started or done with at least one
// label, or `empty`. Those marked val or test are left out and counted. max_labels is obeyed.
std::vector<LabeledImage> CollectLabels(const datasets::Project& project,
                                        const LabelSelection& selection, int* held_out,
                                        datasets::Job& job);

// Fetches the pictures of the labeled frames; keeps the newest within a bound.
class LabelPictures {
 public:
  LabelPictures(const datasets::Project& project, std::vector<datasets::ImageRow> images);
  // BGR. Throws Error for a picture that is not there or not the one that was labeled.
  cv::Mat Get(int index);

 private:
  cv::Mat Fetch(const datasets::ImageRow& image);

  const datasets::Project& project_;
  const std::vector<datasets::ImageRow> images_;
  std::unique_ptr<datasets::VideoReader> reader_;
  datasets::Id reader_video_ = 0;
  std::list<std::pair<int, cv::Mat>> cache_;  // newest first
  size_t cached_bytes_ = 0;
};

}  // namespace infer
