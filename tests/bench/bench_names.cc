// Prints how often a new outline gets the right name by itself: frames of a labeled video are taken
// in order as a person labels them, the first four under the right names; each later animal is
// outlined a few pixels off and named before it becomes a label, in every order of the frame.
// usage: bench_names LABELS.json VIDEO [LABELS.json VIDEO...]
#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <random>
#include <vector>

#include "annotate/assist/naming.h"
#include "datasets/formats/coco/coco.h"
#include "datasets/video/video.h"

namespace {

constexpr size_t kFirstLabels = 4;

struct Animal {
  datasets::Id name = 0;
  annotate::Sighting sighting;  // of the outline as a person draws it
  std::optional<cv::Vec3d> color;
};
using Frame = std::vector<Animal>;

datasets::Polygons Redrawn(datasets::Polygons outline, std::mt19937& random) {
  std::uniform_real_distribution<double> off(-3, 3);
  const cv::Point2d shift(off(random), off(random));
  for (datasets::Ring& ring : outline) {
    ring = datasets::SimplifyRing(ring, 2);
    for (cv::Point2d& point : ring) point += shift;
  }
  return outline;
}

std::map<int, Frame> ReadFrames(const std::string& labels, const std::string& video) {
  datasets::Job job;
  const datasets::CocoDocument document = datasets::ReadCocoDataset(labels, job);
  datasets::VideoReader reader(video, datasets::IndexVideo(video, job));
  std::mt19937 random(1);
  std::map<int64_t, int> frame_of;
  for (const auto& image : document.images) frame_of[image.id] = image.frame_index.value_or(0);
  std::map<int, std::vector<const datasets::CocoObject*>> objects;
  for (const auto& object : document.objects) {
    if (!object.polygons.empty()) objects[frame_of.at(object.image_id)].push_back(&object);
  }
  std::map<int, Frame> frames;
  for (const auto& [frame, here] : objects) {
    const cv::Mat picture = reader.Read(frame);
    for (const datasets::CocoObject* object : here) {
      const datasets::Polygons outline = Redrawn(object->polygons, random);
      frames[frame].push_back({object->category_id, annotate::SightingOf(outline, frame),
                               annotate::ColorUnder(outline, picture)});
    }
  }
  return frames;
}

annotate::NameEvidence EvidenceOf(const std::map<int, Frame>& labeled, int frame, bool colors) {
  annotate::NameEvidence evidence;
  std::map<datasets::Id, std::vector<cv::Vec3d>> seen_colors;
  for (const auto& [at, animals] : labeled) {
    for (const Animal& animal : animals) {
      evidence.sightings[animal.name].push_back(animal.sighting);
      if (colors && animal.color) seen_colors[animal.name].push_back(*animal.color);
    }
  }
  for (auto& [name, seen] : evidence.sightings) {
    std::sort(seen.begin(), seen.end(), [frame](const auto& a, const auto& b) {
      return std::abs(a.frame - frame) < std::abs(b.frame - frame);
    });
  }
  for (const auto& [name, seen] : seen_colors) evidence.colors[name] = annotate::ColorOf(seen);
  return evidence;
}

// Share of right names; `goes_on`: the frames before are labels, too, not the first four alone.
double ShareRight(const std::map<int, Frame>& frames, size_t stride, bool goes_on, bool colors,
                  int* asked) {
  int right = 0;
  *asked = 0;
  for (size_t start = 0; start < stride; ++start) {
    std::map<int, Frame> labeled;
    size_t number = 0, taken_frames = 0;
    for (const auto& [frame, animals] : frames) {
      if (number++ % stride != start) continue;
      if (taken_frames++ < kFirstLabels) {
        labeled[frame] = animals;
        continue;
      }
      const annotate::NameEvidence evidence = EvidenceOf(labeled, frame, colors);
      std::vector<size_t> order;
      for (size_t i = 0; i < animals.size(); ++i) order.push_back(i);
      do {
        std::set<datasets::Id> taken;
        for (const size_t i : order) {
          right += annotate::NameByLooksAndPlace(animals[i].sighting, animals[i].color, evidence,
                                                 taken) == animals[i].name;
          ++*asked;
          taken.insert(animals[i].name);
        }
      } while (std::next_permutation(order.begin(), order.end()));
      if (goes_on) labeled[frame] = animals;
    }
  }
  return *asked ? 100.0 * right / *asked : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc % 2 == 0) {
    std::fputs("usage: bench_names LABELS.json VIDEO [LABELS.json VIDEO...]\n", stderr);
    return 2;
  }
  try {
    for (int i = 1; i + 1 < argc; i += 2) {
      const auto frames = ReadFrames(argv[i], argv[i + 1]);
      std::printf("%s: %zu labeled frames\n", argv[i], frames.size());
      for (const size_t stride : {1, 3, 6, 10}) {
        for (const bool goes_on : {true, false}) {
          int asked = 0;
          const double place = ShareRight(frames, stride, goes_on, false, &asked);
          const double looks = ShareRight(frames, stride, goes_on, true, &asked);
          std::printf("  every %2zu., %s: %5.1f %% of %4d right; without colors %5.1f %%\n", stride,
                      goes_on ? "labeled on     " : "four labels stay", looks, asked, place);
        }
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_names: %s\n", error.what());
    return 1;
  }
  return 0;
}
