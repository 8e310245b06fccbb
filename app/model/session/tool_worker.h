// Carries out what a drawing tool needs longer for than one frame of the window. One thread; of
// what waits only the newest is done, because a newer click has made the older ones void.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace app {

class ToolWorker {
 public:
  // `wake` is called on the worker's thread each time that something is finished.
  explicit ToolWorker(std::function<void()> wake);
  ~ToolWorker();  // what runs is finished, what waits is dropped
  ToolWorker(const ToolWorker&) = delete;

  void Run(std::function<void()> work);  // must not throw

 private:
  void Loop();

  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable wake_worker_;
  std::function<void()> next_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace app
