// What imports of YOLO folders have in common.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/file_start.h"
#include "datasets/exchange/frame_place.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/formats/yolo/yolo_lines.h"

namespace datasets {

// Where the picture of a label file lies, or would lie.
std::filesystem::path YoloPictureOf(const std::filesystem::path& root,
                                    const std::filesystem::path& label);
PictureClaim YoloClaim(const std::filesystem::path& root, const std::filesystem::path& file);
// All text files with labels below `root`, by path. Throws Error where there is none.
std::vector<YoloFile> ReadYoloFolder(const std::filesystem::path& root, const VideoMatcher& matcher,
                                     BadEntries& bad, LabelBatch& batch, Job& job);
// Whether a folder holds text files of classes and shares of the picture; and whether its data.yaml
// says that they are key points.
bool IsLikeYoloFolder(const FileStart& start, bool key_points);
// Throws Error(thing = `where`) for a class without a name.
std::string YoloClassName(const std::vector<std::string>& names, int category,
                          const std::string& where);

}  // namespace datasets
