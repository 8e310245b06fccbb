// Memory of feature maps that is used again. Maps of tens of megabytes come fresh from the system
// at every layer otherwise, which clears each page first: a fifth of the time of a large picture.
// Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <map>
#include <memory>
#include <mutex>

#include "train/nn/packed_conv.h"

namespace train {

// Safe to use from several threads. A map keeps its pool alive and gives its memory back at its
// end.
class MapPool : public std::enable_shared_from_this<MapPool> {
 public:
  // The pool of all networks of this process; it goes with the last one that holds it.
  static std::shared_ptr<MapPool> Shared();
  // That pool where somebody holds it, else null.
  static std::shared_ptr<MapPool> SharedIfAny();
  // An uninitialized float map [N, C, H, W] in channels-last layout.
  torch::Tensor Empty(int64_t pictures, int64_t channels, int64_t height, int64_t width);
  int64_t kept_floats() const;  // that nobody uses now

 private:
  AlignedFloats Take(int64_t& count);
  void GiveBack(AlignedFloats floats, int64_t count);

  mutable std::mutex mutex_;
  std::multimap<int64_t, AlignedFloats> free_;  // by size
  int64_t free_floats_ = 0, used_floats_ = 0, most_used_floats_ = 0;
};

}  // namespace train
