// Animals cut out of the frames of a video, to be looked at side by side.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/project.h"
#include "datasets/shape/polygon.h"

namespace app {

// One animal, turned so that its body lies level, at the scale of the others that it is shown with.
struct AnimalCut {
  datasets::Id video_id = 0;
  int frame = 0;
  cv::Mat bgr;                 // CV_8UC3, square
  datasets::Polygons outline;  // pixels of bgr
};
constexpr int kSidePixels = 160;

struct CutWish {
  datasets::Id video_id = 0;
  int frame = 0;
  datasets::Polygons outline;
};
// Parallel to the wishes; without a picture where there is no outline. Throws Error where a video
// cannot be read. Wishes in the order of their frames are read fastest.
std::vector<AnimalCut> CutAnimals(const datasets::Project& project,
                                  const std::vector<CutWish>& wishes);
// `picture`: the whole frame. `pixels`: of the picture, that fill the side of the square.
AnimalCut CutAnimal(const cv::Mat& picture, const datasets::Polygons& outline, double pixels);

}  // namespace app
