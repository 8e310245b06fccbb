#include "app/model/session/tool_worker.h"

#include <utility>

namespace app {

ToolWorker::ToolWorker(std::function<void()> wake)
    : wake_(std::move(wake)), thread_([this] { Loop(); }) {}

ToolWorker::~ToolWorker() {
  {
    std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_worker_.notify_all();
  thread_.join();
}

void ToolWorker::Run(std::function<void()> work) {
  {
    std::scoped_lock lock(mutex_);
    next_ = std::move(work);
  }
  wake_worker_.notify_one();
}

void ToolWorker::Loop() {
  while (true) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      wake_worker_.wait(lock, [this] { return stopping_ || next_; });
      if (stopping_) return;
      work = std::exchange(next_, nullptr);
    }
    work();
    wake_();
  }
}

}  // namespace app
