// Ctrl-C in the terminal, or the end of the desktop's session.
#pragma once

#include <functional>
#include <thread>

namespace app {

// While it lives the first SIGINT or SIGTERM calls `end`, from a thread of its own; the second one
// ends the program at once, as if nobody had listened. One at a time.
class EndingSignals {
 public:
  explicit EndingSignals(std::function<void()> end);
  ~EndingSignals();
  EndingSignals(const EndingSignals&) = delete;

 private:
  int pipe_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace app
