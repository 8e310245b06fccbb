#include "train/idseg/crop_views.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace train {
namespace {

// Random damage as a predicted mask has it: a little larger or smaller, shifted, partly covered.
void DamageMask(cv::Mat& mask, datasets::Random& random) {
  if (random.Chance(0.5)) {
    const int size = 1 + random.Below(2);
    const cv::Mat kernel =
        cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * size + 1, 2 * size + 1});
    if (random.Chance(0.5)) {
      cv::dilate(mask, mask, kernel);
    } else {
      cv::erode(mask, mask, kernel);
    }
  }
  if (random.Chance(0.25)) {
    const double direction = random.Uniform(0, 2 * CV_PI);
    const double distance = random.Uniform(0.1, 0.3) * mask.cols;
    const double c = std::cos(direction), s = std::sin(direction), half = mask.cols / 2.0;
    for (int y = 0; y < mask.rows; ++y) {
      for (int x = 0; x < mask.cols; ++x) {
        if ((x - half) * c + (y - half) * s > distance) mask.at<uchar>(y, x) = 0;
      }
    }
  }
}

}  // namespace

void FillLearningView(const AnimalPatch& patch, const CropInput& input, datasets::Random& random,
                      float* out) {
  CropView view;
  view.turn_radians = random.Uniform(0, 2 * CV_PI);
  view.flip = random.Chance(0.5);
  view.zoom = std::exp(random.Uniform(-0.03, 0.03));
  view.shift_x = random.Uniform(-2.5, 2.5);
  view.shift_y = random.Uniform(-2.5, 2.5);
  cv::Mat bgr, mask;
  CutView(patch, view, input.side, bgr, mask);
  DamageMask(mask, random);
  const double gain = std::exp(random.Uniform(-0.12, 0.12));
  FillCropInput(bgr, mask, input, gain, random.Uniform(-0.15, 0.15) * input.deviation, out);
}

}  // namespace train
