#include "datasets/formats/coco/coco_match.h"

namespace datasets {

namespace fs = std::filesystem;

CocoMatcher::CocoMatcher(const Project& project, const fs::path& path, const CocoDocument& document,
                         const ImportOptions& options)
    : path_(path),
      file_("COCO file '" + path.filename().string() + "'"),
      placer_(project, path, options) {
  for (const CocoVideo& video : document.videos) videos_[video.id] = video;
  for (const CocoImage& image : document.images) placer_.See(ClaimOf(image));
}

std::optional<size_t> CocoMatcher::Place(const CocoImage& image, LabelBatch& batch) {
  return placer_.Place(ClaimOf(image), batch);
}

PictureClaim CocoMatcher::ClaimOf(const CocoImage& image) const {
  PictureClaim claim;
  claim.what = file_ + ", image " + std::to_string(image.id);
  claim.file_name = image.file_name;
  claim.original_name = image.original_name;
  claim.number = image.frame_index;
  claim.width = image.width;
  claim.height = image.height;
  const auto named = image.video_id ? videos_.find(*image.video_id) : videos_.end();
  if (named != videos_.end()) {
    for (const std::string& name : {named->second.file_name, named->second.name}) {
      if (!name.empty()) claim.videos.push_back(name);
    }
  } else if (!image.video.empty()) {
    claim.videos.push_back(image.video);
  }
  if (image.file_name.empty() || image.file_name.find('#') != std::string::npos) return claim;
  const fs::path name(image.file_name);
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  claim.pictures = {folder / name, folder / "images" / name, folder / ".." / name,
                    folder / ".." / "images" / name, folder / path_.stem() / name};
  // COCO's own way: annotations/instances_train2017.json beside train2017/ or images/train2017/.
  const std::string stem = path_.stem().string();
  const size_t mark = stem.rfind('_');
  if (mark == std::string::npos) return claim;
  const std::string subset = stem.substr(mark + 1);
  claim.pictures.push_back(folder / ".." / subset / name);
  claim.pictures.push_back(folder / ".." / "images" / subset / name);
  return claim;
}

}  // namespace datasets
