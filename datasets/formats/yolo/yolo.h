// YOLO folders: one text file a picture (yolo/yolo_lines.h), names in data.yaml, classes.txt or
// obj.names (yolo/yolo_dataset.h).
#pragma once

#include <filesystem>

#include "datasets/exchange/options.h"

namespace datasets {

// PATH holds the text files, or labels/[train|val|test]/ with images/[train|val|test]/ beside it,
// or [train|valid|test]/labels/. Texts about something else are left out and named. A picture is a
// frame of a project video, or itself; see FramePlacer. A confidence behind a shape is left out, a
// track becomes the label's. A data.yaml with kpt_shape makes them poses (ImportYoloPose).
ImportReport ImportYolo(Project& project, const std::filesystem::path& path,
                        const ImportOptions& options, Job& job);
// OUT/labels/[split/]VIDEO_000012.txt and OUT/data.yaml; pictures when asked for, in OUT/images/.
// Parts of an animal are joined by thin bridges, holes are filled (the format has neither).
ExportReport ExportYolo(const Project& project, const std::filesystem::path& out,
                        const ExportOptions& options, Job& job);

// Key points as Ultralytics' pose networks have them: "class cx cy width height x y v x y v ...",
// in shares of the picture's size, and data.yaml with kpt_shape and flip_idx.
ImportReport ImportYoloPose(Project& project, const std::filesystem::path& path,
                            const ImportOptions& options, Job& job);
ExportReport ExportYoloPose(const Project& project, const std::filesystem::path& out,
                            const ExportOptions& options, Job& job);

}  // namespace datasets
