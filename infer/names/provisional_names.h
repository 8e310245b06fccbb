// Names for rows that are written before the whole video is known.
#pragma once

#include <vector>

#include "infer/track/blob.h"
#include "train/base/predictor.h"

namespace infer {

class ProvisionalNames {
 public:
  explicit ProvisionalNames(const train::ModelInfo& info);

  // One class index a blob: the best one-to-one choice by what each tracklet's frames said so far.
  // More blobs than animals: the rest get the class they look like.
  std::vector<size_t> Of(const std::vector<Blob>& blobs);

 private:
  std::vector<size_t> class_of_slot_;
  size_t classes_;
  std::vector<std::vector<float>> sums_;  // [tracklet][K]
};

}  // namespace infer
