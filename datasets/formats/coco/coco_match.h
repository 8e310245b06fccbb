// Where each image of a COCO file stands in a project.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "datasets/formats/coco/coco.h"
#include "datasets/formats/frame_match.h"
#include "datasets/formats/label_batch.h"

namespace datasets {

// By video_id and frame_index, a file name such as 'video.mp4#000012' or 'video_000012.png', or,
// for an image that belongs to no video of the project, a picture file beside the COCO file.
// `document` must outlive the matcher.
class CocoMatcher {
 public:
  CocoMatcher(const Project& project, const std::filesystem::path& path,
              const CocoDocument& document, const std::string& forced_video);

  // The place of the image in the batch; nothing when it is of another video than the forced one.
  // Throws Error for an image that cannot be placed, a frame outside its video, another size.
  std::optional<size_t> Place(const CocoImage& image, LabelBatch& batch);
  int64_t skipped() const { return skipped_; }

 private:
  const VideoRow* FindNamed(const CocoVideo& named);
  std::optional<size_t> Skip();
  std::optional<std::filesystem::path> PictureFile(const CocoImage& image) const;
  size_t PlacePicture(const CocoImage& image, const std::filesystem::path& file,
                      LabelBatch& batch) const;

  const Project& project_;
  const std::filesystem::path path_;
  const std::string file_;
  VideoMatcher matcher_;
  std::unordered_map<int64_t, const CocoVideo*> videos_;
  std::unordered_map<int64_t, const VideoRow*> found_;
  bool only_file_video_ = true;  // all images can only be about one video
  bool warned_about_only_ = false;
  int64_t skipped_ = 0;
};

}  // namespace datasets
