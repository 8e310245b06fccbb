// COCO: instance labels (a dataset object) and results (a list), read whole and checked before
// anything is stored. Format: https://cocodataset.org/#format-data, with the additions that videos
// need: images[].video_id, images[].frame_index, videos[], annotations[].track_id.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/options.h"
#include "datasets/shape/mask.h"
#include "datasets/shape/polygon.h"

namespace datasets {

struct CocoVideo {
  int64_t id = 0;
  std::string name, file_name;
};

struct CocoImage {
  int64_t id = 0;
  std::string file_name;
  std::string original_name;  // before the tool that wrote the file renamed it (Roboflow), or ""
  std::optional<int64_t> video_id;
  std::string video;               // where the image itself names its video
  std::optional<int> frame_index;  // 0-based
  int width = 0, height = 0;       // 0: the file does not say
  std::string split;               // "", train, val or test
  bool empty = false;              // the file says: looked at, no animal
};

struct CocoCategory {
  int64_t id = 0;
  std::string name, supercategory;
  std::vector<std::string> key_points;
  std::vector<std::pair<int, int>> edges;  // places of key points that a line joins
};

struct CocoObject {  // an annotation or a result
  int64_t id = 0;    // 0: the file gives none
  int64_t image_id = 0, category_id = 0;
  std::optional<int64_t> track_id;  // whatever tells individuals apart: see coco_parse.cc
  std::string track_name;           // where the file names the individual
  std::optional<int> frame_index;
  Polygons polygons;
  std::string compressed_counts;  // one of these two where the mask came as RLE
  std::vector<uint32_t> counts;
  int rle_height = 0, rle_width = 0;
  std::optional<Box> box;
  std::optional<double> area;
  bool iscrowd = false, occluded = false, keyframe = true;
  std::optional<double> score;
  std::string author;
  std::vector<KeyPoint> key_points;  // names are filled in by CheckCoco
  std::string extra_json;            // fields that Vole does not interpret, or ""
  bool has_rle() const { return rle_height > 0 && rle_width > 0; }
};

struct CocoDocument {
  bool is_results = false;  // a bare list of results: no images, no categories
  std::vector<CocoVideo> videos;
  std::vector<CocoImage> images;
  std::vector<CocoCategory> categories;
  std::vector<CocoObject> objects;
  std::map<int64_t, std::string> image_texts, category_texts;  // ids that were texts
  std::vector<std::string> warnings;
};

// Reads either kind. Throws Error naming the file, the object's id, the cause and the way out for:
// not JSON, truncated, wrong types, NaN, outlines of fewer than 3 points or without an area,
// duplicated ids, and (datasets) ids of images and categories that are not in the file. Ids may be
// texts; a category_id of null is the only category. `bad`, where given, takes what is wrong with
// one annotation, which is then left out, instead of throwing it.
CocoDocument ReadCoco(const std::filesystem::path& path, Job& job, BadEntries* bad = nullptr);
// The same, and refuses the other kind with a sentence that says which was expected.
CocoDocument ReadCocoDataset(const std::filesystem::path& path, Job& job,
                             BadEntries* bad = nullptr);
CocoDocument ReadCocoResults(const std::filesystem::path& path, Job& job);

// The RLE that the file gave (has_rle()). Throws Error(thing = `what`) when it is malformed or its
// size is not height x width. A claim of gigabytes costs nothing.
Rle CocoRle(const CocoObject& object, int height, int width, const std::string& what);
// The mask of any object as pycocotools' annToRLE makes it: polygons, RLE, else the box.
Rle CocoMask(const CocoObject& object, int height, int width, const std::string& what);

ImportReport ImportCoco(Project& project, const std::filesystem::path& path,
                        const ImportOptions& options, Job& job);
// Pictures, when asked for, lie in images/ beside `out`.
ExportReport ExportCoco(const Project& project, const std::filesystem::path& out,
                        const ExportOptions& options, Job& job);

}  // namespace datasets
