// What a sentence about an episode may name.
#pragma once

#include <string>
#include <vector>

#include "infer/review/review_data.h"
#include "infer/review/sign.h"

namespace infer {

// The worst frame of an episode.
struct Doubt {
  const ReviewData& data;
  const ReviewAnimal* animal;          // null: one is missing
  const std::vector<int>& classes;     // animals concerned
  int start_frame = 0, end_frame = 0;  // of the episode
  bool any_of_them = false;            // one of these, and nobody knows which

  std::string Own() const;   // "vole_1", "unknown animal 7"
  std::string Both() const;  // "vole_1 and vole_2": all concerned
  std::string Span() const;  // "in one frame", "in 12 frames"
  // " after they touched at frame 12", or nothing where they never did.
  std::string Contact() const;
  float Value(Sign sign) const { return animal->signs[static_cast<size_t>(sign)]; }
  const ReviewTracklet& Tracklet() const;
};

}  // namespace infer
