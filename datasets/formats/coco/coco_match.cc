#include "datasets/formats/coco/coco_match.h"

#include <opencv2/imgcodecs.hpp>

#include "datasets/base/error.h"

namespace datasets {

namespace fs = std::filesystem;

namespace {

bool OnlyOneVideo(const CocoDocument& document) {
  if (document.videos.size() > 1) return false;
  std::string first;
  for (const CocoImage& image : document.images) {
    if (image.video.empty()) continue;
    if (first.empty()) first = image.video;
    if (image.video != first) return false;
  }
  return true;
}

}  // namespace

CocoMatcher::CocoMatcher(const Project& project, const fs::path& path, const CocoDocument& document,
                         const std::string& forced_video)
    : project_(project),
      path_(path),
      file_("COCO file '" + path.filename().string() + "'"),
      matcher_(project, path, forced_video),
      only_file_video_(OnlyOneVideo(document)) {
  for (const CocoVideo& video : document.videos) videos_[video.id] = &video;
}

std::optional<size_t> CocoMatcher::Place(const CocoImage& image, LabelBatch& batch) {
  const std::string where = file_ + ", image " + std::to_string(image.id);
  std::string name = image.video;
  const VideoRow* video = nullptr;
  if (image.video_id && videos_.count(*image.video_id)) {
    const CocoVideo& named = *videos_[*image.video_id];
    name = named.file_name.empty() ? named.name : named.file_name;
    video = FindNamed(named);
  } else if (!name.empty()) {
    video = matcher_.Find(name);
  }
  std::optional<int> frame = image.frame_index;
  const auto numbered = SplitFrameName(image.file_name);
  if (name.empty() && numbered) name = numbered->first;
  if (!frame && numbered) frame = numbered->second;

  if (const VideoRow* forced = matcher_.forced()) {
    if (video && video != forced) return Skip();
    if (!video && !only_file_video_) return Skip();
    video = forced;
  }
  if (!video && numbered) video = matcher_.Find(numbered->first);
  if (!video) {
    if (const auto picture = PictureFile(image)) return PlacePicture(image, *picture, batch);
  }
  if (!video && matcher_.only() && only_file_video_ && frame) {
    video = matcher_.only();
    if (!warned_about_only_ && !name.empty()) {
      warned_about_only_ = true;
      batch.warnings.push_back("the project has no video called '" + name + "'; its only one, '" +
                               video->name + "', was taken");
    }
  }
  if (!video) video = &matcher_.Require(name.empty() ? image.file_name : name, where);
  if (!frame) {
    throw Error(where, "it does not say which frame of the video it is",
                "give frame_index, or a file name such as 'video.mp4#000012'");
  }
  CheckFrame(*video, *frame, image.width, image.height, where);
  return batch.Frame(*video, *frame);
}

const VideoRow* CocoMatcher::FindNamed(const CocoVideo& named) {
  const auto [it, added] = found_.emplace(named.id, nullptr);
  if (!added) return it->second;
  if (!named.name.empty() && named.name != named.file_name) {
    const VideoRow* video = matcher_.Find(named.name);
    if (video) return it->second = video;
  }
  if (matcher_.forced() && only_file_video_) return it->second = matcher_.forced();
  return it->second = matcher_.Find(named.file_name);
}

std::optional<size_t> CocoMatcher::Skip() {
  ++skipped_;
  return std::nullopt;
}

std::optional<fs::path> CocoMatcher::PictureFile(const CocoImage& image) const {
  if (image.file_name.empty() || image.file_name.find('#') != std::string::npos) return {};
  const fs::path name(image.file_name);
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  std::error_code ignored;
  for (const fs::path& candidate :
       {folder / name, folder / "images" / name, folder / ".." / name,
        folder / ".." / "images" / name, folder / path_.stem() / name}) {
    if (fs::is_regular_file(candidate, ignored)) return candidate;
  }
  return std::nullopt;
}

size_t CocoMatcher::PlacePicture(const CocoImage& image, const fs::path& file,
                                 LabelBatch& batch) const {
  int width = image.width, height = image.height;
  if (width == 0 || height == 0) {
    const cv::Mat pixels = cv::imread(file.string(), cv::IMREAD_COLOR);
    if (pixels.empty()) {
      throw Error(file_ + ", image " + std::to_string(image.id),
                  "'" + file.string() + "' is no picture that can be read",
                  "replace it or remove it from the file");
    }
    width = pixels.cols;
    height = pixels.rows;
  }
  return batch.Picture(PicturePath(project_, file), width, height);
}

}  // namespace datasets
