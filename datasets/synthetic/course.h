// The paths of groups, frame by frame, whatever the length; private to synthetic/.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "datasets/synthetic/world.h"

namespace datasets::synthetic {

// A simulation that can be copied: from a copy the same steps follow.
class Course {
 public:
  virtual ~Course() = default;
  virtual std::unique_ptr<Course> Clone() const = 0;
  virtual const std::vector<Pose>& Step() = 0;  // the poses of the next frame, without behaviors
};

// Of the world's animals: voles that walk, meet, huddle and hide, or swimmers.
std::unique_ptr<Course> MakeWalkers(const World& world);
std::unique_ptr<Course> MakeSwimmers(const World& world);

// Any frame of a course, in any order, from several threads. Keeps one piece of the course and at
// most 64 places to start from, so memory does not grow with the frames.
class PieceByPiece {
 public:
  PieceByPiece(const World& world, int frames);
  std::vector<Pose> At(int frame);  // with behaviors

 private:
  void Load(int piece);
  std::unique_ptr<Course> StartedBefore(int frame, int& at);

  const World& world_;
  const int frames_;
  std::mutex mutex_;
  std::map<int, std::unique_ptr<Course>> starts_;  // by the frame that the next step gives
  int between_starts_ = 0;                         // pieces
  int piece_ = -1;
  std::vector<std::vector<Pose>> poses_;  // of that piece
};

}  // namespace datasets::synthetic
