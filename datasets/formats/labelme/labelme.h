// labelme (https://github.com/wkentaro/labelme), and what X-AnyLabeling and annolid write in its
// manner: one JSON file a picture; polygon, rectangle, circle and mask shapes. Shapes of one label
// and group_id are one animal.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/options.h"

namespace datasets {

struct LabelmeShape {
  std::string label;
  std::optional<int64_t> group;
  Polygons polygons;  // of a polygon, rectangle or circle (as a 64-gon)
  cv::Mat mask;       // of a mask shape, CV_8UC1, or empty
  cv::Point mask_at;  // its upper left pixel in the picture
};

struct LabelmeFile {
  std::string image_path;  // as the file says, relative to it
  int width = 0, height = 0;
  std::vector<LabelmeShape> shapes;
  int64_t left_out = 0;    // points, lines: shapes without an area
  int64_t unfinished = 0;  // shapes without a point
  std::string flags_json;  // flags that are set, or ""
};

// Throws Error naming the file and the shape for anything that is not such a file, also for a mask
// that is larger than its picture; Cancelled when `job` is. `bad`, where given, takes what is wrong
// with one shape, which is then left out.
LabelmeFile ReadLabelme(const std::filesystem::path& path, BadEntries* bad = nullptr,
                        Job* job = nullptr);

// PATH: such a file, or a folder; its folders are looked into, and other JSON files named in a
// note. A picture is a frame of a project video, or itself; see FramePlacer. A group_id is the
// animal's track in the video (a negative one only joins parts). Labels "__ignore__" become crowds,
// "_background_" is left out.
ImportReport ImportLabelme(Project& project, const std::filesystem::path& path,
                           const ImportOptions& options, Job& job);
// A folder with one JSON a frame, VIDEO_000012.json, and the pictures beside them when asked for.
// Holes as masks, tracks as group_id.
ExportReport ExportLabelme(const Project& project, const std::filesystem::path& out,
                           const ExportOptions& options, Job& job);

}  // namespace datasets
