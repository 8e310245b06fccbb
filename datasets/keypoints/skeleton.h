// Key points of animals: which points there are (a skeleton), and where they stand on one animal.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace datasets {

struct SkeletonPoint {
  int64_t id = 0;  // 0: not stored yet
  std::string name;
  int partner = -1;    // place of the point that a mirror image takes for it; -1: none
  uint32_t color = 0;  // 0xRRGGBB; 0: chosen by its place
};

struct Skeleton {
  int64_t id = 0;
  std::string name;
  std::vector<SkeletonPoint> points;       // in the order in which people set them
  std::vector<std::pair<int, int>> edges;  // places of points that a line joins
};

// A person's point on one animal. A point that nobody has set has none. Pixel (i, j) covers
// [i, i + 1) x [j, j + 1), as in outlines: its center is (i + 0.5, j + 0.5).
struct KeyPoint {
  std::string name;
  double x = 0, y = 0;
  int visibility = 0;    // COCO: 0 not labeled, 1 labeled but hidden, 2 visible
  int64_t point_id = 0;  // of the skeleton's point; 0: found by name when stored
};

struct PredictedPoint {  // a machine's
  std::string name;
  double x = 0, y = 0;
  double confidence = 0;  // 0..1: that it stands where a person would set it, seen or hidden
  int64_t point_id = 0;
  bool visible = true;  // false: the machine says that something covers it
};

KeyPoint AsKeyPoint(const PredictedPoint& point);  // visibility 2 or 1

std::vector<std::string> PointNames(const Skeleton& skeleton);
// Of all of them, in their order; a name that several have stands once.
std::vector<std::string> PointNames(const std::vector<Skeleton>& skeletons);
int PlaceOf(const Skeleton& skeleton, const std::string& point);  // -1: it has no such point
// By place: the point that a mirror image takes for it, itself where it has no partner.
std::vector<int> MirrorOrder(const Skeleton& skeleton);

// Throws Error for a skeleton without name or points, names that are empty or stand twice, an edge
// from a point to itself or twice, and partners that are not each other's.
void CheckSkeleton(const Skeleton& skeleton);

using NamePair = std::pair<std::string, std::string>;
// From names: edges and pairs as {"nose", "neck"}. Throws Error for names that are no points.
Skeleton MakeSkeleton(const std::string& name, const std::vector<std::string>& points,
                      const std::vector<NamePair>& edges, const std::vector<NamePair>& symmetric);
// Pairs as people write them, "nose-neck, neck-tail", of these points, whose names may hold dashes
// themselves. Throws Error(thing = `what`) for a text that is no such pair, or several.
std::vector<NamePair> ParsePairs(const std::string& what, const std::string& text,
                                 const std::vector<std::string>& points);

// The same skeleton with the point gone, and its edges with it.
Skeleton WithoutPoint(Skeleton skeleton, int place);
// The point at place `order[i]` stands at place i. `order` holds every place once.
Skeleton Reordered(const Skeleton& skeleton, const std::vector<int>& order);

}  // namespace datasets
