#include "infer/review/random_frames.h"

#include <algorithm>

#include "datasets/base/error.h"

namespace infer {

RandomFrames::RandomFrames(int frames, uint64_t seed)
    : random_(seed), is_drawn_(static_cast<size_t>(std::max(0, frames)), false) {}

int RandomFrames::Next() {
  VOLE_CHECK(!IsDone());
  while (true) {
    const auto frame = static_cast<size_t>(random_() % is_drawn_.size());
    if (is_drawn_[frame]) continue;
    is_drawn_[frame] = true;
    ++drawn_;
    return static_cast<int>(frame);
  }
}

}  // namespace infer
