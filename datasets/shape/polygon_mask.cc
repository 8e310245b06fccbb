// Polygon to mask by the rule of cocoapi's rleFrPoly: the outline is walked on a grid five times
// finer, and each of its crossings of a pixel column's center switches inside and outside there.
// Only the crossings inside the image are computed, so that far away points cost nothing.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "datasets/base/error.h"
#include "datasets/shape/mask.h"

namespace datasets {
namespace {

constexpr int kFiner = 5;  // points of the fine grid per pixel
// Fine-grid coordinates must fit an int, as they do in the reference.
constexpr double kLargestCoordinate = 2.0e8;

struct FinePoint {
  int x = 0, y = 0;
};

FinePoint OnFineGrid(const cv::Point2d& point) {
  if (!(std::abs(point.x) <= kLargestCoordinate) || !(std::abs(point.y) <= kLargestCoordinate))
    throw Error("outline", "a coordinate is not a number or far outside any image",
                "correct or remove the outline");
  return {static_cast<int>(kFiner * point.x + .5), static_cast<int>(kFiner * point.y + .5)};
}

// The fine column that ends just before the center of pixel column `column`.
int FineColumn(int column) { return kFiner * column + 2; }

// The first row whose pixel centers lie at or below the fine row.
int RowBelow(int fine_row, int height) {
  double row = (static_cast<double>(fine_row) + .5) / kFiner - .5;
  row = std::clamp(row, 0.0, static_cast<double>(height));
  return static_cast<int>(std::ceil(row));
}

// Calls visit(column, fine_row) for each pixel column of the image whose center the edge crosses.
template <class Visit>
void ForEachCrossing(FinePoint from, FinePoint to, int width, Visit&& visit) {
  const int64_t dx = std::abs(static_cast<int64_t>(to.x) - from.x);
  const int64_t dy = std::abs(static_cast<int64_t>(to.y) - from.y);
  if (dx == 0) return;
  const bool by_columns = dx >= dy;
  if (by_columns ? from.x > to.x : from.y > to.y) std::swap(from, to);
  const double slope = by_columns ? static_cast<double>(to.y - from.y) / static_cast<double>(dx)
                                  : static_cast<double>(to.x - from.x) / static_cast<double>(dy);
  const auto fine_y = [&](int64_t t) { return static_cast<int>(from.y + slope * t + .5); };
  const auto fine_x = [&](int64_t t) { return static_cast<int>(from.x + slope * t + .5); };
  const int64_t low = by_columns ? from.x : std::min(fine_x(0), fine_x(dy));
  const int64_t high = by_columns ? to.x : std::max(fine_x(0), fine_x(dy));
  // Columns c with low <= FineColumn(c) and FineColumn(c) + 1 <= high.
  int64_t first = std::max<int64_t>(0, (low - 2) / kFiner);
  while (FineColumn(static_cast<int>(first)) < low) ++first;
  for (int64_t c = first; c < width && FineColumn(static_cast<int>(c)) < high; ++c) {
    const int fine = FineColumn(static_cast<int>(c));
    if (by_columns) {
      const int64_t t = fine - static_cast<int64_t>(from.x);
      visit(static_cast<int>(c), std::min(fine_y(t), fine_y(t + 1)));
      continue;
    }
    // fine_x is monotone: find the last step before it passes from one side to the other.
    const bool rising = slope > 0;
    int64_t before = 0, after = dy;
    while (after - before > 1) {
      const int64_t middle = before + (after - before) / 2;
      const bool passed = rising ? fine_x(middle) > fine : fine_x(middle) <= fine;
      (passed ? after : before) = middle;
    }
    visit(static_cast<int>(c), static_cast<int>(from.y + before));
  }
}

}  // namespace

Rle RlePolygon(const Ring& ring, int height, int width) {
  Rle rle = EncodeMaskAt({}, {}, height, width);  // checks the size
  if (ring.size() < 3)
    throw Error("outline", "it has " + std::to_string(ring.size()) + " point(s)",
                "an outline needs at least 3 points");
  std::vector<FinePoint> points;
  points.reserve(ring.size() + 1);
  for (const auto& point : ring) points.push_back(OnFineGrid(point));
  points.push_back(points.front());
  std::vector<uint32_t> switches;
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    ForEachCrossing(points[i], points[i + 1], width, [&](int column, int fine_row) {
      switches.push_back(static_cast<uint32_t>(column) * static_cast<uint32_t>(height) +
                         static_cast<uint32_t>(RowBelow(fine_row, height)));
    });
  }
  switches.push_back(static_cast<uint32_t>(height) * static_cast<uint32_t>(width));
  std::sort(switches.begin(), switches.end());
  // Two switches at one place cancel: a run of length zero joins its neighbors.
  rle.counts.assign(1, switches.front());
  for (size_t i = 1; i < switches.size(); ++i) {
    const uint32_t run = switches[i] - switches[i - 1];
    if (run > 0) {
      rle.counts.push_back(run);
    } else if (++i < switches.size()) {
      rle.counts.back() += switches[i] - switches[i - 1];
    }
  }
  return rle;
}

Rle RlePolygons(const Polygons& polygons, int height, int width) {
  if (polygons.empty()) return EncodeMaskAt({}, {}, height, width);
  std::vector<Rle> parts;
  parts.reserve(polygons.size());
  for (const auto& ring : polygons) parts.push_back(RlePolygon(ring, height, width));
  return RleUnion(parts);
}

}  // namespace datasets
