// Which animal an outline is, from where the animals were and what they look like. The names of
// look-alikes rest on the place, those of unlike ones on the looks, where both are known.
#pragma once

#include <map>
#include <opencv2/core.hpp>
#include <optional>
#include <set>
#include <vector>

#include "datasets/shape/polygon.h"
#include "datasets/store/records.h"

namespace annotate {

// An animal as an outline shows it on one frame.
struct Sighting {
  int frame = 0;
  cv::Point2d center;  // of area, image pixels
  double area = 0;     // image pixels
};
Sighting SightingOf(const datasets::Polygons& outline, int frame);

// Nearest frames first, before or after the one that is asked about.
using Sightings = std::map<datasets::Id, std::vector<Sighting>>;  // by category

// Mean color of an animal over its labels, CIE L*a*b* in 8 bits, and how far its labels lie from
// that, each channel apart.
struct AnimalColor {
  cv::Vec3d mean, deviation;
};
// Of what an outline covers of a picture (BGR); nothing when that is less than a pixel.
std::optional<cv::Vec3d> ColorUnder(const datasets::Polygons& outline, const cv::Mat& bgr);
// Of labels of one animal. `colors` is not empty.
AnimalColor ColorOf(const std::vector<cv::Vec3d>& colors);

struct NameEvidence {
  Sightings sightings;
  std::map<datasets::Id, AnimalColor> colors;  // may lack some or all
};

// The most likely of the animals that have been seen and are not in `taken`; 0 when there is none.
// Each animal is expected where it was seen last or where it would be, had it gone on as between
// its two nearest sightings, the less exactly the more frames lie between; its area is compared
// with the four nearest labels' and its color with the labels'.
datasets::Id NameByLooksAndPlace(const Sighting& outline, const std::optional<cv::Vec3d>& color,
                                 const NameEvidence& evidence, const std::set<datasets::Id>& taken);

}  // namespace annotate
