// YOLO segmentation folders: one text file a picture, lines "class x1 y1 x2 y2 ..." (or, for boxes,
// "class cx cy width height"), all from 0 to 1; names in data.yaml, classes.txt or obj.names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/formats/formats.h"

namespace datasets {

struct YoloRow {
  int category = 0;
  Ring ring;            // in shares of the picture's size
  bool is_box = false;  // the line held a box
  int line = 0;
};

// Throws Error naming the line for text, NaN, an odd number of coordinates, too few points, or
// coordinates that are pixels.
std::vector<YoloRow> ReadYolo(const std::filesystem::path& path);
// Names in the order of their numbers; empty when the folder holds none of the three files.
std::vector<std::string> ReadYoloNames(const std::filesystem::path& folder);

// PATH holds the text files, or labels/[train|val|test]/ with images/[train|val|test]/ beside it. A
// picture is a frame of a project video, or itself; see FramePlacer.
ImportReport ImportYolo(Project& project, const std::filesystem::path& path,
                        const ImportOptions& options, Job& job);
// OUT/labels/[split/]VIDEO_000012.txt and OUT/data.yaml; pictures when asked for, in OUT/images/.
// Parts of an animal are joined by thin bridges, holes are filled (the format has neither).
ExportReport ExportYolo(const Project& project, const std::filesystem::path& out,
                        const ExportOptions& options, Job& job);

}  // namespace datasets
