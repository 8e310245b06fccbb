#include "datasets/formats/trajectories/trajectories.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "datasets/base/error.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/pose/pose_document.h"

namespace datasets {

namespace {

constexpr char kCenter[] = "center";

// "fish12", "id3" and "7" only count: the same name in another video is another animal.
std::string TrackName(const std::string& animal) {
  size_t digits = animal.size();
  while (digits > 0 && std::isdigit(static_cast<unsigned char>(animal[digits - 1]))) --digits;
  std::string word = animal.substr(0, digits);
  while (!word.empty() && (word.back() == '_' || word.back() == '-')) word.pop_back();
  const bool counts = digits < animal.size() && (word.empty() || word == "fish" || word == "id");
  return counts ? "track_" + animal.substr(digits) : animal;
}

// Which video of the session a frame is in, and where. One video: whatever its name.
class Session {
 public:
  Session(const Project& project, const std::filesystem::path& path,
          const Trajectories& trajectories, const ImportOptions& options)
      : videos_(trajectories.videos) {
    if (videos_.size() < 2) return;
    const VideoMatcher matcher(project, path, "");
    for (const std::string& name : videos_) {
      const VideoPart* part = nullptr;
      const VideoRow* video = matcher.Find(name, false, &part);
      if (!video) {
        throw Error(trajectories.what,
                    "its frames count on over " + std::to_string(videos_.size()) +
                        " videos, and the project has none called '" + name + "'",
                    "add all of them with `vole add-video`: without one, the frames of those after "
                    "it are not known");
      }
      starts_.push_back(frames_);
      frames_ += part ? part->frame_count : video->frame_count;
    }
    if (options.first_frame > 0) {
      throw Error(trajectories.what, "its frames count on over several videos",
                  "leave --first-frame out");
    }
  }
  PictureClaim Claim(const std::string& what, int64_t frame) const {
    if (starts_.empty()) return ClaimOfFrame(what, videos_.empty() ? "" : videos_[0], frame);
    size_t at = starts_.size() - 1;
    while (at > 0 && frame < starts_[at]) --at;
    PictureClaim claim = ClaimOfFrame(what, videos_[at], frame - starts_[at]);
    return claim;
  }

 private:
  const std::vector<std::string>& videos_;
  std::vector<int64_t> starts_;  // by video; empty for a single one
  int64_t frames_ = 0;
};

// Positions that no picture can hold, or most of them outside of their video's: the scale, or the
// video, is another one.
void CheckPlaces(const Project& project, const std::filesystem::path& path,
                 const Trajectories& trajectories, const ImportOptions& options,
                 std::vector<std::string>* notes) {
  constexpr double kFarthest = 1e6;
  const VideoMatcher matcher(project, path, options.video);
  const VideoRow* video = matcher.forced();
  const VideoPart* ignored = nullptr;
  if (!video && trajectories.videos.size() == 1) {
    video = matcher.Find(trajectories.videos[0], false, &ignored);
  }
  if (!video && trajectories.videos.empty()) video = matcher.only();
  int64_t outside = 0;
  for (const TrajectoryPoint& point : trajectories.points) {
    if (std::abs(point.x) > kFarthest || std::abs(point.y) > kFarthest) {
      throw Error(trajectories.what + ", frame " + std::to_string(point.frame),
                  "its position lies outside of any picture", "correct or remove it");
    }
    if (!video) continue;
    outside += point.x < -1 || point.y < -1 || point.x > video->width || point.y > video->height;
  }
  if (outside == 0) return;
  const std::string text =
      std::to_string(outside) + " of " + std::to_string(trajectories.points.size()) +
      " positions lie outside the picture of '" + video->name + "' (" +
      std::to_string(video->width) + " x " + std::to_string(video->height) + ")";
  if (2 * outside > static_cast<int64_t>(trajectories.points.size())) {
    throw Error(trajectories.what, text,
                "check which video they are of (--video) and how wide a pixel is (--cm-per-pixel)");
  }
  notes->push_back(text + "; they were kept");
}

}  // namespace

ImportReport ImportTrajectories(Project& project, const std::filesystem::path& path,
                                const Trajectories& trajectories, const ImportOptions& options,
                                Job& job) {
  PoseDocument document;
  document.what = trajectories.what;
  document.notes = trajectories.notes;
  CheckPlaces(project, path, trajectories, options, &document.notes);
  document.skeletons = {MakeSkeleton("position", {kCenter}, {}, {})};
  for (const std::string& animal : trajectories.animals) {
    document.tracks.push_back(TrackName(animal));
  }
  const Session session(project, path, trajectories, options);
  std::map<int64_t, size_t> pictures;
  for (const TrajectoryPoint& point : trajectories.points) {
    const auto [picture, is_new] = pictures.emplace(point.frame, document.pictures.size());
    if (is_new) {
      document.pictures.push_back(session.Claim(trajectories.what, point.frame));
      document.pictures.back().width = trajectories.width;
      document.pictures.back().height = trajectories.height;
    }
    PoseAnimal animal;
    animal.picture = picture->second;
    animal.track = point.animal;
    animal.predicted = true;
    animal.score = point.confidence;
    animal.points = {{kCenter, point.x + 0.5, point.y + 0.5, 2, 0}};
    animal.confidences = {point.confidence};
    document.animals.push_back(std::move(animal));
  }
  return ImportPose(project, path, std::move(document), options, job);
}

}  // namespace datasets
