#include "datasets/pose/pose_export.h"

#include <algorithm>
#include <set>

#include "datasets/base/error.h"

namespace datasets {

namespace {

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The first skeleton of the project that has all the names, without its other points; else one of
// all of them, with what the project's skeletons say.
Skeleton SkeletonFor(const Project& project, const std::vector<std::string>& names) {
  Skeleton all;
  all.name = "animal";
  const std::vector<Skeleton> known = project.Skeletons();
  for (const Skeleton& one : known) {
    const std::vector<std::string> has = PointNames(one);
    if (!std::all_of(names.begin(), names.end(), [&](const auto& n) { return Has(has, n); })) {
      continue;
    }
    Skeleton fitting = one;
    for (size_t place = has.size(); place-- > 0;) {
      if (!Has(names, has[place])) fitting = WithoutPoint(fitting, static_cast<int>(place));
    }
    return fitting;
  }
  for (const std::string& name : names) {
    all.points.emplace_back();
    all.points.back().name = name;
  }
  for (const Skeleton& one : known) {
    const auto place = [&](int at) {
      return PlaceOf(all, one.points[static_cast<size_t>(at)].name);
    };
    for (size_t k = 0; k < one.points.size(); ++k) {
      const int here = place(static_cast<int>(k));
      if (here < 0 || one.points[k].partner < 0) continue;
      SkeletonPoint& point = all.points[static_cast<size_t>(here)];
      if (point.partner < 0) point.partner = place(one.points[k].partner);
    }
    for (const auto& [from, to] : one.edges) {
      const std::pair<int, int> edge(place(from), place(to));
      const bool there = std::any_of(all.edges.begin(), all.edges.end(), [&](const auto& other) {
        return std::minmax(other.first, other.second) == std::minmax(edge.first, edge.second);
      });
      if (edge.first >= 0 && edge.second >= 0 && !there) all.edges.push_back(edge);
    }
  }
  // Two skeletons may say different things of one point.
  for (size_t k = 0; k < all.points.size(); ++k) {
    const int partner = all.points[k].partner;
    if (partner < 0 || all.points[static_cast<size_t>(partner)].partner == static_cast<int>(k)) {
      continue;
    }
    all.points[k].partner = -1;
  }
  return all;
}

// Which animals there are, and what each is called.
class Names {
 public:
  explicit Names(const Project& project) {
    for (const CategoryRow& category : project.Categories()) name_of_[category.id] = category.name;
  }
  void See(const SelectedFrame& frame) {
    std::set<Id> seen;
    for (const SelectedInstance& instance : frame.instances) {
      if (instance.key_points.empty()) continue;
      if (!seen.insert(instance.category_id).second) repeated_.insert(instance.category_id);
    }
  }
  // -1: one of several of its kind, and no track says which.
  int Of(Id category, std::optional<int64_t> track, std::vector<std::string>* animals) {
    const bool repeated = repeated_.count(category) > 0;
    if (repeated && !track) return -1;
    std::string name = name_of_[category];
    if (repeated) name += "_" + std::to_string(*track);
    const auto [place, added] = places_.emplace(name, static_cast<int>(animals->size()));
    if (added) animals->push_back(name);
    return place->second;
  }

 private:
  std::map<Id, std::string> name_of_;
  std::set<Id> repeated_;
  std::map<std::string, int> places_;
};

PosedAnimal Posed(const SelectedInstance& instance, const Skeleton& skeleton) {
  PosedAnimal animal;
  animal.predicted = instance.predicted;
  animal.score = instance.predicted ? instance.score : 1;
  animal.author = instance.author;
  animal.box = instance.box;
  animal.category_id = instance.category_id;
  animal.points.resize(skeleton.points.size());
  animal.confidences.assign(skeleton.points.size(), 0);
  for (size_t k = 0; k < instance.key_points.size(); ++k) {
    const KeyPoint& point = instance.key_points[k];
    const auto place = static_cast<size_t>(PlaceOf(skeleton, point.name));
    animal.points[place] = point;
    if (point.visibility == 0) continue;
    animal.confidences[place] = instance.predicted ? instance.point_confidences[k] : 1;
  }
  return animal;
}

}  // namespace

void WarnOf(int64_t count, const std::string& what, std::vector<std::string>* warnings) {
  if (count > 0) warnings->push_back(std::to_string(count) + " " + what);
}

void WarnOfSplits(const PosedFrames& posed, std::vector<std::string>* warnings) {
  int64_t marked = 0;
  for (const PosedFrame& frame : posed.frames) marked += frame.split.empty() ? 0 : 1;
  WarnOf(marked, "pictures are marked train, val or test, which the format does not say", warnings);
}

PosedFrames SelectPoses(const Project& project, const ExportOptions& options, Job& job) {
  PosedFrames posed;
  std::vector<std::string> names;
  Names animals(project);
  std::set<Id> videos;
  ForEachSelectedFrame(project, options, job, [&](const SelectedFrame& frame) {
    animals.See(frame);
    for (const SelectedInstance& instance : frame.instances) {
      if (frame.video && !instance.key_points.empty()) videos.insert(frame.video->id);
      for (const KeyPoint& point : instance.key_points) {
        if (!Has(names, point.name)) names.push_back(point.name);
      }
    }
  });
  if (names.empty()) {
    throw Error("export", "no animal of it has key points",
                "label some (V in the window), or predict them with `vole predict --points`");
  }
  posed.skeleton = SkeletonFor(project, names);
  std::map<Id, size_t> place_of;
  for (const VideoRow& video : project.Videos()) {
    if (!videos.count(video.id)) continue;
    place_of[video.id] = posed.videos.size();
    posed.videos.push_back(video);
  }
  int64_t outlines = 0, without = 0;
  ForEachSelectedFrame(project, options, job, [&](const SelectedFrame& frame) {
    PosedFrame out;
    for (const SelectedInstance& instance : frame.instances) {
      if (instance.key_points.empty()) {
        ++without;
        continue;
      }
      outlines += instance.HasShape() ? 1 : 0;
      out.animals.push_back(Posed(instance, posed.skeleton));
      out.animals.back().animal = animals.Of(instance.category_id, instance.track, &posed.animals);
    }
    if (out.animals.empty()) return;
    out.video = frame.video ? place_of.at(frame.video->id) : posed.videos.size();
    out.frame_index = frame.frame_index;
    out.picture = frame.picture;
    out.width = frame.width;
    out.height = frame.height;
    out.split = frame.split;
    posed.instances += static_cast<int64_t>(out.animals.size());
    posed.frames.push_back(std::move(out));
  });
  WarnOf(outlines, "outlines were left out: the format holds key points", &posed.warnings);
  WarnOf(without, "animals without key points were left out", &posed.warnings);
  return posed;
}

}  // namespace datasets
