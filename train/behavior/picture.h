// From frames to the pictures that the behavior networks see: the one path that training and
// prediction share. No torch type.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/shape/mask.h"
#include "train/behavior/description.h"

namespace train {

struct PictureMask {
  const datasets::Rle* mask = nullptr;  // of the whole frame
  uchar level = 255;                    // 255: the subject, 128: another animal
};

// The square of `side_in_image` frame pixels around `center`, at input.side network pixels, with
// input.room network pixels more on every side: CV_8UC(input.channels()) [stored, stored].
// Beyond the frame its border goes on. `background` is CV_8UC3 of the frame's size, or empty (the
// difference is 0 then). `masks`: later ones lie on top.
cv::Mat CutPicture(const cv::Mat& bgr, const cv::Mat& background, const cv::Point2d& center,
                   double side_in_image, const std::vector<PictureMask>& masks,
                   const BehaviorInput& input);

// Geometric and brightness changes of one picture; the default changes nothing.
struct PictureView {
  double turn_radians = 0;
  bool flip_x = false, flip_y = false;  // mirrored left-right, upside down
  double zoom = 1;                      // > 1 enlarges
  double shift_x = 0, shift_y = 0;      // network pixels
  double gain = 1, offset = 0;          // of the grey levels (not of the mask)
};
// Writes side * side * channels normalized floats, channels last.
void FillPicture(const cv::Mat& stored, const PictureView& view, const BehaviorInput& input,
                 float* out);

// The animal of a still camera's frame as what differs from the background: the largest blob. Good
// for one animal that contrasts with its floor.
class BlobFinder {
 public:
  explicit BlobFinder(const cv::Mat& background);  // CV_8UC3, or empty: nothing is ever found
  // Its mask in a frame of the background's size; empty where nothing differs.
  datasets::Rle Find(const cv::Mat& bgr) const;

 private:
  static constexpr int kMostSide = 320;  // pixels that are looked at
  cv::Mat Shrunk(const cv::Mat& bgr) const;
  cv::Size size_;
  int factor_ = 1;
  cv::Mat background_;
};

}  // namespace train
