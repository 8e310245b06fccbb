// How far outlines are carried from a labeled frame before there is doubt, and how good they are
// where the labels of others tell. usage: bench_carry SEEDS MOST_FRAMES LABELS.json VIDEO...
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "annotate/assist/assist_benchmark.h"
#include "annotate/assist/carry_on.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/video/video.h"

namespace {

struct Sums {
  int seeds = 0, frames = 0, compared = 0, poor = 0, wrong = 0;
  double overlap = 0, seconds = 0;
  std::map<std::string, int> ends;
};

void Carry(const annotate::LabeledVideo& video, const annotate::LabeledFrame& seed,
           const std::map<int, const annotate::LabeledFrame*>& truth, int direction, int most,
           datasets::FrameCache& pictures, int frames, Sums& sums) {
  std::vector<annotate::OutlinedAnimal> animals;
  for (size_t i = 0; i < seed.outlines.size(); ++i) {
    animals.push_back({seed.category_ids[i], seed.outlines[i]});
  }
  annotate::CarryOptions options;
  options.direction = direction;
  options.most_frames = most;
  datasets::Job job;
  const auto start = std::chrono::steady_clock::now();
  const annotate::Carried carried =
      annotate::CarryOn([&](int frame) { return pictures.Get(frame); }, frames, seed.frame, animals,
                        {}, video.background, options, {}, job);
  sums.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  sums.seeds += static_cast<int>(animals.size());
  for (const auto& [frame, labels] : carried.labels) {
    sums.frames += static_cast<int>(labels.size());
    const auto known = truth.find(frame);
    if (known == truth.end()) continue;
    for (const auto& label : labels) {
      double own = 0, other = 0;
      for (size_t i = 0; i < known->second->outlines.size(); ++i) {
        const double iou =
            annotate::IouOf(label.outline, known->second->outlines[i], known->second->bgr.size());
        double& best = known->second->category_ids[i] == label.animal ? own : other;
        best = std::max(best, iou);
      }
      ++sums.compared;
      sums.overlap += own;
      sums.poor += own < 0.75;
      sums.wrong += own < 0.5;
      if (std::getenv("VOLE_BENCH_CARRY_SHOW") && own < 0.75) {
        std::printf("    seed %d frame %d animal %ld: %.2f, other %.2f\n", seed.frame, frame,
                    static_cast<long>(label.animal), own, other);
      }
    }
  }
  for (const auto& end : carried.ends) ++sums.ends[end.doubt ? end.reason : "the end"];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || argc % 2 != 1) {
    std::fprintf(stderr, "usage: bench_carry SEEDS MOST_FRAMES LABELS.json VIDEO...\n");
    return 2;
  }
  try {
    const size_t seeds = static_cast<size_t>(std::atoi(argv[1]));
    const int most = std::atoi(argv[2]);
    for (int i = 3; i + 1 < argc; i += 2) {
      datasets::Job job;
      const auto video = annotate::ReadLabeledVideo(argv[i], argv[i + 1], 0, job);
      std::map<int, const annotate::LabeledFrame*> truth;
      for (const auto& frame : video.frames) truth[frame.frame] = &frame;
      const datasets::VideoIndex index = datasets::IndexVideo(argv[i + 1], job);
      datasets::FrameCache pictures(argv[i + 1], index, size_t{512} << 20);
      Sums sums;
      const size_t count = std::min(seeds, video.frames.size());
      for (size_t k = 0; k < count; ++k) {
        const auto& seed = video.frames[(2 * k + 1) * video.frames.size() / (2 * count)];
        for (const int direction : {1, -1}) {
          Carry(video, seed, truth, direction, most, pictures, index.frame_count(), sums);
        }
      }
      std::printf(
          "%s: %.1f frames carried from a label to either side (at most %d), overlap %.3f "
          "over %d compared, %d below 0.75, %d below 0.5; %.0f ms a frame and animal\n",
          video.name.c_str(), static_cast<double>(sums.frames) / sums.seeds, most,
          sums.overlap / std::max(1, sums.compared), sums.compared, sums.poor, sums.wrong,
          1000 * sums.seconds / std::max(1, sums.frames));
      for (const auto& [reason, times] : sums.ends) {
        std::printf("    %d end: %s\n", times, reason.c_str());
      }
      std::fflush(stdout);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
