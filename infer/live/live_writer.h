// What is seen live, into the project: the pictures as a video of it, the animals as its
// predictions, what they do as bouts.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "infer/live/live_eye.h"
#include "infer/live/live_storer.h"

namespace infer {

// Belongs to one thread, which encodes; what it gathers is stored by another.
class LiveWriter {
 public:
  // `names[k]` is what class k is called, with the animal's number where `numbered`.
  struct Names {
    std::vector<std::string> classes;
    std::vector<datasets::Id> categories;  // [K]
    bool numbered = false;
    std::string Of(const LiveAnimal& animal) const;
  };
  // `say`: see LiveStorer.
  LiveWriter(datasets::Project& project, const std::filesystem::path& file, datasets::Id job_id,
             Names names, std::function<void(const std::string&)> say);
  ~LiveWriter();

  // Both hand on what has gathered once a second, to be stored. Frames in order; a frame is looked
  // at after it was recorded. Throw what storing has thrown.
  void Record(const LiveFrame& frame);
  void Add(const LookedFrame& frame);
  void SetGround(const cv::Mat& bgr) { gathered_.ground = bgr; }  // of the still camera
  // Everything, and the video is one like any other. Nothing where no picture came.
  void Finish();

  // 0: no picture came. After Finish.
  datasets::Id video_id() const { return recording_ ? recording_->video_id() : 0; }

 private:
  struct OpenBout {
    int number = 0;  // its own
    LiveBout bout;
  };
  void HandOnIfDue();
  void HandOn();

  datasets::Project& project_;
  const std::filesystem::path file_;
  const datasets::Id job_id_;
  const Names names_;
  const std::function<void(const std::string&)> say_;
  std::unique_ptr<datasets::Recording> recording_;
  std::unique_ptr<LiveStorer> storer_;  // of the recording
  cv::Size size_;
  LiveBatch gathered_;
  std::map<int, OpenBout> open_;  // by the animal's number
  int bouts_ = 0;                 // that have begun
  std::chrono::steady_clock::time_point handed_on_;
};

}  // namespace infer
