// The outline of an animal: what a label, a prediction, a shape under the mouse and an object of a
// file have in common.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "datasets/shape/mask.h"
#include "datasets/shape/polygon.h"

namespace datasets {

struct Outline {
  Polygons polygons;  // empty where only the mask is known
  // The truth where it is set: polygons cannot say it (holes), or a file gave a mask. The polygons
  // then only outline it.
  std::optional<Rle> rle;

  bool HasShape() const { return !polygons.empty() || (rle && !rle->empty()); }
  // The whole image's mask; all background without a shape.
  Rle Mask(const cv::Size& image) const;
  // CV_8UC1 of window.size(), 0 or 255; outside of the mask's own image it is background.
  cv::Mat MaskIn(const cv::Rect& window) const;
  Box Bounds() const;                        // {0,0,0,0} without a shape
  double Area(const cv::Size& image) const;  // pixels; what parts share counts once
  Polygons Rings() const;                    // the polygons, or the traced mask
};

}  // namespace datasets
