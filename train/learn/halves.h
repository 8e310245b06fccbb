// A batch that is learned as two halves, each normalized by itself and each on its own thread with
// its own copy of the module. A small network's layers are too short to be worth sharing between
// threads; half a step is not. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "train/learn/together.h"

namespace train {

// Threads that stay, each with an equal share of this thread's. Belongs to one thread.
class SideThreads {
 public:
  explicit SideThreads(int count);
  ~SideThreads();
  SideThreads(const SideThreads&) = delete;
  SideThreads& operator=(const SideThreads&) = delete;
  // work(0) to work(parts - 1), each once; returns when all are done. The first exception of the
  // lowest part is thrown here.
  void Each(int parts, const std::function<void(int part)>& work);

 private:
  void Loop(int thread);

  const int threads_each_;
  std::mutex mutex_;
  std::condition_variable begun_, ended_;
  const std::function<void(int)>* work_ = nullptr;
  int parts_ = 0, running_ = 0;
  int64_t round_ = 0;
  bool over_ = false;
  std::vector<std::exception_ptr> errors_;
  std::vector<std::thread> threads_;
};

class Halves {
 public:
  // Whether a batch is learned so: an even one of at least four samples, on a processor, in this
  // process alone or by two, which have a half each.
  static bool Fit(const BatchShare& share, const torch::Device& device);

  // `twin` is another module of the same shape; it has the weights of `own` from now on (the same
  // memory). What is normalized over a batch differs between them until the end of a step.
  Halves(torch::nn::Module& own, torch::nn::Module& twin, const BatchShare& share);

  int count() const { return peers_ ? 1 : 2; }  // of this process
  // The samples of one of them, as places in this process's share.
  int first(int half) const { return half * each_; }
  int each() const { return each_; }

  void Each(const std::function<void(int half)>& work);
  // Adds the gradients of the sum of loss(half) to the parameters of `own`, where half 1 is
  // computed with `twin`, and gives `own` the mean of both halves' statistics. Returns the sum, of
  // this process's halves.
  torch::Tensor Learn(const std::function<torch::Tensor(int half)>& loss);

 private:
  torch::nn::Module& own_;
  torch::nn::Module& twin_;
  Peers* peers_;
  int each_;
  std::unique_ptr<SideThreads> threads_;
};

}  // namespace train
