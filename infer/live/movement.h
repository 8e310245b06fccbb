// What an animal is doing right now, by how it moves: the classes of SiamBOMB (IJCAI 2020).
#pragma once

#include <deque>
#include <optional>

#include "infer/track/blob.h"

namespace infer {

enum class Movement { kStill, kInPlace, kLocomotion };
const char* MovementName(Movement movement);  // "still", "moving in place", "locomotion"

struct MovementThresholds {
  double locomotion = 10;  // pixels a frame that the center moves on average
  double in_place = 0.1;   // 1 - overlap (IoU) of the outline with the one before, on average
};

// The means are over the last ten displacements; nothing before there are ten.
class MovementClass {
 public:
  explicit MovementClass(const MovementThresholds& thresholds) : thresholds_(thresholds) {}
  std::optional<Movement> Add(const Blob& blob);  // frames in increasing order
  void Lose();                                    // it is not seen: begin anew

 private:
  const MovementThresholds thresholds_;
  Blob last_;
  std::deque<double> displacements_, changes_;
};

}  // namespace infer
