// Where a person who looks at the live picture says that animals are.
#pragma once

#include <mutex>
#include <opencv2/core.hpp>
#include <vector>

namespace infer {

// In the order of the numbers that the animals are to get. Any thread may call anything.
class LiveClicks {
 public:
  struct Click {
    int frame = 0;      // of the recording, in which it was seen
    cv::Point2d point;  // image pixels
  };
  void Add(const Click& click) {
    const std::lock_guard<std::mutex> lock(mutex_);
    clicks_.push_back(click);
  }
  void TakeBack() {  // the last one
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!clicks_.empty()) clicks_.pop_back();
  }
  std::vector<Click> All() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return clicks_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Click> clicks_;
};

}  // namespace infer
