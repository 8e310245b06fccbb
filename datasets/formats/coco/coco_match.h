// Where each image of a COCO file stands in a project.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/exchange/frame_place.h"
#include "datasets/formats/coco/coco.h"

namespace datasets {

// By video_id and frame_index, a file name such as 'video.mp4#000012' or 'video_000012.png', or,
// for an image that belongs to no video of the project, a picture file beside the COCO file; see
// FramePlacer.
class CocoMatcher {
 public:
  CocoMatcher(const Project& project, const std::filesystem::path& path,
              const CocoDocument& document, const ImportOptions& options);

  // The place of one of the document's images in the batch; nothing when it is of another video
  // than the forced one. Throws Error for an image that cannot be placed, a frame outside its
  // video, another size.
  std::optional<size_t> Place(const CocoImage& image, LabelBatch& batch);
  void AddNotes(std::vector<std::string>* warnings) const { placer_.AddNotes(warnings); }

 private:
  PictureClaim ClaimOf(const CocoImage& image) const;

  const std::filesystem::path path_;
  const std::string file_;
  std::unordered_map<int64_t, CocoVideo> videos_;
  FramePlacer placer_;
};

}  // namespace datasets
