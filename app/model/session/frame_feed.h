// Decodes the frame that is wanted now, on its own thread; older wishes are forgotten.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "app/model/session/latest_worker.h"
#include "datasets/project.h"

namespace app {

struct DecodedFrame;

class FrameFeed {
 public:
  // `say` gets, from the worker, why there is no picture; once, not a frame.
  FrameFeed(datasets::Project& project, std::function<void()> wake,
            std::function<void(const std::string&)> say);
  ~FrameFeed();

  // direction: +1 playing, 0 standing: what to read ahead.
  void Request(datasets::Id video_id, int frame, int direction);
  // Newest result since the last call; false when there is none. Of a frame that cannot be read the
  // picture is empty.
  bool Take(DecodedFrame& picture, std::shared_ptr<const datasets::Background>& background);

 private:
  struct Wanted {
    datasets::Id video_id = 0;
    int frame = -1, direction = 0;
  };
  void Decode(const Wanted& wanted);
  void Open(datasets::Id video_id);
  void Leave(const Wanted& wanted, cv::Mat bgr, cv::Mat bgra);

  datasets::Project& project_;
  std::mutex mutex_;
  Wanted wanted_, ready_;
  bool fresh_ = false;
  cv::Mat bgr_, bgra_;
  std::shared_ptr<const datasets::Background> background_;
  // The worker's own.
  std::unique_ptr<datasets::FrameCache> cache_;
  datasets::Id open_video_ = 0;
  int open_frames_ = 0;          // as many as the video had then
  LatestWorker<Wanted> worker_;  // last: it ends before what it uses
};

}  // namespace app
