// What is seen live, into the project: the pictures as a video of it, the animals as its
// predictions, what they do as bouts.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "datasets/recording.h"
#include "infer/live/live_eye.h"

namespace infer {

// Belongs to one thread.
class LiveWriter {
 public:
  // `names[k]` is what class k is called, with the animal's number where `numbered`.
  struct Names {
    std::vector<std::string> classes;
    std::vector<datasets::Id> categories;  // [K]
    bool numbered = false;
    std::string Of(const LiveAnimal& animal) const;
  };
  LiveWriter(datasets::Project& project, const std::filesystem::path& file, datasets::Id job_id,
             Names names);
  ~LiveWriter();

  // Both commit what has gathered once a second. Frames in order; a frame is looked at after it was
  // recorded.
  void Record(const LiveFrame& frame);
  void Add(const LookedFrame& frame);
  void SetGround(const cv::Mat& bgr) { ground_ = bgr; }  // of the still camera
  // Everything, and the video is one like any other. Nothing where no picture came.
  void Finish();

  datasets::Id video_id() const { return recording_ ? recording_->video_id() : 0; }

 private:
  struct Bout {
    datasets::Id id = 0;  // 0: not stored yet
    std::string subject;
    Movement movement = Movement::kStill;
    int start_frame = 0, end_frame = 0;
  };
  void CommitIfDue();
  void Store(datasets::Writer& writer);
  void Stored();

  datasets::Project& project_;
  const std::filesystem::path file_;
  const datasets::Id job_id_;
  const Names names_;
  std::unique_ptr<datasets::Recording> recording_;
  cv::Size size_;
  cv::Mat ground_;
  std::vector<datasets::PredictionRow> rows_;
  std::map<int, Bout> open_;  // by the animal's number
  std::vector<Bout> ended_;
  std::chrono::steady_clock::time_point last_commit_;
};

}  // namespace infer
