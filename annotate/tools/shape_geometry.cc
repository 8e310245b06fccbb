#include "annotate/tools/shape_geometry.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "annotate/assist/pixel_region.h"

namespace annotate {
namespace {

bool InRing(const datasets::Ring& ring, const cv::Point2d& at) {
  bool inside = false;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    const cv::Point2d &a = ring[i], &b = ring[j];
    if ((a.y > at.y) != (b.y > at.y) && at.x < (b.x - a.x) * (at.y - a.y) / (b.y - a.y) + a.x) {
      inside = !inside;
    }
  }
  return inside;
}

double SizeOf(const Shape& shape) {
  return shape.polygons.empty() && shape.rle ? datasets::RleArea(*shape.rle)
                                             : AreaOf(shape.polygons);
}

cv::Rect WindowOf(const Shape& shape, double margin, const ToolContext& context) {
  if (!shape.polygons.empty() || !shape.rle) return WindowOf(shape.polygons, margin, context);
  const datasets::Box box = datasets::RleBox(*shape.rle);
  return WindowOf(
      {{{box.x, box.y}, {box.x + box.width, box.y}, {box.x + box.width, box.y + box.height}}},
      margin, context);
}

}  // namespace

bool IsFinite(const cv::Point2d& point) { return std::isfinite(point.x) && std::isfinite(point.y); }

double ImagePixelsPerScreenPixel(const ToolInput& input) {
  const double pixels = input.image_pixels_per_screen_pixel;
  return std::isfinite(pixels) ? std::max(1e-6, pixels) : 1;
}

cv::Point2d Clamped(const cv::Point2d& point, const ToolContext& context) {
  return {std::clamp(point.x, 0.0, static_cast<double>(std::max(0, context.width))),
          std::clamp(point.y, 0.0, static_cast<double>(std::max(0, context.height)))};
}

bool IsDrawable(const datasets::Ring& ring) {
  constexpr double kSmallest = 0.25;
  if (ring.size() < 3) return false;
  size_t distinct = 0;
  for (size_t i = 0; i < ring.size() && distinct < 3; ++i) {
    if (!IsFinite(ring[i])) return false;
    if (std::find(ring.begin(), ring.begin() + static_cast<long>(i), ring[i]) ==
        ring.begin() + static_cast<long>(i)) {
      ++distinct;
    }
  }
  return distinct >= 3 && std::all_of(ring.begin(), ring.end(), IsFinite) &&
         datasets::RingArea(ring) >= kSmallest;
}

const Shape* FindShape(const ToolContext& context, datasets::Id annotation_id) {
  if (!context.shapes || annotation_id == 0) return nullptr;
  for (const Shape& shape : *context.shapes) {
    if (shape.annotation_id == annotation_id) return &shape;
  }
  return nullptr;
}

bool Contains(const Shape& shape, const cv::Point2d& at) {
  if (!IsFinite(at)) return false;
  if (shape.rle && !shape.rle->empty()) {
    const auto pixel = PixelAt(at, {shape.rle->width, shape.rle->height});
    if (!pixel) return false;
    const cv::Mat value = datasets::DecodeMask(*shape.rle, cv::Rect(*pixel, cv::Size(1, 1)));
    return !value.empty() && value.at<uchar>(0, 0) != 0;
  }
  return std::any_of(shape.polygons.begin(), shape.polygons.end(),
                     [&](const datasets::Ring& ring) { return !ring.empty() && InRing(ring, at); });
}

std::vector<const Shape*> ShapesAt(const std::vector<Shape>* shapes, const cv::Point2d& at) {
  std::vector<const Shape*> hits;
  if (!shapes) return hits;
  for (const Shape& shape : *shapes) {
    if (Contains(shape, at)) hits.push_back(&shape);
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const Shape* a, const Shape* b) { return SizeOf(*a) < SizeOf(*b); });
  return hits;
}

std::optional<OutlinePlace> NearestVertex(const datasets::Polygons& polygons, cv::Point2d at,
                                          double reach) {
  std::optional<OutlinePlace> nearest;
  for (size_t r = 0; r < polygons.size(); ++r) {
    for (size_t i = 0; i < polygons[r].size(); ++i) {
      const double distance = cv::norm(polygons[r][i] - at);
      if (distance <= reach && (!nearest || distance < nearest->distance)) {
        nearest = OutlinePlace{r, i, polygons[r][i], distance};
      }
    }
  }
  return nearest;
}

std::optional<OutlinePlace> NearestEdge(const datasets::Polygons& polygons, cv::Point2d at,
                                        double reach) {
  std::optional<OutlinePlace> nearest;
  for (size_t r = 0; r < polygons.size(); ++r) {
    const datasets::Ring& ring = polygons[r];
    for (size_t i = 0; i < ring.size(); ++i) {
      const cv::Point2d a = ring[i], d = ring[(i + 1) % ring.size()] - a;
      const double squared = d.dot(d);
      const double t = squared > 0 ? std::clamp((at - a).dot(d) / squared, 0.0, 1.0) : 0.0;
      const cv::Point2d foot = a + d * t;
      const double distance = cv::norm(foot - at);
      if (distance <= reach && (!nearest || distance < nearest->distance)) {
        nearest = OutlinePlace{r, i, foot, distance};
      }
    }
  }
  return nearest;
}

cv::Rect WindowOf(const datasets::Polygons& polygons, double margin, const ToolContext& context) {
  const datasets::Box box = datasets::BoxOf(polygons);
  const cv::Rect around(cv::Point(static_cast<int>(std::floor(box.x - margin)),
                                  static_cast<int>(std::floor(box.y - margin))),
                        cv::Point(static_cast<int>(std::ceil(box.x + box.width + margin)),
                                  static_cast<int>(std::ceil(box.y + box.height + margin))));
  return around & cv::Rect(0, 0, context.width, context.height);
}

datasets::Outline ShapeFromMask(const cv::Mat& mask, const cv::Rect& window,
                                const ToolContext& context) {
  datasets::Outline shape;
  if (mask.empty()) return shape;
  shape.polygons = datasets::TraceMask(mask, 0.7, window.tl());
  shape.polygons.erase(std::remove_if(shape.polygons.begin(), shape.polygons.end(),
                                      [](const auto& ring) { return !IsDrawable(ring); }),
                       shape.polygons.end());
  if (!shape.polygons.empty() && datasets::HasHoles(mask)) {
    shape.rle = datasets::EncodeMaskAt(mask, window, context.height, context.width);
  }
  return shape;
}

std::vector<datasets::KeyPoint> Moved(std::vector<datasets::KeyPoint> points, const Way& way) {
  for (datasets::KeyPoint& point : points) {
    const cv::Point2d moved = Moved(cv::Point2d(point.x, point.y), way);
    point.x = moved.x;
    point.y = moved.y;
  }
  return points;
}

datasets::Outline WithOutlines(const Shape& shape, datasets::Polygons polygons,
                               const ToolContext& context, const Way& holes_go) {
  if (!shape.rle || shape.rle->empty()) return {std::move(polygons), std::nullopt};
  const cv::Rect old_window = WindowOf(shape, 1, context);
  const cv::Mat old_mask = shape.MaskIn(old_window);
  const cv::Mat holes = FillHoles(old_mask) & ~old_mask;
  const cv::Rect window = WindowOf(polygons, 1, context);
  if (window.empty() || cv::countNonZero(holes) == 0) return {std::move(polygons), std::nullopt};
  cv::Mat mask = MaskOf(polygons, window);
  // From pixel to pixel of the two windows; a pixel's middle lies half a pixel behind its index.
  const cv::Point2d half(0.5, 0.5);
  const cv::Point2d to =
      Moved(cv::Point2d(old_window.tl()) + half, holes_go) - half - cv::Point2d(window.tl());
  const Way pixels = {holes_go(0, 0), holes_go(0, 1), to.x, holes_go(1, 0), holes_go(1, 1), to.y};
  cv::Mat moved;
  cv::warpAffine(holes, moved, pixels, window.size(), cv::INTER_NEAREST);
  mask.setTo(0, moved);
  datasets::Outline drawn;
  drawn.polygons = std::move(polygons);
  if (datasets::HasHoles(mask)) {
    drawn.rle = datasets::EncodeMaskAt(mask, window, context.height, context.width);
  }
  return drawn;
}

datasets::Outline WithPart(const Shape& shape, const datasets::Ring& ring,
                           const ToolContext& context) {
  datasets::Polygons outlines = shape.polygons;
  outlines.push_back(ring);
  const cv::Rect window = WindowOf(outlines, 1, context) | WindowOf(shape, 1, context);
  const cv::Mat before = shape.MaskIn(window), added = MaskOf(datasets::Polygons{ring}, window);
  const bool apart = cv::countNonZero(before & added) == 0;
  if (apart && !shape.rle) return {std::move(outlines), std::nullopt};
  return ShapeFromMask(before | added, window, context);
}

datasets::Outline WithHole(const Shape& shape, const datasets::Ring& ring,
                           const ToolContext& context) {
  const cv::Rect window = WindowOf(shape, 1, context);
  if (window.empty()) return {};
  return ShapeFromMask(shape.MaskIn(window) & ~MaskOf(datasets::Polygons{ring}, window), window,
                       context);
}

cv::Point2d ShiftInside(const datasets::Box& box, cv::Point2d by, int width, int height) {
  return {std::clamp(by.x, std::min(0.0, -box.x), std::max(0.0, width - box.x - box.width)),
          std::clamp(by.y, std::min(0.0, -box.y), std::max(0.0, height - box.y - box.height))};
}

datasets::Box BoxOfAll(const Shape& shape) {
  datasets::Polygons all = shape.polygons;
  datasets::Ring points;
  for (const datasets::KeyPoint& point : shape.key_points) points.emplace_back(point.x, point.y);
  if (!points.empty()) all.push_back(std::move(points));
  return datasets::BoxOf(all);
}

std::vector<datasets::KeyPoint> Shifted(std::vector<datasets::KeyPoint> points, cv::Point2d by) {
  for (datasets::KeyPoint& point : points) {
    point.x += by.x;
    point.y += by.y;
  }
  return points;
}

ShapeChange AddChange(datasets::Outline shape, const char* label) {
  ShapeChange change;
  change.kind = ShapeChange::Kind::kAdd;
  change.polygons = std::move(shape.polygons);
  change.rle = std::move(shape.rle);
  change.label = label;
  return change;
}

ShapeChange ReplaceChange(datasets::Id annotation_id, datasets::Outline shape, const char* label) {
  ShapeChange change = AddChange(std::move(shape), label);
  change.kind = ShapeChange::Kind::kReplace;
  change.annotation_id = annotation_id;
  return change;
}

}  // namespace annotate
