// A second opinion on who an animal is: from the masked crops of a window of frames along a
// tracklet (IdNet), one more voter beside the opinions of single frames.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "datasets/project.h"
#include "infer/predict_options.h"
#include "infer/track/track_record.h"
#include "train/base/predictor.h"

namespace infer {

struct IdentityVote {
  using Features = std::vector<float>;
  std::vector<std::string> classes;  // [K]
  int window = 7, spacing = 3;       // frames of a window, and how far apart they are
  // What is seen in each masked crop; called from several threads at once.
  std::function<std::vector<Features>(const cv::Mat& frame,
                                      const std::vector<train::Detection>& masks)>
      features;
  // Windows in order of time, null where a frame is missing -> log-probabilities [n][K]; called
  // from another thread.
  std::function<std::vector<std::vector<float>>(
      const std::vector<std::vector<const Features*>>& windows)>
      name;
};

// The model that `options.identity` says, made ready; nothing for "none", and for "auto" where the
// project has no model that names the same animals. Throws Error for a model that does not exist or
// does not know every one of `classes`.
std::optional<IdentityVote> ChooseIdentityVote(const datasets::Project& project,
                                               const std::vector<std::string>& classes,
                                               const PredictOptions& options);
// The two steps of it: the file (empty for none), and what is in it.
std::filesystem::path IdentityFileOf(const datasets::Project& project,
                                     const std::vector<std::string>& classes,
                                     const PredictOptions& options);
std::optional<IdentityVote> LoadIdentityVote(const std::filesystem::path& file,
                                             const std::vector<std::string>& classes,
                                             const PredictOptions& options);

void AddIdentityFeatures(const IdentityVote& vote, const cv::Mat& picture,
                         train::FrameDetections& found);

// Asks for the opinion of the window around each frame of each tracklet as soon as its frames are
// there, and puts it into the record. Keeps the features of half a window a tracklet.
class WindowVoter {
 public:
  // `classes`: of the record. All must be known to the vote; others of the vote share nothing.
  WindowVoter(const IdentityVote& vote, const std::vector<std::string>& classes,
              TrackRecord& record);
  // Right after the frame was added to the record.
  void Add(const TrackedFrame& frame);
  void Finish();

 private:
  struct Seen {
    size_t row = 0;
    IdentityVote::Features features;
  };
  struct Track {
    std::map<int, Seen> frames;  // by frame
    int next_center = 0;         // frames before it have been named
  };
  void Ask(int until_frame);

  const IdentityVote& vote_;
  std::vector<size_t> class_of_;  // of the vote, by class of the record
  TrackRecord& record_;
  int half_span_;  // frames
  std::unordered_map<int, Track> tracks_;
  int last_asked_ = -1;
};

}  // namespace infer
