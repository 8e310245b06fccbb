#include "train/nn/map_pool.h"

namespace train {
namespace {

struct SharedPool {
  std::mutex mutex;
  std::weak_ptr<MapPool> pool;
};

SharedPool& TheSharedPool() {
  static SharedPool shared;
  return shared;
}

}  // namespace

std::shared_ptr<MapPool> MapPool::Shared() {
  SharedPool& shared = TheSharedPool();
  const std::lock_guard lock(shared.mutex);
  std::shared_ptr<MapPool> pool = shared.pool.lock();
  if (!pool) shared.pool = pool = std::make_shared<MapPool>();
  return pool;
}

std::shared_ptr<MapPool> MapPool::SharedIfAny() {
  SharedPool& shared = TheSharedPool();
  const std::lock_guard lock(shared.mutex);
  return shared.pool.lock();
}

AlignedFloats MapPool::Take(int64_t& count) {
  const std::lock_guard lock(mutex_);
  AlignedFloats floats;
  const auto fitting = free_.lower_bound(count);
  if (fitting != free_.end() && fitting->first <= 2 * count) {
    count = fitting->first;
    floats = std::move(fitting->second);
    free_.erase(fitting);
    free_floats_ -= count;
  }
  used_floats_ += count;
  most_used_floats_ = std::max(most_used_floats_, used_floats_);
  // Pictures of ever new sizes must not pile up memory: no more than was ever needed at once, and a
  // half.
  while (!free_.empty() && used_floats_ + free_floats_ > most_used_floats_ / 2 * 3) {
    free_floats_ -= free_.begin()->first;
    free_.erase(free_.begin());
  }
  return floats;
}

void MapPool::GiveBack(AlignedFloats floats, int64_t count) {
  const std::lock_guard lock(mutex_);
  used_floats_ -= count;
  free_floats_ += count;
  free_.emplace(count, std::move(floats));
}

torch::Tensor MapPool::Empty(int64_t pictures, int64_t channels, int64_t height, int64_t width) {
  int64_t count = std::max<int64_t>(1, pictures * channels * height * width);
  AlignedFloats floats = Take(count);
  if (!floats) floats = AllocateFloats(count);
  float* data = floats.release();
  const auto give_back = [pool = shared_from_this(), count](void* memory) {
    pool->GiveBack(AlignedFloats(static_cast<float*>(memory)), count);
  };
  return torch::from_blob(data, {pictures, channels, height, width},
                          {height * width * channels, 1, width * channels, channels}, give_back,
                          torch::kFloat32);
}

int64_t MapPool::kept_floats() const {
  const std::lock_guard lock(mutex_);
  return free_floats_;
}

}  // namespace train
