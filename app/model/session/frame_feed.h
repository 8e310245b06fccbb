// Decodes the frame that is wanted now, on its own thread; older wishes are forgotten.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "datasets/project.h"

namespace app {

struct DecodedFrame;

class FrameFeed {
 public:
  FrameFeed(datasets::Project& project, std::function<void()> wake);
  ~FrameFeed();

  // direction: +1 playing, 0 standing: what to read ahead.
  void Request(datasets::Id video_id, int frame, int direction);
  // Newest result since the last call; false when there is none.
  bool Take(DecodedFrame& picture, std::shared_ptr<const datasets::Background>& background);
  std::vector<std::string> TakeErrors();

 private:
  void Run();

  datasets::Project& project_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable wake_worker_;
  datasets::Id wanted_video_ = 0;
  int wanted_frame_ = -1, direction_ = 0;
  bool pending_ = false, stopping_ = false;
  bool fresh_ = false;
  datasets::Id ready_video_ = 0;
  int ready_frame_ = -1;
  cv::Mat ready_, ready_bgra_;
  std::shared_ptr<const datasets::Background> background_;
  std::vector<std::string> errors_;
  std::thread thread_;
};

}  // namespace app
