// Pascal VOC (http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf, 2.3), as LabelImg,
// Roboflow and CVAT write it too: one XML file a picture, objects with boxes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"

namespace datasets {

struct VocObject {
  std::string name;
  Box box;            // as the file counts, from xmin, ymin to xmax, ymax
  Polygons polygons;  // where the file has an outline (Roboflow, Label Studio)
  bool occluded = false;
  std::string where;
};

struct VocFile {
  std::string file_name, path;  // of the picture
  int width = 0, height = 0;    // 0: not said
  std::vector<VocObject> objects;
  int64_t parts = 0;  // heads, hands: left out
  bool segmented = false;
};

// Throws Error naming the file, the line and the cause for anything that is no such file.
VocFile ReadVoc(const std::filesystem::path& path);

// PATH: such a file, or a folder with Annotations/ in it or beneath. VOC counts pixels from 1 and
// xmax still belongs to the box, which then is [xmin - 1, xmax); where a coordinate of the import
// is 0 or has a fraction (CVAT) all are taken as they stand, and a note says so. Boxes that reach
// out of their picture are cut at its edge and counted.
ImportReport ImportVoc(Project& project, const std::filesystem::path& path,
                       const ImportOptions& options, Job& job);

}  // namespace datasets
