// From pictures to the numbers that the idseg networks see: the one path that training and
// prediction share. No torch type: plain float arrays, channels last.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "train/idseg/description.h"

namespace train {

// The size of a picture at network scale (at least 1 x 1).
cv::Size ScaledSize(const cv::Size& image, double scale);
// Shrinks by area averaging, enlarges by cubic interpolation.
cv::Mat AtNetworkScale(const cv::Mat& image, double scale);

// Median grey level (0..255) of a CV_8UC3 picture.
double MedianGrey(const cv::Mat& bgr);
// Factor that brings a picture to the reference level; mild (0.75..1.33), since brightness is also
// a cue for identity.
double FrameGain(double median_grey, double reference_level);

// Writes out_size.height * out_size.width * 5 floats (R, G, B, difference, background known), row
// after row; beyond the picture its border is repeated. `background` has the scale and size of
// `scaled`, or is empty. The gains multiply picture and background.
void FillSegInput(const cv::Mat& scaled, const cv::Mat& background, double gain,
                  double background_gain, const SegInput& input, const cv::Size& out_size,
                  float* out);

// What is kept of one animal for the crop classifier: a square around its centroid, larger than the
// crop by kPatchMargin so that it can be turned, at the crop's resolution.
inline constexpr double kPatchMargin = 1.45;
struct AnimalPatch {
  cv::Mat bgr;              // CV_8UC3 [P, P]
  cv::Mat mask;             // CV_8UC1 [P, P], coverage 0..255
  double axis_radians = 0;  // direction of the long axis, in the image, (-pi/2, pi/2]
};
// `mask` covers `region` of the image (0 or 255). Parts outside the image are black and unmasked.
AnimalPatch CutPatch(const cv::Mat& image, const cv::Rect& region, const cv::Mat& mask,
                     const CropInput& crop);

// Geometric changes of one crop.
struct CropView {
  double turn_radians = 0;  // added to the turn that lays the long axis flat
  bool flip = false;
  double zoom = 1;                  // > 1 enlarges
  double shift_x = 0, shift_y = 0;  // crop pixels
};
// Cuts the view out of the patch: bgr CV_8UC3 and mask CV_8UC1, side x side.
void CutView(const AnimalPatch& patch, const CropView& view, int side, cv::Mat& bgr, cv::Mat& mask);
// Writes side * side * channels floats. gain and offset (grey levels) change the brightness.
void FillCropInput(const cv::Mat& bgr, const cv::Mat& mask, const CropInput& crop, double gain,
                   double offset, float* out);

// The views that a prediction averages over.
std::vector<CropView> TestViews();

}  // namespace train
