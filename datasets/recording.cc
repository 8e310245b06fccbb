#include "datasets/recording.h"

#include <optional>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/frame_hash.h"
#include "datasets/store/names.h"
#include "datasets/store/reader.h"
#include "datasets/store/recording/recording_store.h"
#include "datasets/video/fingerprint.h"
#include "datasets/video/recorder.h"

namespace datasets {

namespace fs = std::filesystem;

namespace {

// The file is never changed, for another project may still record into it or hold more of it (a
// copy of this project that is older): what lies behind the frames of the row stays there.
void EndRecording(Project& project, const VideoRow& video) {
  const fs::path file = project.VideoPath(video);
  std::optional<VideoIndex> closed;
  std::string fingerprint = EndedFingerprint(video.fingerprint);
  if (HasFingerprint(file, video.fingerprint)) {
    fingerprint = FingerprintFile(file);
  } else {
    // Its head was being written for the last time: the same frames, in another file.
    Job job;
    closed = IndexVideo(file, job);
    if (closed->pts != project.IndexOf(video).pts) closed.reset();  // replaced; reading it says so
  }
  project.Write([&](Writer& writer) {
    if (closed) {
      GrowVideo(writer, video.id, *closed);
    } else {
      SetVideoFingerprint(writer, video.id, fingerprint);
    }
    SetRecordingJob(writer, video.id, 0);
  });
}

}  // namespace

struct Recording::Impl {
  void Insert(Writer& writer, const VideoIndex& index) {
    const VideoRow video =
        NewVideoRow(project.folder(), file, index, Reader(writer.connection()).Videos());
    inserted = writer.InsertVideo(video, index, Background());
    SetRecordingJob(writer, inserted, job_id);
  }

  void Store(const VideoIndex& index, const Work& work) {
    try {
      project.Write([&](Writer& writer) {
        if (video_id == 0) {
          Insert(writer, index);
        } else {
          GrowVideo(writer, video_id, index);
        }
        if (work) work(writer);
      });
    } catch (...) {
      inserted = video_id;
      throw;
    }
    video_id = inserted;
  }

  Project& project;
  const fs::path file;
  const double fps;
  const Id job_id;
  std::optional<Recorder> recorder;
  cv::Size size;
  int frames = 0;
  // Of the thread that stores: in the project, and while it is being stored.
  Id video_id = 0, inserted = 0;
};

Recording::Recording(Project& project, const fs::path& file, double fps, Id job_id)
    : impl_(new Impl{project, file, fps, job_id, {}, {}, 0, 0, 0}) {}

Recording::~Recording() {
  const bool made = impl_->recorder.has_value();
  impl_->recorder.reset();
  std::error_code ignored;
  if (made && impl_->video_id == 0) fs::remove(impl_->file, ignored);
}

void Recording::Write(const cv::Mat& bgr, int64_t milliseconds) {
  Encode(bgr, milliseconds);
  if (impl_->frames == 1) Commit({});
}

void Recording::Encode(const cv::Mat& bgr, int64_t milliseconds) {
  if (!impl_->recorder) {
    impl_->recorder.emplace(impl_->file, bgr.cols, bgr.rows, impl_->fps);
    impl_->size = bgr.size();
  }
  if (bgr.size() != impl_->size) {
    throw Error(impl_->file.string(),
                "the picture's size has changed from " + std::to_string(impl_->size.width) + " x " +
                    std::to_string(impl_->size.height) + " to " + std::to_string(bgr.cols) + " x " +
                    std::to_string(bgr.rows),
                "what was recorded until then is kept; start again");
  }
  impl_->recorder->Write(bgr, milliseconds);
  ++impl_->frames;
}

Id Recording::video_id() const { return impl_->inserted; }

VideoIndex Recording::Flush() {
  VOLE_CHECK(impl_->frames > 0);
  impl_->recorder->Flush();
  return impl_->recorder->index();
}

void Recording::Store(const VideoIndex& index, const Work& work) { impl_->Store(index, work); }

void Recording::Commit(const Work& work) { Store(Flush(), work); }

void Recording::Finish(const Work& work, Job& job) {
  VOLE_CHECK(impl_->frames > 0);
  // The row speaks of the start of the file while its end and its head are written.
  Commit(work);
  impl_->recorder->Close();
  VideoReader reader(impl_->file, impl_->recorder->index());
  const nlohmann::json hashes = HashFrames(reader, job);
  Store(impl_->recorder->index(), [&](Writer& writer) {
    writer.SetFrameHashes(impl_->video_id, hashes);
    SetRecordingJob(writer, impl_->video_id, 0);
  });
}

void EndBrokenRecordings(Project& project) {
  std::vector<VideoRow> broken;
  project.Read([&](Connection& connection) { broken = BrokenRecordings(connection); });
  for (const VideoRow& video : broken) {
    try {
      EndRecording(project, video);
    } catch (const std::exception&) {
      // The next one may; the video's own reader says what is wrong.
    }
  }
}

}  // namespace datasets
