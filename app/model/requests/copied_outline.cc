#include "app/model/requests/copied_outline.h"

#include <algorithm>

#include "annotate/tools/shape_geometry.h"

namespace app {

std::optional<annotate::ShapeChange> Paste(const CopiedOutline& copied,
                                           const datasets::VideoRow& video, int frame,
                                           const std::optional<cv::Point2d>& cursor) {
  const annotate::Shape& shape = copied.shape;
  const datasets::Box box = annotate::BoxOfAll(shape);
  if (box.width > video.width || box.height > video.height) return std::nullopt;
  cv::Point2d by;
  if (copied.video_id == video.id && copied.frame == frame) {
    constexpr double kBeside = 10;  // image pixels
    const cv::Point2d middle(box.x + box.width / 2, box.y + box.height / 2);
    by = cursor ? *cursor - middle : cv::Point2d(kBeside, kBeside);
  }
  by.x = std::clamp(by.x, -box.x, video.width - box.x - box.width);
  by.y = std::clamp(by.y, -box.y, video.height - box.y - box.height);
  const annotate::Way way = annotate::ShiftBy(by);
  annotate::ToolContext image;
  image.width = video.width;
  image.height = video.height;
  annotate::ShapeChange change;
  static_cast<datasets::Outline&>(change) =
      annotate::WithOutlines(shape, annotate::Moved(shape.polygons, way), image, way);
  change.key_points = annotate::Moved(shape.key_points, way);
  change.category_id = shape.category_id;
  change.label = "Paste outline";
  return change;
}

}  // namespace app
