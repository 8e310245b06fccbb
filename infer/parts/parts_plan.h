// Which parts a prediction over videos is divided into, and the folder that they lie in. Whoever
// makes a part reads this folder, the videos and the weights, never the project: it may lie on a
// file system where SQLite cannot be used from several machines.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "infer/parts/part_file.h"
#include "infer/predict_options.h"

namespace infer {

struct PlannedVideo {
  datasets::Id id = 0;
  std::string name;
  std::filesystem::path path;  // absolute
  std::string inputs;          // as in PartKey
  int start_frame = 0, end_frame = 0;
  std::vector<std::filesystem::path> files = {};  // of a recording in several; absolute
};

struct Part {
  size_t video = 0;  // of the plan's videos
  int start_frame = 0, end_frame = 0;
};

struct PartsPlan {
  std::string program;                    // as in PartKey
  int64_t made_at = 0;                    // ms since 1970, UTC
  std::filesystem::path model, identity;  // files, absolute; identity empty for none
  std::string model_hash, identity_hash;
  PredictOptions options;
  std::vector<PlannedVideo> videos;
  std::vector<Part> parts;  // in order of videos and frames

  PartKey KeyOf(const Part& part) const;
};

// What of a video its parts are made from, beside its file.
struct VideoInputs {
  datasets::VideoIndex index;
  cv::Mat background;
};

// PartKey::inputs of a video as the project has it now.
std::string InputsInParts(const datasets::Project& project, const datasets::VideoRow& video);

// NAME.vole.parts beside the project.
class PartsFolder {
 public:
  explicit PartsFolder(const std::filesystem::path& project_file);
  const std::filesystem::path& path() const { return path_; }
  bool Exists() const;

  // Plans for these videos and writes the plan and what each video's parts are made from. Parts
  // that are there and belong to the plan stay, others of these videos are removed; `said` gets a
  // line for each reason. A video that cannot be read is left out, and `failed` says why. Throws
  // Error for a folder that cannot be written and for a full disk.
  PartsPlan MakePlan(const datasets::Project& project,
                     const std::vector<datasets::VideoRow>& videos,
                     const std::filesystem::path& model, const std::filesystem::path& identity,
                     const PredictOptions& options, const std::string& program,
                     std::vector<std::string>* said,
                     std::map<datasets::Id, std::string>* failed) const;
  // Throws Error where there is none, and where it is damaged or of another version of Vole (any
  // `program` will do where it is "", for who only looks).
  PartsPlan ReadPlan(const std::string& program) const;
  VideoInputs ReadInputs(const PlannedVideo& video) const;

  std::filesystem::path FileOf(const PartsPlan& plan, const Part& part) const;
  // There is a file of it, which says that it was made from what the plan says.
  bool IsThere(const PartsPlan& plan, const Part& part) const;
  // Why a part of this video could not be made, as who tried has left word; "" for none.
  std::string FailureOf(const PlannedVideo& video) const;
  void SetFailure(const PlannedVideo& video, const std::string& why) const;  // throws nothing

  bool IsMerged(const PlannedVideo& video) const;  // since the plan was made

  std::filesystem::path LogOf(int task) const;
  // Frames that a task has found so far in parts that are not whole yet; 0 where it has not said.
  int FramesOnTheWay(int task) const;
  void SetFramesOnTheWay(int task, int frames) const;  // throws nothing

  // Removes what belongs to a video that is merged or gone, of earlier plans too,
  void Forget(datasets::Id video) const;
  // and the folder once nothing of any video is left in it.
  void RemoveIfDone() const;

 private:
  std::filesystem::path InputsFile(datasets::Id video) const;
  std::filesystem::path FailureFile(datasets::Id video) const;
  std::vector<std::filesystem::path> PartsOf(datasets::Id video) const;  // files that are there
  void Sweep(const PartsPlan& plan, std::vector<std::string>* said) const;
  std::filesystem::path path_;
};

// Held by who plans and merges: two at once would remove each other's parts.
class PartsLock {
 public:
  // Makes the folder. Throws Error when another program holds it.
  explicit PartsLock(const PartsFolder& folder);
  ~PartsLock();
  PartsLock(const PartsLock&) = delete;
  PartsLock& operator=(const PartsLock&) = delete;

 private:
  int file_ = -1;
};

// Frames of one part of a video: a multiple of a run of frames, a 64th of the video within 256 and
// 4096, so that it depends on nothing but the video.
int FramesAPart(int frames, cv::Size size);

}  // namespace infer
