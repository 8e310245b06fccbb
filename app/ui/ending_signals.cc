#include "app/ui/ending_signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace app {
namespace {

constexpr char kSignalled = 's', kOver = 'o';
volatile std::sig_atomic_t signal_pipe = -1;

void OnEndingSignal(int number) {
  const int before = errno;
  std::signal(number, SIG_DFL);
  if (write(signal_pipe, &kSignalled, 1) < 0) raise(number);
  errno = before;
}

}  // namespace

EndingSignals::EndingSignals(std::function<void()> end) {
  if (pipe2(pipe_, O_CLOEXEC) != 0) return;  // then signals end the program as they always did
  thread_ = std::thread([from = pipe_[0], end = std::move(end)] {
    for (char what = 0; read(from, &what, 1) == 1 && what != kOver;) end();
  });
  signal_pipe = pipe_[1];
  std::signal(SIGINT, OnEndingSignal);
  std::signal(SIGTERM, OnEndingSignal);
}

EndingSignals::~EndingSignals() {
  if (!thread_.joinable()) return;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  if (write(pipe_[1], &kOver, 1) == 1) thread_.join();
  close(pipe_[0]);
  close(pipe_[1]);
}

}  // namespace app
