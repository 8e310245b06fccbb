#include "datasets/depth/depth_run.h"

#include <algorithm>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/suggest.h"
#include "datasets/behavior/mask_moments.h"
#include "datasets/exchange/selection.h"

namespace datasets {
namespace {

constexpr uint32_t kDepthColors[] = {0xD55E00, 0x0072B2, 0x009E73, 0xCC79A7,
                                     0xE69F00, 0x56B4E9, 0x8C6D31, 0x6A51A3};

std::vector<PlaceMethod> MethodsFor(const SpaceView& view) {
  std::vector<PlaceMethod> methods = {PlaceAloneMethod(), SizeMethod(), SipecMethod(view),
                                      RegressionMethod(view, false), RegressionMethod(view, true)};
  if (view.camera) {
    methods.push_back(GeometryMethod(view, false));
    methods.push_back(GeometryMethod(view, true));
  }
  return methods;
}

}  // namespace

VideoMasks MasksOfVideo(const Project& project, const VideoRow& video, ExportOptions options,
                        Job& job) {
  VideoMasks masks;
  masks.video = video;
  options.video = video.name;
  std::map<Id, int> numbers;
  for (const CategoryRow& category : project.Categories()) {
    const size_t number = masks.animals.size();
    numbers[category.id] = static_cast<int>(number);
    masks.animals.push_back(category.name);
    masks.colors.push_back(category.color != 0 ? category.color
                                               : kDepthColors[number % std::size(kDepthColors)]);
  }
  ForEachSelectedFrame(project, options, job, [&](const SelectedFrame& frame) {
    for (const SelectedInstance& instance : frame.instances) {
      if (instance.iscrowd) continue;
      const MaskMoments moments = MomentsOf(MaskOf(instance, frame.height, frame.width));
      if (!(moments.area > 0)) {
        ++masks.without_mask;
        continue;
      }
      SeenAnimal seen;
      seen.sample.frame = frame.frame_index;
      seen.sample.animal = numbers.at(instance.category_id);
      seen.sample.shape = {moments.area,   moments.x,     moments.y,
                           moments.length, moments.width, moments.angle_deg * CV_PI / 180};
      seen.track = instance.track;
      masks.seen.push_back(seen);
    }
  });
  if (masks.seen.empty()) {
    throw Error("video '" + video.name + "'", "no animal is outlined in it",
                "label some frames, or run vole predict first");
  }
  std::stable_sort(masks.seen.begin(), masks.seen.end(),
                   [](const auto& a, const auto& b) { return a.sample.frame < b.sample.frame; });
  return masks;
}

std::vector<PositionLabel> AddKnownPlaces(const PositionLabels& labels, VideoMasks* masks) {
  std::multimap<int, SeenAnimal*> by_frame;
  std::set<int64_t> tracks;
  for (SeenAnimal& seen : masks->seen) {
    by_frame.emplace(seen.sample.frame, &seen);
    if (seen.track) tracks.insert(*seen.track);
  }
  std::vector<PositionLabel> unmatched;
  for (const PositionLabel& label : labels.labels) {
    const std::string where = "positions, line " + std::to_string(label.line);
    if (!label.animal.empty() && std::find(masks->animals.begin(), masks->animals.end(),
                                           label.animal) == masks->animals.end()) {
      throw Error(where, "the project has no animal '" + label.animal + "'",
                  "it has " + QuotedNames(masks->animals));
    }
    if (label.track && !tracks.count(*label.track)) {
      throw Error(where, "the video has no track " + std::to_string(*label.track),
                  "give the animal's name instead");
    }
    std::vector<SeenAnimal*> fitting;
    const auto [from, to] = by_frame.equal_range(label.frame);
    for (auto it = from; it != to; ++it) {
      SeenAnimal* seen = it->second;
      if (!label.animal.empty() &&
          masks->animals[static_cast<size_t>(seen->sample.animal)] != label.animal) {
        continue;
      }
      if (label.track && seen->track != label.track) continue;
      fitting.push_back(seen);
    }
    if (fitting.size() > 1) {
      throw Error(where,
                  "frame " + std::to_string(label.frame) + " has " +
                      std::to_string(fitting.size()) + " animals that it could be of",
                  "say which in a column 'animal' or 'track'");
    }
    if (fitting.empty()) {
      unmatched.push_back(label);
      continue;
    }
    fitting[0]->known = label.cm;
    fitting[0]->sample.position = label.cm;
  }
  return unmatched;
}

std::vector<std::string> PlaceMethodNames() {
  SpaceView view;
  view.camera.emplace();
  std::vector<std::string> names;
  for (const PlaceMethod& method : MethodsFor(view)) names.push_back(method.name);
  return names;
}

MethodChoice CompareMethods(const std::vector<SpaceSample>& samples, const SpaceView& view,
                            const std::string& only, int folds, uint64_t seed, Job& job,
                            std::vector<std::string>* notes) {
  const auto fewest = static_cast<size_t>(std::max(kFewestPositions, 2 * folds));
  if (samples.size() < fewest) {
    throw Error("positions",
                std::to_string(samples.size()) + " of them have a mask, " + std::to_string(fewest) +
                    " are needed",
                "give true places of more frames, spread over the room");
  }
  MethodChoice choice;
  const std::vector<PlaceMethod> methods = MethodsFor(view);
  double done = 0;
  for (const PlaceMethod& method : methods) {
    if (!only.empty() && method.name != only) continue;
    job.Advance(done++, static_cast<double>(methods.size()), "cross-validating " + method.name);
    try {
      choice.results.push_back({method,
                                CrossValidate(method, samples, folds, FoldKind::kBlocks, seed),
                                CrossValidate(method, samples, folds, FoldKind::kRandom, seed)});
    } catch (const Error& error) {
      if (!only.empty()) throw;
      notes->push_back(method.name + " is left out: " + error.what());
    }
  }
  if (choice.results.empty()) {
    throw Error("method '" + only + "'", "it needs the camera",
                "calibrate the video with a camera file, or with corners and a checkerboard");
  }
  for (size_t i = 1; i < choice.results.size(); ++i) {
    if (choice.results[i].Mean() < choice.results[choice.best].Mean()) choice.best = i;
  }
  return choice;
}

}  // namespace datasets
