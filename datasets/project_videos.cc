#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/paths.h"
#include "datasets/store/writer.h"
#include "datasets/video/fingerprint.h"
#include "datasets/video_files.h"

namespace datasets {

namespace fs = std::filesystem;

VideoReader Project::OpenVideo(const VideoRow& video, int decode_threads) const {
  for (const VideoFile& file : FilesOf(*this, video)) {
    if (fs::exists(file.path)) continue;
    throw Error("video '" + video.name + "'",
                file.name + (video.parts.empty() ? " '" : ", '") + file.path.string() +
                    "' is not there any more",
                "put it back, or run 'vole add-video PROJECT NEW_PLACE' to say where it is now");
  }
  return VideoReader(VideoPath(video), IndexOf(video), decode_threads);
}

void Project::RelinkVideo(Id video_id, const fs::path& new_path) {
  const VideoRow video = VideoById(video_id);
  if (!video.parts.empty()) return RelinkParts(*this, video, new_path);
  if (!HasFingerprint(new_path, video.fingerprint)) {
    throw Error("video '" + video.name + "'",
                "the file '" + new_path.string() + "' is another video",
                "give the file that was added to the project");
  }
  Write([&](Writer& writer) { writer.SetVideoPath(video_id, PathFrom(folder(), new_path)); });
}

}  // namespace datasets
