// A video that becomes part of the project while it is recorded.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <opencv2/core.hpp>

#include "datasets/base/job.h"
#include "datasets/store/records.h"

namespace datasets {

class Project;
class Writer;
struct VideoIndex;

// What Commit has stored stays, readable, whatever becomes of the program: the file and its row
// agree at every moment (see datasets/video/fingerprint.h). Belongs to one thread at a time, but
// for Encode and Flush beside Store and video_id: who records need not wait for who writes to the
// project.
class Recording {
 public:
  // `job_id`: a running job of this process. The file is made anew, with the first frame. Throws
  // Error as Recorder does.
  Recording(Project& project, const std::filesystem::path& file, double fps, Id job_id);
  // Leaves what was committed; a file of which nothing was goes again.
  ~Recording();
  Recording(const Recording&) = delete;

  // CV_8UC3, all of the first one's size; times as Recorder takes them. The first frame is
  // committed at once, and its video is in the project from then on.
  void Write(const cv::Mat& bgr, int64_t milliseconds);
  Id video_id() const;  // 0 before the first frame is stored; known to the `work` of that

  // Puts all frames on the disk and, in one transaction, them and whatever `work` adds in the
  // project.
  using Work = std::function<void(Writer&)>;
  void Commit(const Work& work);

  // The two halves of it. Write without its commit; all frames so far onto the disk, and which
  // they are; in one transaction those and whatever `work` adds in the project. Each Flush may be
  // left out of Store when a later one is not.
  void Encode(const cv::Mat& bgr, int64_t milliseconds);
  VideoIndex Flush();
  void Store(const VideoIndex& index, const Work& work);

  // The same for the last time; the video is then one like any other.
  void Finish(const Work& work, Job& job);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Recordings that a killed program left: each ends with what was committed last. Does nothing where
// nothing can be written.
void EndBrokenRecordings(Project& project);

}  // namespace datasets
