// The pictures and motion of the subjects of a video, frame by frame in order: what behavior
// networks learn from and score.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datasets/behavior/zones.h"
#include "datasets/project.h"
#include "infer/behavior/motion_features.h"
#include "train/behavior/description.h"

namespace infer {

struct PictureSource {
  train::BehaviorInput input;
  std::vector<datasets::Zone> zones;  // for the view `region`
  std::vector<std::string> subjects;  // animals, zones, or one name for the whole frame
  bool causal = false;                // motion looks back only
};

struct SubjectTrace {
  std::vector<uint8_t> seen;  // [frame - start]: 1 where there is a picture
  std::vector<float> motion;  // [frame - start][train::kMotionFeatures]
};

// Where an animal's outlines come from: a person's labels and, on other frames, the latest
// predictions; without any of both, for a single subject before a still camera, what differs from
// the background.
class BehaviorPictures {
 public:
  // Throws Error when the view needs outlines and the video has none, and for a zone that is not
  // defined. `project` must outlive this.
  BehaviorPictures(const datasets::Project& project, const datasets::VideoRow& video,
                   PictureSource source, datasets::Job& job);
  ~BehaviorPictures();

  // Called for each frame of [start_frame, end_frame) and each subject in turn; the picture is
  // empty where the subject is not seen.
  using Visitor = std::function<void(int frame, size_t subject, const cv::Mat& stored)>;
  std::vector<SubjectTrace> Run(int start_frame, int end_frame, datasets::Job& job,
                                const Visitor& visit);
  // Changes whenever the pictures would: for caches.
  std::string Fingerprint() const;
  size_t subjects() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Names of the animals that the video has outlines of (labels or the latest predictions).
std::vector<std::string> OutlinedAnimals(const datasets::Project& project,
                                         const datasets::VideoRow& video);

}  // namespace infer
