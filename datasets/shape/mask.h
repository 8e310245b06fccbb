// Binary masks as COCO run-length encoding (column-major), equal to cocoapi's maskApi.c.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/shape/polygon.h"

namespace datasets {

// Runs in column-major order, alternating background and foreground, background first.
// Invariant when valid: the sum of counts equals height * width.
struct Rle {
  int height = 0;
  int width = 0;
  std::vector<uint32_t> counts;
  bool empty() const { return height == 0 || width == 0; }
};

Rle EncodeMask(const cv::Mat& mask);  // CV_8UC1, nonzero = foreground, any size
cv::Mat DecodeMask(const Rle& rle);   // CV_8UC1 [height, width], 0 or 255
// Only the part of the mask inside `region` (clipped to the image), without decoding the rest.
cv::Mat DecodeMask(const Rle& rle, const cv::Rect& region);
// A mask that covers `region` of an image of the given size.
Rle EncodeMaskAt(const cv::Mat& mask, const cv::Rect& region, int height, int width);

std::string CompressRle(const Rle& rle);  // COCO's string of 5-bit groups, offset 48
// Throws Error for malformed text or runs that do not sum to height * width; never allocates more
// than the image needs, whatever the text claims.
Rle ParseRle(const std::string& compressed, int height, int width);
// Same checks for uncompressed counts.
Rle CheckedRle(std::vector<uint32_t> counts, int height, int width);

Rle RlePolygon(const Ring& ring, int height, int width);           // maskApi's rleFrPoly
Rle RlePolygons(const Polygons& polygons, int height, int width);  // union
Rle RleUnion(const std::vector<Rle>& parts);
double RleArea(const Rle& rle);
Box RleBox(const Rle& rle);  // tight, integer-valued
// Intersection over union; with `b_is_crowd`, intersection over the area of a (COCO).
double RleIou(const Rle& a, const Rle& b, bool b_is_crowd = false);

// Outer outlines of a mask (CV_8UC1) as rings in continuous coordinates, along pixel borders,
// simplified within `tolerance` pixels, closer where the outline would cross itself. Up to 1 pixel
// rasterizing gives each blob (holes filled) back at IoU >= 0.98, however small or thin it is.
// `offset` is added to every point. Parts smaller than `min_area` pixels are dropped. Holes are not
// represented: check `HasHoles` and store the RLE beside it.
Polygons TraceMask(const cv::Mat& mask, double tolerance = 0.7, cv::Point offset = {},
                   double min_area = 8);
bool HasHoles(const cv::Mat& mask);
// The smallest rectangle that holds every nonzero pixel (CV_8UC1); empty when there is none.
// OpenCV 4.6's boundingRect loses columns of some small masks.
cv::Rect BoundsOf(const cv::Mat& mask);

}  // namespace datasets
