// When the frames of a project's videos are shown.
#pragma once

#include <map>

#include "datasets/project.h"
#include "datasets/video/frame_times.h"

namespace datasets {

// Reads the time stamps of each video once. Belongs to one thread.
class ProjectTimes {
 public:
  explicit ProjectTimes(const Project& project) : project_(project) {}
  const FrameTimes& Of(const VideoRow& video) {
    const auto known = times_.find(video.id);
    if (known != times_.end()) return known->second;
    return times_.emplace(video.id, FrameTimes(project_.IndexOf(video))).first->second;
  }

 private:
  const Project& project_;
  std::map<Id, FrameTimes> times_;
};

}  // namespace datasets
