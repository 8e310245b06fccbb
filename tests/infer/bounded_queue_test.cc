#include "datasets/base/bounded_queue.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

namespace bounded_queue_test {

using datasets::BoundedQueue;

TEST_CASE("values come out in order, and what is inside outlives the closing") {
  BoundedQueue<std::unique_ptr<int>> queue(3);
  CHECK(queue.Push(std::make_unique<int>(1)));
  CHECK(queue.Push(std::make_unique<int>(2)));
  queue.Close();
  CHECK_FALSE(queue.Push(std::make_unique<int>(3)));
  CHECK(**queue.Pop() == 1);
  CHECK(**queue.Pop() == 2);
  CHECK_FALSE(queue.Pop().has_value());
}

TEST_CASE("a fast producer never gets further ahead than the capacity") {
  BoundedQueue<int> queue(4);
  std::atomic<int> pushed{0};
  std::atomic<int> most_ahead{0};
  std::thread producer([&] {
    for (int i = 0; i < 2000; ++i) {
      queue.Push(i);
      ++pushed;
    }
    queue.Close();
  });
  int expected = 0;
  while (auto value = queue.Pop()) {
    CHECK(*value == expected++);
    most_ahead = std::max(most_ahead.load(), pushed.load() - expected);
  }
  producer.join();
  CHECK(expected == 2000);
  CHECK(most_ahead <= 4);
}

TEST_CASE("an offer never waits: it is taken while there is room, and told when there is none") {
  BoundedQueue<int> queue(2);
  CHECK(queue.Offer(1));
  CHECK(queue.Offer(2));
  CHECK_FALSE(queue.Offer(3));
  CHECK(*queue.Pop() == 1);
  CHECK(queue.Offer(4));
  queue.SetCapacity(3);
  CHECK(queue.Offer(5));
  CHECK_FALSE(queue.Offer(6));
  queue.Close();
  CHECK(*queue.Pop() == 2);
  CHECK_FALSE(queue.Offer(7));
}

TEST_CASE("aborting drops everything and wakes everybody who waits") {
  BoundedQueue<int> full(1), empty(1);
  full.Push(0);
  std::thread producer([&] { CHECK_FALSE(full.Push(1)); });
  std::thread consumer([&] { CHECK_FALSE(empty.Pop().has_value()); });
  full.Abort();
  empty.Abort();
  producer.join();
  consumer.join();
  CHECK(full.size() == 0);
  CHECK_FALSE(full.Pop().has_value());
}

TEST_CASE("many producers and consumers lose and double nothing") {
  BoundedQueue<int> queue(8);
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> producers, consumers;
  for (int p = 0; p < 3; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < 1000; ++i) queue.Push(p * 1000 + i);
    });
  }
  for (int c = 0; c < 3; ++c) {
    consumers.emplace_back([&] {
      while (auto value = queue.Pop()) sum += *value;
    });
  }
  for (auto& thread : producers) thread.join();
  queue.Close();
  for (auto& thread : consumers) thread.join();
  CHECK(sum == 2999 * 3000 / 2);
}

}  // namespace bounded_queue_test
