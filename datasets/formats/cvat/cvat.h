// CVAT's own XML, version 1.1 (https://docs.cvat.ai/docs/manual/advanced/xml_format/): "CVAT for
// video" (tracks) and "CVAT for images".
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"

namespace datasets {

// Boxes, turned ones too, polygons, ellipses and masks. A track is the animal's track; where its
// shape is outside of the picture there is no label; shapes that CVAT filled in between key frames
// (keyframe="0") come in as such. Subsets become marks of training, validation and test. Points,
// lines, cuboids, skeletons, tags and attributes are left out and counted. Throws Error as Import
// does, naming the line.
ImportReport ImportCvat(Project& project, const std::filesystem::path& path,
                        const ImportOptions& options, Job& job);

}  // namespace datasets
