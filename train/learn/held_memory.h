// A step of training asks for the same large pieces of memory as the one before. No torch type
// here.
#pragma once

namespace train {

// While one of these lives, memory that is freed stays with the process instead of going back to
// the system, which would hand it out again page by page, cleared: a tenth to a quarter of a step
// on a processor. The last one gives it back. Does nothing without glibc.
class HeldMemory {
 public:
  HeldMemory();
  ~HeldMemory();
  HeldMemory(const HeldMemory&) = delete;
  HeldMemory& operator=(const HeldMemory&) = delete;
};

}  // namespace train
