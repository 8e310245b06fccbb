#include "annotate/assist/naming.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

namespace annotate {
namespace {

// Found on later labels of the mice and flies that this is measured on
// (tests/bench/bench_names.cc), where each may be half or double without a name going wrong more
// often.
constexpr double kPlaceError = 0.35;     // of an animal's length, on the same frame
constexpr double kSpeed = 3;             // pixels a frame, of an animal of kSpeedLength
constexpr double kSpeedLength = 80;      // square root of an area, pixels
constexpr double kFarthestAhead = 2;     // times the gap between the two sightings
constexpr double kLooksWeight = 0.5;     // looks drift, and the labels of an hour ago mislead
constexpr double kAreaDeviation = 0.15;  // of the logarithm, of one animal between two labels
constexpr double kColorDeviation = 10;   // of 255
constexpr size_t kAreasCompared = 4;

double Square(double x) { return x * x; }

double SquaredDistance(const cv::Point2d& a, const cv::Point2d& b) {
  return Square(a.x - b.x) + Square(a.y - b.y);
}

// In squared standard deviations, from where the animal is expected.
double PlaceDoubt(const Sighting& outline, const std::vector<Sighting>& seen, double length) {
  const Sighting& last = seen.front();
  double squared = SquaredDistance(outline.center, last.center);
  if (seen.size() > 1 && seen[1].frame != last.frame) {
    const double ahead =
        std::clamp(static_cast<double>(outline.frame - last.frame) / (last.frame - seen[1].frame),
                   -kFarthestAhead, kFarthestAhead);
    squared = std::min(
        squared,
        SquaredDistance(outline.center, last.center + ahead * (last.center - seen[1].center)));
  }
  const double gap = std::abs(outline.frame - last.frame);
  return squared / Square(length * (kPlaceError + kSpeed / kSpeedLength * gap));
}

struct Areas {  // of the logarithms
  std::map<datasets::Id, double> means;
  double variance = Square(kAreaDeviation);
};

Areas AreasOf(const Sightings& sightings) {
  Areas areas;
  double squares = kAreasCompared * areas.variance;
  double count = kAreasCompared;
  for (const auto& [animal, seen] : sightings) {
    const size_t compared = std::min(seen.size(), kAreasCompared);
    double sum = 0;
    for (size_t i = 0; i < compared; ++i) sum += std::log(std::max(seen[i].area, 1.0));
    const double mean = areas.means[animal] = sum / static_cast<double>(compared);
    for (size_t i = 0; i < compared; ++i) {
      squares += Square(std::log(std::max(seen[i].area, 1.0)) - mean);
    }
    count += static_cast<double>(compared) - 1;
  }
  areas.variance = squares / count;
  return areas;
}

double TypicalLength(const Sightings& sightings) {
  std::vector<double> areas;
  for (const auto& [animal, seen] : sightings) {
    for (const Sighting& sighting : seen) areas.push_back(sighting.area);
  }
  const auto middle = areas.begin() + static_cast<std::ptrdiff_t>(areas.size() / 2);
  std::nth_element(areas.begin(), middle, areas.end());
  return std::sqrt(std::max(*middle, 1.0));
}

}  // namespace

Sighting SightingOf(const datasets::Polygons& outline, int frame) {
  Sighting sighting;
  sighting.frame = frame;
  cv::Point2d sum(0, 0);
  for (const datasets::Ring& ring : outline) {
    const double area = datasets::RingArea(ring);
    const datasets::Box box = datasets::BoxOf({ring});
    cv::Point2d moment(0, 0);
    double twice = 0;
    // About a corner of its box, so that large coordinates cost no digits.
    for (size_t i = 0; i < ring.size(); ++i) {
      const cv::Point2d a = ring[i] - cv::Point2d(box.x, box.y);
      const cv::Point2d b = ring[(i + 1) % ring.size()] - cv::Point2d(box.x, box.y);
      const double cross = a.x * b.y - b.x * a.y;
      moment += (a + b) * cross;
      twice += cross;
    }
    const cv::Point2d center = std::abs(twice) > 1e-9
                                   ? cv::Point2d(box.x, box.y) + moment / (3 * twice)
                                   : cv::Point2d(box.x + box.width / 2, box.y + box.height / 2);
    sum += center * area;
    sighting.area += area;
    if (sighting.area <= 0) sighting.center = center;
  }
  if (sighting.area > 0) sighting.center = sum / sighting.area;
  return sighting;
}

std::optional<cv::Vec3d> ColorUnder(const datasets::Polygons& outline, const cv::Mat& bgr) {
  const datasets::Box box = datasets::BoxOf(outline);
  const cv::Rect window =
      cv::Rect(cv::Point(static_cast<int>(std::floor(box.x)), static_cast<int>(std::floor(box.y))),
               cv::Point(static_cast<int>(std::ceil(box.x + box.width)) + 1,
                         static_cast<int>(std::ceil(box.y + box.height)) + 1)) &
      cv::Rect({0, 0}, bgr.size());
  if (window.empty()) return std::nullopt;
  std::vector<std::vector<cv::Point>> rings;
  for (const datasets::Ring& ring : outline) {
    rings.emplace_back();
    for (const cv::Point2d& point : ring) {
      rings.back().emplace_back(static_cast<int>(std::lround(point.x)) - window.x,
                                static_cast<int>(std::lround(point.y)) - window.y);
    }
  }
  cv::Mat mask(window.size(), CV_8UC1, cv::Scalar(0)), lab;
  cv::fillPoly(mask, rings, 255);
  if (cv::countNonZero(mask) == 0) return std::nullopt;
  cv::cvtColor(bgr(window), lab, cv::COLOR_BGR2Lab);
  const cv::Scalar mean = cv::mean(lab, mask);
  return cv::Vec3d(mean[0], mean[1], mean[2]);
}

AnimalColor ColorOf(const std::vector<cv::Vec3d>& colors) {
  AnimalColor color;
  for (int channel = 0; channel < 3; ++channel) {
    double sum = 0, squares = 0;
    for (const cv::Vec3d& one : colors) sum += one[channel];
    const double mean = color.mean[channel] = sum / static_cast<double>(colors.size());
    for (const cv::Vec3d& one : colors) squares += Square(one[channel] - mean);
    color.deviation[channel] = std::sqrt(squares / static_cast<double>(colors.size()));
  }
  return color;
}

datasets::Id NameByLooksAndPlace(const Sighting& outline, const std::optional<cv::Vec3d>& color,
                                 const NameEvidence& evidence,
                                 const std::set<datasets::Id>& taken) {
  Sightings known = evidence.sightings;
  for (auto animal = known.begin(); animal != known.end();) {
    animal = animal->second.empty() ? known.erase(animal) : std::next(animal);
  }
  if (known.empty()) return 0;
  const double length = TypicalLength(known);
  const Areas areas = AreasOf(known);
  // A color says something only where it is known of all.
  const bool compares_colors =
      color && std::all_of(known.begin(), known.end(), [&](const auto& animal) {
        return evidence.colors.count(animal.first) > 0;
      });
  datasets::Id best = 0;
  double least = std::numeric_limits<double>::max();
  for (const auto& [animal, seen] : known) {
    if (taken.count(animal)) continue;
    double doubt = PlaceDoubt(outline, seen, length);
    doubt += kLooksWeight * Square(std::log(std::max(outline.area, 1.0)) - areas.means.at(animal)) /
             areas.variance;
    if (compares_colors) {
      const AnimalColor& own = evidence.colors.at(animal);
      for (int channel = 0; channel < 3; ++channel) {
        doubt += kLooksWeight * Square((*color)[channel] - own.mean[channel]) /
                 (Square(kColorDeviation) + Square(own.deviation[channel]));
      }
    }
    if (doubt >= least) continue;
    least = doubt;
    best = animal;
  }
  return best;
}

}  // namespace annotate
