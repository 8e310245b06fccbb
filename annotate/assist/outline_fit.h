// One animal cut from its ground the way a person outlined it: with or without wings and legs.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/shape/polygon.h"

namespace annotate {

struct OutlineFit {
  double cut = 0;      // contrast to the ground (ContrastTo), above which a pixel is the animal's
  int radius = 0;      // of the opening that takes off what the person left out, pixels
  bool flat = false;   // the ground is one color, the median around the animal, in each frame anew
  double overlap = 0;  // IoU with the outline it was learned from; 0: nothing could be learned
};

// The rings of an outline that something has cut in several: each at least a tenth of it. Specks
// beside one ring are no parts; empty then.
std::vector<datasets::Ring> PartsOf(const datasets::Polygons& outline);
// The cut and the opening that give `outline` back best in its own frame, beside `others`. Without
// a background (or with one of another size) the ground is one color, the median around the animal.
// Frames 8-bit BGR.
OutlineFit LearnOutlineFit(const cv::Mat& frame, const cv::Mat& background,
                           const datasets::Polygons& outline,
                           const std::vector<datasets::Polygons>& others);
// The animal of another frame that lies at `near` (within a third of its length around it); no
// pixel of `others` is taken. Empty when nothing stands out there.
datasets::Polygons FitOutline(const OutlineFit& fit, const cv::Mat& frame,
                              const cv::Mat& background, const datasets::Polygons& near,
                              const std::vector<datasets::Polygons>& others);

}  // namespace annotate
