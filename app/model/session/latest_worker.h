// A thread that answers the newest question: of those that wait, older ones are forgotten.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "datasets/store/connection.h"

namespace app {

template <class Question>
class LatestWorker {
 public:
  using Clock = std::chrono::steady_clock;
  struct Answered {
    bool news = true;                            // the window is woken
    std::optional<Clock::duration> again_after;  // the same question, when none comes before
  };
  // A question that fails because another program writes to the project is asked again without a
  // word. Any other failure is said, once as long as it stays the same, and with kRetry the
  // question is kept and asked again, too.
  enum class OnFailure { kRetry, kForget };
  struct Pauses {
    Clock::duration busy = std::chrono::milliseconds(200), failed = std::chrono::seconds(1);
  };

  // All three are called on the worker's thread. `say` gets what() of what `answer` threw; `wake`
  // is called after it, too.
  LatestWorker(std::function<Answered(const Question&)> answer, std::function<void()> wake,
               std::function<void(const std::string&)> say,
               OnFailure on_failure = OnFailure::kRetry, Pauses pauses = Pauses())
      : answer_(std::move(answer)),
        wake_(std::move(wake)),
        say_(std::move(say)),
        on_failure_(on_failure),
        pauses_(pauses),
        thread_([this] { Run(); }) {}

  // Finishes the question that is being answered; drops what waits.
  ~LatestWorker() {
    {
      std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake_worker_.notify_all();
    thread_.join();
  }
  LatestWorker(const LatestWorker&) = delete;

  void Ask(Question question) {
    {
      std::scoped_lock lock(mutex_);
      next_ = std::move(question);
    }
    wake_worker_.notify_one();
  }

 private:
  void Run() {
    std::optional<Question> question;
    bool again = false;  // at `again_at`
    Clock::time_point again_at{};
    const auto ask_again_in = [&](Clock::duration pause) {
      again = true;
      again_at = Clock::now() + pause;
    };
    std::string said;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        const auto is_asked = [this] { return stopping_ || next_; };
        if (again) {
          wake_worker_.wait_until(lock, again_at, is_asked);
        } else {
          question.reset();
          wake_worker_.wait(lock, is_asked);
        }
        if (stopping_) return;
        if (next_) question = std::exchange(next_, std::nullopt);
      }
      again = false;
      try {
        const Answered answered = answer_(*question);
        said.clear();
        if (answered.again_after) ask_again_in(*answered.again_after);
        if (!answered.news) continue;
      } catch (const datasets::BusyError&) {
        ask_again_in(pauses_.busy);
        continue;
      } catch (const std::exception& error) {
        if (on_failure_ == OnFailure::kRetry) ask_again_in(pauses_.failed);
        if (said != error.what()) say_(said = error.what());
      }
      wake_();
    }
  }

  const std::function<Answered(const Question&)> answer_;
  const std::function<void()> wake_;
  const std::function<void(const std::string&)> say_;
  const OnFailure on_failure_;
  const Pauses pauses_;
  std::mutex mutex_;
  std::condition_variable wake_worker_;
  std::optional<Question> next_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace app
