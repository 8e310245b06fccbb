// labelme: one JSON file a picture (https://github.com/wkentaro/labelme), polygon, rectangle,
// circle and mask shapes; shapes of one label and group_id are one animal.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/formats/formats.h"

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
  std::string flags_json;  // flags that are set, or ""
};

// Throws Error naming the file and the shape for anything that is not such a file.
LabelmeFile ReadLabelme(const std::filesystem::path& path);

// A file, or all *.json of a folder. The picture is a frame of a project video where its name says
// so (VIDEO_000012.png, VIDEO/000012.jpg, or --video), else the picture file itself. Labels
// "__ignore__" become crowds, "_background_" is left out.
ImportReport ImportLabelme(Project& project, const std::filesystem::path& path,
                           const ImportOptions& options, Job& job);
// A folder with one JSON a frame, VIDEO_000012.json; pictures are not written. Holes as masks.
ExportReport ExportLabelme(const Project& project, const std::filesystem::path& out,
                           const ExportOptions& options, Job& job);

// Parts that the YOLO folder shares: where a picture of an imported folder stands.
size_t PlacePictureOrFrame(const Project& project, const class VideoMatcher& matcher,
                           class LabelBatch& batch, const std::filesystem::path& picture, int width,
                           int height, const std::string& what);
std::string FrameFileStem(const struct SelectedFrame& frame);

}  // namespace datasets
