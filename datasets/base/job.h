// A long piece of work that says how far it is and can be cancelled. It knows no thread.
#pragma once

#include <atomic>
#include <functional>
#include <string>

namespace datasets {

// Work functions take a `Job&` and call Advance often (at least several times a second).
// Advance is called from the work's thread; Cancel may be called from any thread or a signal
// handler.
class Job {
 public:
  struct Progress {
    double done = 0;   // same unit as total (frames, steps, bytes, ...)
    double total = 0;  // 0: not known yet
    std::string text;  // what is happening now, in plain words
  };
  using Listener = std::function<void(const Progress&)>;

  Job() = default;
  explicit Job(Listener listener) : listener_(std::move(listener)) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Reports, then throws Cancelled if a cancel was requested.
  void Advance(double done, double total, const std::string& text = "");
  // Throws Cancelled if a cancel was requested, reports nothing.
  void ThrowIfCancelled() const;
  void Cancel() noexcept { cancelled_.store(true); }
  bool cancelled() const noexcept { return cancelled_.load(); }

 private:
  Listener listener_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace datasets
