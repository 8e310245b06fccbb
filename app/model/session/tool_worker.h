// Carries out what a drawing tool needs longer for than one frame of the window. One thread; of
// what waits only the newest is done, because a newer click has made the older ones void.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "app/model/session/latest_worker.h"

namespace app {

class ToolWorker {
 public:
  // Both are called on the worker's thread: `wake` each time that something is finished, `say` with
  // what() of what it threw.
  ToolWorker(std::function<void()> wake, std::function<void(const std::string&)> say)
      : worker_(
            [](const std::function<void()>& work) {
              work();
              return Worker::Answered();
            },
            std::move(wake), std::move(say), Worker::OnFailure::kForget) {}

  // What runs is finished when this object ends, what waits is dropped.
  void Run(std::function<void()> work) { worker_.Ask(std::move(work)); }

 private:
  using Worker = LatestWorker<std::function<void()>>;
  Worker worker_;
};

}  // namespace app
