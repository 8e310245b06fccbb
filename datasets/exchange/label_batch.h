// Labels that a file holds, checked and matched to frames, on their way into the project.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "datasets/exchange/options.h"
#include "datasets/store/records.h"

namespace datasets {

struct IncomingImage {
  std::optional<Id> video_id;  // a frame of a video, or
  int frame_index = 0;
  std::string picture;  // a picture file, as the project stores it
  int width = 0, height = 0;
  std::string split;
  bool empty = false;  // looked at, no animal in it
};

struct IncomingLabel {
  size_t image = 0, category = 0;  // into the batch
  std::optional<int64_t> track;    // number of the track in the file
  std::string track_name;          // its name, where the file gives one
  AnnotationRow row;               // image_id, category_id and track_id still unset
};

// Plain data, filled by the readers without a store; nothing in it refers to the project but ids of
// videos.
class LabelBatch {
 public:
  size_t Category(const std::string& name, const std::string& supercategory = "");
  // The place of that frame or picture; added when new. A split given later fills an empty one.
  size_t Frame(const VideoRow& video, int frame_index);
  size_t Picture(const std::string& path, int width, int height);
  IncomingImage& image(size_t index) { return images_[index]; }
  IncomingLabel& AddLabel(size_t image, size_t category);

  const std::vector<std::pair<std::string, std::string>>& categories() const { return categories_; }
  const std::vector<IncomingImage>& images() const { return images_; }
  const std::vector<IncomingLabel>& labels() const { return labels_; }
  std::vector<Skeleton> skeletons;  // that the labels' points are of, where the file says so
  std::vector<std::string> warnings;

 private:
  std::vector<std::pair<std::string, std::string>> categories_;  // name, supercategory
  std::vector<IncomingImage> images_;
  std::vector<IncomingLabel> labels_;
  std::unordered_map<std::string, size_t> category_index_, image_index_;
};

// One transaction; see Import for what a second import does. `also`: what else is stored in it,
// after the skeletons and labels. Throws Cancelled, leaving nothing.
ImportReport StoreLabels(Project& project, const LabelBatch& batch, const ImportOptions& options,
                         Job& job, const std::function<void(Writer&)>& also = {});

// How a picture file is written into the project: relative to its folder where it lies inside it or
// beside it, else absolute; with '/' on every platform.
std::string PicturePath(const Project& project, const std::filesystem::path& file);

// Sum of the rings' areas, and the box around them.
void MeasurePolygons(AnnotationRow& row);
// A rectangle of four corners, clockwise on the screen.
Ring BoxRing(const Box& box);

}  // namespace datasets
