// How well key points were found: pure functions over plain data. Lengths in pixels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/keypoints/skeleton.h"

namespace datasets {

// One animal in one picture: a point for each name of a list, visibility 0 where there is none.
struct PointsAnimal {
  std::vector<KeyPoint> points;  // [K]
  double area = 0;               // of the animal, pixels^2; 0: that of the box around its points
  int kind = 0;                  // animals of one kind share a body length
};

// An animal of the truth and what was taken for it; one of the two may be missing.
struct PointsPair {
  const PointsAnimal* truth = nullptr;
  const PointsAnimal* found = nullptr;
};

struct PointsMeasure {
  std::vector<std::string> names;  // [K]
  std::vector<int> mirror;         // [K] partner on the other side, itself where there is none
  std::vector<double> sigmas;      // [K] of OKS; empty: SigmasFor(names)
  double radius = 5;               // pixels within which a point counts as right
  double share = 0.1;              // the same as a share of the body length
};

// Of COCO's 17 points of people the published ones; else 0.1 each, as DeepLabCut takes it.
std::vector<double> SigmasFor(const std::vector<std::string>& names);

// COCO's object keypoint similarity: the mean over the points of the truth of
// exp(-d^2 / (2 area (2 sigma)^2)), 0 for those that were not found; 0 for a truth without points.
double ObjectKeypointSimilarity(const PointsAnimal& truth, const PointsAnimal& found,
                                const std::vector<double>& sigmas);

struct PointFigures {    // of one point, or of all
  int64_t labeled = 0;   // in the truth, seen or hidden
  int64_t compared = 0;  // of those, found too: what the errors are of
  int64_t missed = 0;    // labeled - compared
  int64_t spurious = 0;  // found where the truth has none
  // Of those, with an animal that has a body length: what shares of it are of.
  int64_t compared_by_body = 0, labeled_by_body = 0;
  double rmse = 0, median = 0, mean = 0;       // error
  double mean_share = 0;                       // error as a share of the body length
  double within_radius = 0, within_share = 0;  // PCK: shares of `labeled`, and of `labeled_by_body`
  // Of saying that a labeled point is hidden; meant where `hidden` > 0.
  double hidden_precision = 0, hidden_recall = 0, hidden_f1 = 0;
  int64_t hidden = 0;     // hidden in the truth
  int64_t exchanged = 0;  // of `sided`: nearer to the other's truth, both together
  int64_t sided = 0;      // pairs of partners of which all four places are known
};

struct PointsFigures {
  PointFigures all;
  std::vector<PointFigures> of_point;  // [K]; a pair's exchanges stand with both of its points
  double oks = 0;                      // mean over the animals of the truth that have points
  int64_t animals = 0;                 // those
  int64_t missed_animals = 0, extra_animals = 0;  // without partner in their picture
  double body_length = 0;  // median over the truth, see BodyLengths; 0: none has one
};

// Of every kind: the median over its animals of the largest distance of two labeled points; 0 where
// none has two. A kind without takes the median over all.
std::vector<double> BodyLengths(const std::vector<PointsPair>& pairs);

PointsFigures EvaluatePoints(const std::vector<PointsPair>& pairs, const PointsMeasure& measure);

}  // namespace datasets
