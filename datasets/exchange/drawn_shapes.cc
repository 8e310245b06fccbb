#include "datasets/exchange/drawn_shapes.h"

#include <cmath>

#include "datasets/base/error.h"
#include "datasets/exchange/label_batch.h"

namespace datasets {

namespace {

constexpr int kEllipseCorners = 64;

}  // namespace

Ring TurnedRing(const Ring& ring, const cv::Point2d& pivot, double degrees) {
  if (degrees == 0) return ring;
  const double angle = degrees * CV_PI / 180, c = std::cos(angle), s = std::sin(angle);
  Ring turned;
  for (const cv::Point2d& point : ring) {
    const cv::Point2d from = point - pivot;
    turned.emplace_back(pivot.x + c * from.x - s * from.y, pivot.y + s * from.x + c * from.y);
  }
  return turned;
}

Ring EllipseRing(const cv::Point2d& center, double radius_x, double radius_y, double degrees) {
  Ring ring;
  for (int i = 0; i < kEllipseCorners; ++i) {
    const double angle = 2 * CV_PI * i / kEllipseCorners;
    ring.emplace_back(center.x + radius_x * std::cos(angle), center.y + radius_y * std::sin(angle));
  }
  return TurnedRing(ring, center, degrees);
}

void SetRing(const Ring& ring, const std::string& where, AnnotationRow& row) {
  CheckRing(ring, where);
  row.polygons = {ring};
  MeasurePolygons(row);
}

void MaskAllowance::Take(const cv::Rect& region, const cv::Size& picture,
                         const std::string& where) {
  constexpr int64_t kMostPixels = int64_t{1} << 27, kMostInFile = int64_t{1} << 30;
  const int64_t pixels = static_cast<int64_t>(region.width) * region.height;
  const bool inside = region.x >= 0 && region.y >= 0 && region.width > 0 && region.height > 0 &&
                      region.x <= picture.width - region.width &&
                      region.y <= picture.height - region.height;
  if (!inside || pixels > kMostPixels) {
    throw Error(where,
                "its mask of " + std::to_string(region.width) + " x " +
                    std::to_string(region.height) + " pixels does not lie inside its picture of " +
                    std::to_string(picture.width) + " x " + std::to_string(picture.height),
                "draw it again, or check which video the labels are of");
  }
  pixels_ += pixels;
  if (pixels_ > kMostInFile) {
    throw Error(where, "the masks together have more than a thousand million pixels",
                "split the file, or draw outlines");
  }
}

bool SetMask(const cv::Mat& mask, const cv::Rect& region, const cv::Size& picture,
             AnnotationRow& row) {
  row.rle = EncodeMaskAt(mask, region, picture.height, picture.width);
  row.area = RleArea(*row.rle);
  row.box = RleBox(*row.rle);
  row.polygons = TraceMask(mask, 0.7, region.tl(), 0);
  return row.area > 0;
}

}  // namespace datasets
