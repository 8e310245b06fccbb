// Looks at one picture after the other and says at once where every animal is.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "infer/live/ground.h"
#include "infer/live/live_clicks.h"
#include "infer/live/live_tracker.h"
#include "infer/live/movement.h"
#include "infer/names/provisional_names.h"
#include "train/base/predictor.h"

namespace infer {

struct LiveFrame {
  int number = 0;            // in the recording, from 0
  int64_t milliseconds = 0;  // since the first picture
  cv::Mat bgr;               // CV_8UC3, shared, never written
  std::chrono::steady_clock::time_point taken;
  double fps = 25;  // that the source says it has
};

struct LiveAnimal {
  Blob blob;               // its tracklet is the animal's number
  size_t class_index = 0;  // of the model's classes; 0 without a model
  std::optional<Movement> movement;
};

struct LookedFrame {
  int number = 0;
  int64_t milliseconds = 0;
  bool late = false;  // looked at after the fact, when the ground had been learned
  std::vector<LiveAnimal> animals;
};

struct EyeOptions {
  train::Predictor* predictor = nullptr;  // null: what differs from the ground is outlined
  train::ModelInfo info;            // the predictor's, with the number of animals that is meant
  int animals = 0;                  // without one; 0: as many as the pictures show
  double ground_seconds = 3;        // learn the ground for so long; 0: none (a predictor alone)
  std::vector<cv::Point2d> points;  // in the first picture, one on each animal; without one
  // While the ground is learned: on whom a person clicks gets the first numbers, too. May be null.
  std::shared_ptr<const LiveClicks> clicks;
  MovementThresholds movement;
  bool waits = false;  // learning stops the pictures, so that the same ones give the same outlines
};

// The ground and what stands out from it are learned on a thread of its own while pictures come,
// and again as more of them came: after once, twice, four times, ... the seconds, up to a minute.
// An animal that rests at first is part of the ground until it has moved.
//
// Belongs to one thread but for ready().
class LiveEye {
 public:
  // `say` takes one line that a person should know.
  LiveEye(const EyeOptions& options, std::function<void(const std::string&)> say);

  // Frames in order. While the ground is learned nothing comes back; then all that was kept of that
  // time. Throws Error for a point that is on no animal.
  std::vector<LookedFrame> Look(const LiveFrame& frame);
  // Nothing more comes: what was learned so far has to do.
  std::vector<LookedFrame> Finish();

  bool ready() const { return ready_; }  // outlines come with every frame from now on
  int animals() const { return animals_; }
  // Why nothing was outlined, "" where something was.
  const std::string& problem() const { return problem_; }
  // The ground where it was learned anew since the last call, else empty.
  cv::Mat TakeNewGround();

 private:
  struct Learned {
    cv::Mat ground;
    int cut = 0, animals = 0;
    double area = 0;
    std::string problem;  // "" where it can be used
  };
  struct Searched {         // plain values for the thread that learns
    bool outlines = false;  // a predictor does it
    int animals = 0;
    bool pointed = false;
    int attempt = 0;
    double ground_seconds = 0;
  };
  static Learned LearnFrom(const std::vector<GroundSample>& samples, const Searched& searched);
  void StartLearning();
  std::vector<LookedFrame> Use(const Learned& learned, bool last);
  void BeginAtPoints(const GroundSample& first);
  void NumberAsClicked(std::vector<LookedFrame>& frames);
  void Number(LookedFrame& frame) const;
  LookedFrame Outline(int number, int64_t milliseconds, const cv::Mat& bgr, bool late);

  const EyeOptions options_;
  const std::function<void(const std::string&)> say_;
  Searched searched_;
  GroundSamples samples_;
  std::future<Learned> learning_;
  Ground ground_;
  std::atomic<bool> ready_{false};
  bool new_ground_ = false;
  int animals_ = 0, cut_ = 0, looked_ = 0, outlined_ = 0;
  double area_ = 0, fps_ = 25;
  int64_t first_ms_ = 0, next_learn_ms_ = 0, learn_ms_ = 0;
  std::string problem_;
  std::unique_ptr<LiveTracker> tracker_;
  ProvisionalNames names_;
  std::vector<MovementClass> movement_;  // by the tracker's number
  std::vector<int> shown_number_;        // by the tracker's; those beyond it keep theirs
};

}  // namespace infer
