#include "app/model/requests/new_names.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "app/model/session/shown_unknown.h"
#include "datasets/shape/mask.h"

namespace app {
namespace {

using datasets::Id;

constexpr double kLeastOverlap = 0.3;  // IoU with a prediction that speaks for its name

// Of both where they lie, so that the size of the picture costs nothing.
double OverlapOf(const datasets::Polygons& a, const datasets::Polygons& b) {
  const datasets::Box box_a = datasets::BoxOf(a), box_b = datasets::BoxOf(b);
  const double left = std::floor(std::min(box_a.x, box_b.x));
  const double top = std::floor(std::min(box_a.y, box_b.y));
  const double right = std::max(box_a.x + box_a.width, box_b.x + box_b.width);
  const double bottom = std::max(box_a.y + box_a.height, box_b.y + box_b.height);
  if (std::min(box_a.x + box_a.width, box_b.x + box_b.width) <= std::max(box_a.x, box_b.x) ||
      std::min(box_a.y + box_a.height, box_b.y + box_b.height) <= std::max(box_a.y, box_b.y)) {
    return 0;
  }
  const int height = static_cast<int>(std::ceil(bottom - top)) + 1;
  const int width = static_cast<int>(std::ceil(right - left)) + 1;
  const auto mask = [&](datasets::Polygons shape) {
    for (datasets::Ring& ring : shape) {
      for (cv::Point2d& point : ring) point -= cv::Point2d(left, top);
    }
    return datasets::RlePolygons(shape, height, width);
  };
  return datasets::RleIou(mask(a), mask(b));
}

// Who an animal without a name under the outline may be; 0: there is none.
Id GuessUnder(const datasets::Polygons& outline, const ProjectView& project,
              const FrameView& view) {
  Id guess = 0;
  double most = kLeastOverlap;
  for (size_t i = 0; i < view.predictions.size() && i < view.prediction_rows.size(); ++i) {
    if (view.predictions[i].category_id != project.unknown_id) continue;
    const ShownUnknown* animal =
        FindUnknown(project, view.video_id, view.frame, view.prediction_rows[i].tracklet);
    const double overlap = animal ? OverlapOf(outline, view.predictions[i].polygons) : 0;
    if (overlap < most) continue;
    most = overlap;
    guess = animal->animal.guess;
  }
  return guess;
}

}  // namespace

Id NameForNewOutline(const NewOutline& outline, const ProjectView& project, const FrameView& view,
                     const std::vector<annotate::Shape>& labels,
                     const std::map<std::string, annotate::AnimalColor>* colors) {
  std::set<Id> taken;
  for (const annotate::Shape& label : labels) taken.insert(label.category_id);
  Id predicted = 0;
  double most = kLeastOverlap;
  for (const annotate::Shape& prediction : view.predictions) {
    if (taken.count(prediction.category_id) || prediction.category_id == project.unknown_id) {
      continue;
    }
    const double overlap = OverlapOf(outline.polygons, prediction.polygons);
    if (overlap < most) continue;
    most = overlap;
    predicted = prediction.category_id;
  }
  if (predicted) return predicted;
  annotate::NameEvidence evidence;
  for (const datasets::CategoryRow* animal : NamedAnimals(project)) {
    const auto seen = view.sightings.find(animal->id);
    if (seen != view.sightings.end()) evidence.sightings[animal->id] = seen->second;
    if (!colors) continue;
    const auto color = colors->find(animal->name);
    if (color != colors->end()) evidence.colors[animal->id] = color->second;
  }
  std::optional<cv::Vec3d> color;
  if (!evidence.colors.empty() && !outline.picture.empty()) {
    color = annotate::ColorUnder(outline.polygons, outline.picture);
  }
  const Id likeliest = annotate::NameByLooksAndPlace(
      annotate::SightingOf(outline.polygons, view.frame), color, evidence, taken);
  if (likeliest) return likeliest;
  const Id guess = GuessUnder(outline.polygons, project, view);
  if (guess && !taken.count(guess)) return guess;
  for (const datasets::CategoryRow* animal : NamedAnimals(project)) {
    if (!taken.count(animal->id)) return animal->id;
  }
  return 0;
}

}  // namespace app
