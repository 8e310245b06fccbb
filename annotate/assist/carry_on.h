// Outlines carried from a labeled frame through time, until there is doubt.
#pragma once

#include <functional>
#include <map>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/shape/polygon.h"

namespace annotate {

struct OutlinedAnimal {
  int64_t animal = 0;
  datasets::Polygons outline;
};

struct CarryOptions {
  int direction = 1;      // +1: later frames, -1: earlier ones
  int most_frames = 100;  // at least 1
  // Least share of pixels on which an outline and what comes back of it over `look_back` frames
  // agree. Below it the animal is in doubt.
  double least_agreement = 0.8;
  // All animals end with the first one that does: frames with some of them would teach a network
  // that the others are ground.
  bool together = true;
  int look_back = 5;  // frames; an outline is given only when the check after it has passed
};

// What the project knows of a frame besides; either may be empty.
struct CarryAdvice {
  // Outlines that a model gives, by animal: one that the carried outline agrees with replaces it.
  std::function<std::vector<OutlinedAnimal>(int frame)> predicted;
  // True where the animal has a person's label: carrying ends before it.
  std::function<bool(int frame, int64_t animal)> has_label;
};

struct CarryEnd {
  int64_t animal = 0;
  int frame = 0;       // the first to which it was not carried
  bool doubt = false;  // false: the number of frames is reached, a label, or an end of the video
  std::string reason;  // for a person: "could not be followed", "touches another animal"
};

struct Carried {
  std::map<int, std::vector<OutlinedAnimal>> labels;  // by frame
  std::vector<CarryEnd> ends;                         // one an animal, in the order of the seeds
};

// `picture` reads a frame (8-bit BGR); frames outside 0 .. frame_count - 1 are not asked for. Each
// animal goes from frame to frame by CarryForward and ends where the first of these is so: it
// cannot be followed; carried back over look_back frames it is not where it was; its area has
// become less than 0.6 or more than 1.6 times the seed's; its outline and that of another carried
// animal share over a twentieth of the smaller one's area (then both end); a model sees another
// animal there.
Carried CarryOn(const std::function<cv::Mat(int)>& picture, int frame_count, int frame,
                const std::vector<OutlinedAnimal>& seeds, const cv::Mat& background,
                const CarryOptions& options, const CarryAdvice& advice, datasets::Job& job);

}  // namespace annotate
