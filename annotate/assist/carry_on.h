// Outlines carried from a labeled frame through time, until there is doubt.
#pragma once

#include <functional>
#include <map>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/keypoints/skeleton.h"
#include "datasets/shape/polygon.h"

namespace annotate {

struct OutlinedAnimal {
  int64_t animal = 0;
  datasets::Polygons outline;
  std::vector<datasets::KeyPoint> points = {};
  bool of_model = false;  // carried: the outline is a model's, which agreed
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

// What the project knows of a frame besides its picture.
struct CarryAdvice {
  std::string closed;  // why nothing may be carried to it; "": it may
  // Labels that people made: carrying of these animals ends before the frame, and no other is
  // carried onto them. One without an outline has key points only.
  std::vector<OutlinedAnimal> labeled;
  // A model's outlines: one of the same animal that agrees with the carried outline replaces it.
  std::vector<OutlinedAnimal> predicted;
};
using AdviseOn = std::function<CarryAdvice(int frame)>;

struct CarryEnd {
  int64_t animal = 0;
  int frame = 0;       // the first to which it was not carried
  bool doubt = false;  // false: the number of frames is reached, a label, or an end of the video
  std::string reason;  // for a person: "touches another animal"; "": the number is reached
};

struct Carried {
  std::map<int, std::vector<OutlinedAnimal>> labels;  // by frame
  std::vector<CarryEnd> ends;                         // one an animal, in the order of the seeds
};

// `picture` reads a frame (8-bit BGR); frames outside 0 .. frame_count - 1 are not asked for. Each
// of `seeds` goes from frame to frame by its motion (MovedOutline) and is fitted anew (FitOutline);
// it ends where the first of these is so: it cannot be followed; carried back over look_back frames
// it is not where it was; its area in the picture has become less than 0.6 or more than 1.6 times
// the seed's; it shares a border of half the square root of the smaller one's area with another
// animal (then both end); a model sees another of these animals there. Its key points go along
// (carry_points.h), as long as each comes back over look_back frames to where it was; those that do
// not are absent from there on. `company` is followed only so that nobody is carried onto them.
// `advise` may be empty.
Carried CarryOn(const std::function<cv::Mat(int)>& picture, int frame_count, int frame,
                const std::vector<OutlinedAnimal>& seeds,
                const std::vector<OutlinedAnimal>& company, const cv::Mat& background,
                const CarryOptions& options, const AdviseOn& advise, datasets::Job& job);

}  // namespace annotate
