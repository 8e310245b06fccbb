// What the tools share: which shape is under the cursor, and shapes from rings, masks and holes.
#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "annotate/assist/carry_motion.h"
#include "annotate/tools/tool.h"

namespace annotate {

bool IsFinite(const cv::Point2d& point);
double ImagePixelsPerScreenPixel(const ToolInput& input);                   // > 0, whatever it says
cv::Point2d Clamped(const cv::Point2d& point, const ToolContext& context);  // into the image
// At least 3 distinct points, finite, with an area of at least a quarter pixel.
bool IsDrawable(const datasets::Ring& ring);

const Shape* FindShape(const ToolContext& context, datasets::Id annotation_id);  // or null
bool Contains(const Shape& shape, const cv::Point2d& at);
// Shapes under a point, smallest first: the one on top is the one that could not be hit otherwise.
std::vector<const Shape*> ShapesAt(const std::vector<Shape>* shapes, const cv::Point2d& at);

struct OutlinePlace {  // a vertex, or (for edges) the edge from `point` to the next one
  size_t ring = 0, point = 0;
  cv::Point2d position;  // of the vertex, or the nearest position on the edge
  double distance = 0;   // image pixels
};
std::optional<OutlinePlace> NearestVertex(const datasets::Polygons& polygons, cv::Point2d at,
                                          double reach);
std::optional<OutlinePlace> NearestEdge(const datasets::Polygons& polygons, cv::Point2d at,
                                        double reach);

cv::Rect WindowOf(const datasets::Polygons& polygons, double margin, const ToolContext& context);
// `mask` is the part of the image at `window`. Parts below 8 pixels are dropped.
datasets::Outline ShapeFromMask(const cv::Mat& mask, const cv::Rect& window,
                                const ToolContext& context);
// Where a point goes, in image coordinates: p -> A p + t (Moved: annotate/assist/carry_motion.h).
using Way = cv::Matx23d;
inline Way ShiftBy(const cv::Point2d& by) { return {1, 0, by.x, 0, 1, by.y}; }
std::vector<datasets::KeyPoint> Moved(std::vector<datasets::KeyPoint> points, const Way& way);
// The shape's outer outlines become `polygons`; its holes stay where they were, or go along.
datasets::Outline WithOutlines(const Shape& shape, datasets::Polygons polygons,
                               const ToolContext& context, const Way& holes_go = ShiftBy({0, 0}));
datasets::Outline WithPart(const Shape& shape, const datasets::Ring& ring,
                           const ToolContext& context);
datasets::Outline WithHole(const Shape& shape, const datasets::Ring& ring,
                           const ToolContext& context);

// `by`, so far as the box stays inside the image; what reaches beyond may stay as far outside.
cv::Point2d ShiftInside(const datasets::Box& box, cv::Point2d by, int width, int height);
// The box of the shape's outline and key points.
datasets::Box BoxOfAll(const Shape& shape);
std::vector<datasets::KeyPoint> Shifted(std::vector<datasets::KeyPoint> points, cv::Point2d by);

ShapeChange AddChange(datasets::Outline shape, const char* label);
ShapeChange ReplaceChange(datasets::Id annotation_id, datasets::Outline shape, const char* label);

}  // namespace annotate
