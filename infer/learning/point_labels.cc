#include "infer/learning/point_labels.h"

#include <map>
#include <memory>
#include <optional>

#include "datasets/base/error.h"
#include "datasets/keypoints/skeleton.h"
#include "infer/learning/labeled_frames.h"

namespace infer {
namespace {

using datasets::Error;
using datasets::Id;
using datasets::ImageRow;
using datasets::Skeleton;

struct PlaceInSkeleton {  // of a point: skeleton and point
  size_t skeleton = 0, point = 0;
};

std::map<Id, PlaceInSkeleton> PlacesOf(const std::vector<Skeleton>& skeletons) {
  std::map<Id, PlaceInSkeleton> places;
  for (size_t s = 0; s < skeletons.size(); ++s) {
    for (size_t k = 0; k < skeletons[s].points.size(); ++k) {
      places[skeletons[s].points[k].id] = {s, k};
    }
  }
  return places;
}

size_t ChosenSkeleton(const std::string& project, const std::vector<Skeleton>& skeletons,
                      const std::vector<int>& labels, const std::string& name) {
  std::string used;
  std::optional<size_t> only;
  int count = 0;
  for (size_t s = 0; s < skeletons.size(); ++s) {
    if (!name.empty() && skeletons[s].name == name) return s;
    if (labels[s] == 0) continue;
    used += (used.empty() ? "" : ", ") + skeletons[s].name;
    only = s;
    ++count;
  }
  if (!name.empty()) {
    throw Error("skeleton '" + name + "'",
                used.empty() ? "the project has none of that name"
                             : "the project has none of that name; labels have points of " + used,
                "give the name of one of them");
  }
  if (!only) {
    throw Error("project '" + project + "'", "no label has key points",
                "set some, or bring them in with 'vole import'");
  }
  if (count > 1) {
    throw Error("project '" + project + "'", "its labels have points of several skeletons: " + used,
                "say which with --skeleton");
  }
  return *only;
}

}  // namespace

GatheredPoints GatherPoints(const datasets::Project& project, const LabelSelection& selection,
                            const std::string& skeleton, datasets::Job& job) {
  GatheredPoints gathered;
  const std::vector<LabeledImage> frames =
      CollectLabels(project, selection, &gathered.held_out, job);
  const std::vector<Skeleton> skeletons = project.Skeletons();
  const std::map<Id, PlaceInSkeleton> places = PlacesOf(skeletons);
  std::vector<int> labels(skeletons.size(), 0);
  for (const LabeledImage& frame : frames) {
    for (const auto& label : frame.labels) {
      for (const auto& point : label.key_points) {
        const auto place = places.find(point.point_id);
        if (place != places.end()) ++labels[place->second.skeleton];
      }
    }
  }
  const size_t chosen = ChosenSkeleton(project.file().string(), skeletons, labels, skeleton);
  train::PointData& data = gathered.data;
  data.names = datasets::PointNames(skeletons[chosen]);
  data.mirror = datasets::MirrorOrder(skeletons[chosen]);
  std::map<Id, int> videos;
  std::vector<ImageRow> images;
  for (const LabeledImage& frame : frames) {
    const ImageRow& image = frame.image;
    std::vector<train::PointedAnimal> animals;
    bool any = false, filled_in = false;
    for (const auto& label : frame.labels) {
      if (label.iscrowd) continue;
      filled_in |= label.GivesWay() && !label.key_points.empty();
      train::PointedAnimal animal;
      animal.frame = static_cast<int>(images.size());
      if (label.HasShape()) {
        animal.mask = label.Mask({image.width, image.height});
      }
      animal.points.resize(data.names.size());
      for (const auto& point : label.key_points) {
        const auto place = places.find(point.point_id);
        if (place == places.end() || place->second.skeleton != chosen) continue;
        train::LabeledPoint& target = animal.points[place->second.point];
        target.at = {point.x, point.y};
        target.state = point.visibility == 1 ? train::LabeledPoint::State::kHidden
                                             : train::LabeledPoint::State::kVisible;
        any = true;
      }
      animals.push_back(std::move(animal));
    }
    if (!any) continue;
    const auto [place, is_new] =
        videos.emplace(image.video_id.value_or(0), static_cast<int>(videos.size()));
    if (is_new) gathered.videos.push_back(place->first);
    data.frames.push_back({place->second,
                           image.frame_index.value_or(100 * static_cast<int>(images.size())),
                           filled_in});
    gathered.animals += static_cast<int>(animals.size());
    // Animals without points stay: they say that a picture does not show one alone.
    for (auto& animal : animals) data.animals.push_back(std::move(animal));
    images.push_back(image);
  }
  const auto source = std::make_shared<LabelPictures>(project, std::move(images));
  data.picture = [source](int frame) { return source->Get(frame); };
  return gathered;
}

}  // namespace infer
