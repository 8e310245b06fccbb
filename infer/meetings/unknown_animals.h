// Animals whose name is unknown, for a person who knows it.
#pragma once

#include <utility>
#include <vector>

#include "datasets/project.h"

namespace infer {

struct UnknownAnimal {
  int tracklet = -1;  // as its predictions have it
  // First to last frame in which it has no name yet, [start, end), followed without doubt.
  int start_frame = 0, end_frame = 0;
  // The parts of it in which it has none: people have named it elsewhere, or taken it out.
  std::vector<std::pair<int, int>> spans;
  datasets::Id guess = 0;  // who it may be
  double chance = 0;       // that it is
};

// Of a prediction, without those that a person has named or taken out since; by frame. Throws Error
// where its evidence is damaged.
std::vector<UnknownAnimal> UnknownAnimals(const datasets::Project& project, datasets::Id job_id,
                                          datasets::Id video_id);

}  // namespace infer
