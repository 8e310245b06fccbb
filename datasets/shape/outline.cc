#include "datasets/shape/outline.h"

namespace datasets {

Rle Outline::Mask(const cv::Size& image) const {
  if (rle && !rle->empty()) return *rle;
  return RlePolygons(polygons, image.height, image.width);
}

cv::Mat Outline::MaskIn(const cv::Rect& window) const {
  cv::Mat mask(window.size(), CV_8UC1, cv::Scalar(0));
  if (rle && !rle->empty()) {
    const cv::Rect known = window & cv::Rect(0, 0, rle->width, rle->height);
    if (!known.empty()) DecodeMask(*rle, known).copyTo(mask(known - window.tl()));
    return mask;
  }
  if (polygons.empty() || window.empty()) return mask;
  Polygons shifted = polygons;
  for (Ring& ring : shifted) {
    for (cv::Point2d& point : ring) point -= cv::Point2d(window.tl());
  }
  return DecodeMask(RlePolygons(shifted, window.height, window.width));
}

Box Outline::Bounds() const { return rle && !rle->empty() ? RleBox(*rle) : BoxOf(polygons); }

double Outline::Area(const cv::Size& image) const {
  if (rle && !rle->empty()) return RleArea(*rle);
  if (polygons.size() == 1) return RingArea(polygons[0]);
  return RleArea(RlePolygons(polygons, image.height, image.width));
}

Polygons Outline::Rings() const {
  if (!polygons.empty() || !rle) return polygons;
  return TraceMask(DecodeMask(*rle));
}

}  // namespace datasets
