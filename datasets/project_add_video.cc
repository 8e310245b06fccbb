#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/frame_hash.h"
#include "datasets/store/names.h"
#include "datasets/store/reader.h"
#include "datasets/store/writer.h"
#include "datasets/video/fingerprint.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr int kBackgroundSamples = 61;

// Whether the video is where the project looks for it, and not another one in its place.
bool HasItsFile(const Project& project, const VideoRow& video) {
  try {
    return HasFingerprint(project.VideoPath(video), video.fingerprint);
  } catch (const Error&) {
    return false;
  }
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
  const auto known = [&](Reader reader) { return reader.VideoByFingerprint(fingerprint); };
  std::optional<VideoRow> stored;
  Read([&](Connection& connection) { stored = known(Reader(connection)); });
  if (stored) {
    if (!HasItsFile(*this, *stored)) RelinkVideo(stored->id, video_file);
    return VideoById(stored->id);
  }
  const VideoIndex index = IndexVideo(video_file, job);
  VideoReader reader(video_file, index);
  const Background background = EstimateBackground(reader, kBackgroundSamples, job);
  const nlohmann::json hashes = HashFrames(reader, job);
  Id id = 0;
  Write([&](Writer& writer) {
    const Reader inside(writer.connection());
    if (const auto meanwhile = known(inside)) {
      id = meanwhile->id;
      return;
    }
    VideoRow video = NewVideoRow(folder(), video_file, index, inside.Videos());
    video.static_camera = background.static_camera;
    id = writer.InsertVideo(video, index, background);
    writer.SetFrameHashes(id, hashes);
  });
  return VideoById(id);
}

}  // namespace datasets
