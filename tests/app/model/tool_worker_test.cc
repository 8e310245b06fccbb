#include "app/model/session/tool_worker.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <vector>

namespace tool_worker_test {

namespace {

TEST_CASE("of the work that waits only the newest is done, and each end wakes the window") {
  std::vector<int> done;
  std::atomic<int> woken{0};
  std::promise<void> started, go_on, finished;
  {
    app::ToolWorker worker([&] { ++woken; }, [](const std::string&) {});
    worker.Run([&] {
      started.set_value();
      go_on.get_future().wait();
      done.push_back(1);
    });
    started.get_future().wait();
    worker.Run([&] { done.push_back(2); });
    worker.Run([&] { done.push_back(3); });
    worker.Run([&] {
      done.push_back(4);
      finished.set_value();
    });
    go_on.set_value();
    finished.get_future().wait();
  }
  CHECK(done == std::vector<int>{1, 4});
  CHECK(woken == 2);
}

}  // namespace

}  // namespace tool_worker_test
