// Which frame of which project video a file speaks of.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "datasets/project.h"

namespace datasets {

// "video.mp4#000012", "video_000012.png", "000012.jpg" -> (name before the number, number).
// Nothing when no number stands at the end of the stem.
std::optional<std::pair<std::string, int>> SplitFrameName(const std::string& file_name);

class VideoMatcher {
 public:
  // `file`: the imported file or folder. `forced_video`: the user's --video, "" when not given
  // (throws Error for a name that the project does not have).
  VideoMatcher(const Project& project, const std::filesystem::path& file,
               const std::string& forced_video);

  // The video that the file calls `name` (a project name, a file name, a stem or a path); first by
  // the very file beside the imported one, then by name. Null when there is none. Throws Error when
  // several could be meant.
  const VideoRow* Find(const std::string& name) const;
  const VideoRow* forced() const { return forced_; }
  const VideoRow* only() const { return videos_.size() == 1 ? &videos_.front() : nullptr; }
  // forced, else by name, else the only one. Throws Error that lists the project's videos.
  const VideoRow& Require(const std::string& name, const std::string& what) const;
  std::string Names() const;  // "a, b, c", for messages

 private:
  const Project& project_;
  std::filesystem::path folder_;
  std::vector<VideoRow> videos_;
  const VideoRow* forced_ = nullptr;
};

// Throws Error(thing = `what`) when the frame is outside the video or the sizes differ
// (width, height 0: unknown, not compared).
void CheckFrame(const VideoRow& video, int frame_index, int width, int height,
                const std::string& what);

}  // namespace datasets
