// What a YOLO folder says of itself: data.yaml (Ultralytics, Roboflow), classes.txt, obj.names.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "datasets/keypoints/skeleton.h"

namespace datasets {

struct YoloDataset {
  // In the order of their numbers; "" for a number without a name. Empty: the folder names none.
  std::vector<std::string> names;
  // "train", "val", "test": folders of pictures, or lists of pictures (.txt), as absolute paths.
  std::map<std::string, std::vector<std::filesystem::path>> splits;
  // Lines hold a box and so many key points (kpt_shape); 0: none.
  size_t points = 0;
  size_t point_values = 2;               // 2: x and y; 3: and how well it is seen
  std::vector<std::string> point_names;  // [points]: as the file says (kpt_names), else 1, 2, ...
  std::vector<int> flip;                 // [points] partner, or itself; or empty
  std::vector<std::pair<int, int>> edges;
};

// Of `folder` or the one above it. Throws Error naming the file and line for text that is no YAML,
// and names that are no list.
YoloDataset ReadYoloDataset(const std::filesystem::path& folder);
// The data.yaml of names and splits, in a form that every YAML reader reads back as these texts.
std::string YoloDatasetYaml(const std::vector<std::string>& names,
                            const std::vector<std::string>& splits);
// The same with key points: kpt_shape, flip_idx, kpt_names and skeleton.
std::string YoloPoseYaml(const std::vector<std::string>& names,
                         const std::vector<std::string>& splits, const Skeleton& skeleton);

// The splits of label files, from data.yaml and from the folders they lie in (train, valid, test).
class YoloSplits {
 public:
  YoloSplits(const std::filesystem::path& root, const YoloDataset& dataset);
  // "train", "val", "test", or "" where nothing tells, or where several do.
  std::string Of(const std::filesystem::path& label, const std::filesystem::path& picture) const;

 private:
  std::filesystem::path root_;
  std::map<std::filesystem::path, std::string> folders_;   // "" where two splits share it
  std::map<std::filesystem::path, std::string> pictures_;  // listed, without their endings
};

}  // namespace datasets
