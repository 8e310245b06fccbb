// Hands values from one thread to another and makes the faster one wait, so that memory stays flat.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace datasets {

// First in, first out; any number of threads on both sides. Ends in one of two ways: Close (nothing
// more comes; what is inside is still handed out) or Abort (everything inside is dropped and every
// waiting thread wakes up at once).
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity < 1 ? 1 : capacity) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Waits for room. False when the queue was closed or aborted; the value is then dropped.
  bool Push(T value) {
    std::unique_lock<std::mutex> lock(mutex_);
    room_.wait(lock, [this] { return closed_ || values_.size() < capacity_; });
    if (closed_) return false;
    values_.push_back(std::move(value));
    filled_.notify_one();
    return true;
  }

  // Never waits: false when there is no room, or the queue was closed or aborted; the value is then
  // dropped.
  bool Offer(T value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_ || values_.size() >= capacity_) return false;
    values_.push_back(std::move(value));
    filled_.notify_one();
    return true;
  }

  // Waits for a value. Empty when the queue is closed and drained, or aborted.
  std::optional<T> Pop() {
    std::unique_lock<std::mutex> lock(mutex_);
    filled_.wait(lock, [this] { return closed_ || !values_.empty(); });
    if (values_.empty()) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    room_.notify_one();
    return value;
  }

  void Close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    room_.notify_all();
    filled_.notify_all();
  }

  void Abort() {
    std::deque<T> dropped;  // destroyed outside of the lock
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closed_ = true;
      dropped.swap(values_);
      room_.notify_all();
      filled_.notify_all();
    }
  }

  size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return values_.size();
  }
  size_t capacity() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return capacity_;
  }
  // What is inside beyond a smaller one stays until it is taken.
  void SetCapacity(size_t capacity) {
    const std::lock_guard<std::mutex> lock(mutex_);
    capacity_ = capacity < 1 ? 1 : capacity;
    room_.notify_all();
  }

 private:
  size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable room_, filled_;
  std::deque<T> values_;
  bool closed_ = false;
};

}  // namespace datasets
