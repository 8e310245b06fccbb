#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/frame_hash.h"
#include "datasets/store/names.h"
#include "datasets/store/part_rows.h"
#include "datasets/store/reader.h"
#include "datasets/store/writer.h"
#include "datasets/video_files.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

// Whether this file of the video is where the project looks for it, and not another in its place.
bool HasItsFile(const Project& project, const VideoRow& video, const std::string& fingerprint) {
  for (const VideoFile& file : FilesOf(project, video)) {
    if (file.fingerprint == fingerprint) return StateOf(file) == FileState::kThere;
  }
  return false;
}

}  // namespace

VideoRow Project::AddVideo(const fs::path& video_file, Job& job) {
  std::error_code ignored;
  if (fs::is_directory(video_file, ignored)) {
    throw Error("'" + video_file.string() + "'",
                "it is a folder, and pictures in a folder are no video",
                "add the video files in it by name; of pictures make a video first, for example: "
                "ffmpeg -framerate 25 -pattern_type glob -i '*.png' -c:v libx264 -crf 0 video.mp4");
  }
  const std::string fingerprint = FingerprintFile(video_file);
  const auto known = [&](Connection& connection) {
    const Reader reader(connection);
    auto video = reader.VideoByFingerprint(fingerprint);
    return video ? video : reader.VideoById(VideoOfPart(connection, fingerprint));
  };
  std::optional<VideoRow> stored;
  Read([&](Connection& connection) { stored = known(connection); });
  if (stored) {
    if (!HasItsFile(*this, *stored, fingerprint)) RelinkVideo(stored->id, video_file);
    return VideoById(stored->id);
  }
  const VideoIndex index = IndexVideo(video_file, job);
  VideoReader reader(video_file, index);
  const Background background = EstimateBackground(reader, kBackgroundSamples, job);
  const nlohmann::json hashes = HashFrames(reader, job);
  Id id = 0;
  Write([&](Writer& writer) {
    if (const auto meanwhile = known(writer.connection())) {
      id = meanwhile->id;
      return;
    }
    VideoRow video = NewVideoRow(folder(), video_file, index, Reader(writer.connection()).Videos());
    video.static_camera = background.static_camera;
    id = writer.InsertVideo(video, index, background);
    writer.SetFrameHashes(id, hashes);
  });
  return VideoById(id);
}

}  // namespace datasets
