// Prepared pictures on disk: made once in the order of the video, then read anywhere. Memory stays
// that of the operating system's file cache.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <vector>

#include "infer/behavior/crops.h"

namespace infer {

class PictureCache {
 public:
  // Pictures of [start_frame, end_frame) of every subject, from a file in `folder` where an earlier
  // run left them, else made now. Older files are removed so that the folder stays within
  // `most_bytes`; what other objects have open stays readable to them. Throws Error when the disk
  // is full (nothing is left then) or these pictures alone need more than `most_bytes`.
  PictureCache(const std::filesystem::path& folder, BehaviorPictures& pictures,
               const train::BehaviorInput& input, int start_frame, int end_frame,
               int64_t most_bytes, datasets::Job& job);
  ~PictureCache();
  PictureCache(const PictureCache&) = delete;

  const std::vector<SubjectTrace>& traces() const { return traces_; }
  bool was_there() const { return was_there_; }
  // CV_8UC(channels); shares the file's memory: do not write, do not keep beyond this object.
  cv::Mat Get(size_t subject, int frame) const;

  static int64_t BytesNeeded(const train::BehaviorInput& input, size_t subjects, int frames);

 private:
  void Make(const std::filesystem::path& file, BehaviorPictures& pictures, int64_t most_bytes,
            datasets::Job& job);
  bool Open(const std::filesystem::path& file);

  train::BehaviorInput input_;
  size_t subjects_ = 0;
  int start_frame_ = 0, end_frame_ = 0;
  std::vector<SubjectTrace> traces_;
  const uchar* data_ = nullptr;
  size_t bytes_ = 0;
  bool was_there_ = false;
};

}  // namespace infer
