#include "app/model/session/latest_worker.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <vector>

namespace latest_worker_test {

namespace {

using Worker = app::LatestWorker<int>;

const Worker::Pauses kNoPauses{std::chrono::nanoseconds(1), std::chrono::nanoseconds(1)};
void Await(const std::atomic<int>& count, int wanted) {
  while (count < wanted) std::this_thread::yield();
}

}  // namespace

TEST_CASE("While the project is busy a question waits without a word and is answered then") {
  std::atomic<int> tries{0}, woken{0}, said{0};
  Worker worker(
      [&](const int& question) {
        CHECK(question == 7);
        if (++tries < 4) throw datasets::BusyError(5, "project", "it is busy");
        return Worker::Answered();
      },
      [&] { ++woken; }, [&](const std::string&) { ++said; }, Worker::OnFailure::kForget, kNoPauses);
  worker.Ask(7);
  Await(woken, 1);
  CHECK(tries == 4);
  CHECK(said == 0);
}

TEST_CASE("A failure is said once; the question is kept, and the next failure is another one") {
  std::atomic<int> tries{0}, answered{0}, said{0};
  std::vector<std::string> texts;
  Worker worker(
      [&](const int&) {
        const int now = ++tries;
        if (now == 4 || now == 9) {
          ++answered;
          return Worker::Answered{true, std::chrono::nanoseconds(1)};
        }
        if (now > 9) return Worker::Answered{false, {}};
        throw std::runtime_error("damaged");
      },
      [] {},
      [&](const std::string& text) {
        texts.push_back(text);
        ++said;
      },
      Worker::OnFailure::kRetry, kNoPauses);
  worker.Ask(1);
  Await(answered, 2);
  CHECK(said == 2);
  CHECK(texts == std::vector<std::string>{"damaged", "damaged"});
}

TEST_CASE("A failure of what is not to be tried again is said, and the next question answered") {
  std::atomic<int> woken{0}, said{0};
  std::atomic<int> last{0};
  Worker worker(
      [&](const int& question) {
        last = question;
        if (question < 3) throw std::runtime_error("no");
        return Worker::Answered();
      },
      [&] { ++woken; }, [&](const std::string&) { ++said; }, Worker::OnFailure::kForget);
  worker.Ask(1);
  Await(woken, 1);
  worker.Ask(2);
  Await(woken, 2);
  worker.Ask(3);
  Await(woken, 3);
  CHECK(said == 1);  // the same words
  CHECK(last == 3);
}

TEST_CASE("An idle worker looks again by itself, and without news the window sleeps on") {
  std::atomic<int> looks{0}, woken{0};
  {
    Worker worker(
        [&](const int&) {
          ++looks;
          return Worker::Answered{looks == 3, std::chrono::nanoseconds(1)};
        },
        [&] { ++woken; }, [](const std::string&) {});
    worker.Ask(1);
    Await(looks, 6);
  }
  CHECK(woken == 1);
}

}  // namespace latest_worker_test
