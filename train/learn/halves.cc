#include "train/learn/halves.h"

#include <ATen/Parallel.h>

#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/base/predictor.h"

namespace train {

SideThreads::SideThreads(int count) : threads_each_(std::max(1, at::get_num_threads() / count)) {
  for (int t = 0; t < count; ++t) threads_.emplace_back([this, t] { Loop(t); });
}

SideThreads::~SideThreads() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    over_ = true;
    begun_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

void SideThreads::Each(int parts, const std::function<void(int part)>& work) {
  std::unique_lock<std::mutex> lock(mutex_);
  work_ = &work;
  parts_ = parts;
  errors_.assign(static_cast<size_t>(parts), nullptr);
  running_ = static_cast<int>(threads_.size());
  ++round_;
  begun_.notify_all();
  ended_.wait(lock, [this] { return running_ == 0; });
  for (const std::exception_ptr& error : errors_) {
    if (error) std::rethrow_exception(error);
  }
}

void SideThreads::Loop(int thread) {
  LimitThreads(threads_each_);
  UseThreads(threads_each_);
  for (int64_t seen = 0;;) {
    const std::function<void(int)>* work = nullptr;
    int parts = 0;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      begun_.wait(lock, [&] { return over_ || round_ > seen; });
      if (over_) return;
      seen = round_;
      work = work_;
      parts = parts_;
    }
    // Always the same parts, so that what a thread keeps from step to step fits.
    for (int part = thread; part < parts; part += static_cast<int>(threads_.size())) {
      try {
        (*work)(part);
      } catch (...) {
        errors_[static_cast<size_t>(part)] = std::current_exception();
      }
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--running_ == 0) ended_.notify_all();
  }
}

bool Halves::Fit(const BatchShare& share, const torch::Device& device) {
  return device.is_cpu() && share.whole % 2 == 0 && share.whole >= 4 &&
         (!share.peers || 2 * share.count == share.whole);
}

Halves::Halves(torch::nn::Module& own, torch::nn::Module& twin, const BatchShare& share)
    : own_(own), twin_(twin), peers_(share.peers), each_(share.whole / 2) {
  const std::vector<torch::Tensor> mine = own.parameters(), others = twin.parameters();
  VOLE_CHECK(mine.size() == others.size());
  for (size_t i = 0; i < mine.size(); ++i) {
    torch::Tensor(others[i]).set_data(mine[i].detach());
    torch::Tensor(others[i]).set_requires_grad(mine[i].requires_grad());
  }
  if (!peers_) threads_ = std::make_unique<SideThreads>(std::min(2, at::get_num_threads()));
}

void Halves::Each(const std::function<void(int half)>& work) {
  if (peers_) {
    work(0);
  } else {
    threads_->Each(count(), work);
  }
}

torch::Tensor Halves::Learn(const std::function<torch::Tensor(int half)>& loss) {
  std::vector<torch::Tensor> statistics;
  for (const torch::Tensor& buffer : own_.buffers()) statistics.push_back(buffer);
  const std::vector<torch::Tensor> others = twin_.buffers();
  {
    torch::NoGradGuard no_grad;
    for (size_t i = 0; i < statistics.size(); ++i) others[i].copy_(statistics[i]);
  }
  twin_.train(own_.is_training());
  const std::vector<torch::Tensor> mine = own_.parameters(), twins = twin_.parameters();
  for (torch::Tensor twin : twins) twin.mutable_grad().reset();
  std::vector<torch::Tensor> losses(static_cast<size_t>(count()));
  Each([&](int half) {
    torch::Tensor& value = losses[static_cast<size_t>(half)];
    value = loss(half);
    value.backward();
    value = value.detach();
  });
  torch::NoGradGuard no_grad;
  if (peers_) {
    std::vector<torch::Tensor> sums;
    for (const torch::Tensor& buffer : statistics) {
      if (buffer.is_floating_point()) sums.push_back(buffer);
    }
    peers_->Sum(sums);
    for (torch::Tensor& sum : sums) sum.mul_(0.5);
    return losses[0];
  }
  for (size_t i = 0; i < statistics.size(); ++i) {
    if (statistics[i].is_floating_point()) statistics[i].add_(others[i]).mul_(0.5);
  }
  for (size_t i = 0; i < mine.size(); ++i) {
    torch::Tensor own = mine[i], twin = twins[i];
    if (!twin.grad().defined()) continue;
    if (own.grad().defined()) {
      own.mutable_grad().add_(twin.grad());
    } else {
      own.mutable_grad() = twin.grad();
    }
  }
  return losses[0] + losses[1];
}

}  // namespace train
