// Waiting in tests for what a worker does.
#pragma once

#include <chrono>
#include <thread>

namespace tests {

// True as soon as `condition` holds, false when it does not within 20 s.
template <class Condition>
bool Eventually(const Condition& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace tests
