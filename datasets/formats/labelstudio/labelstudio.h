// Label Studio's export as JSON
// (https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"

namespace datasets {

// A brush mask: thi.ng's run lengths
// (https://github.com/thi-ng/umbrella/tree/develop/packages/rle-pack) of the RGBA values of a
// picture, row by row. CV_8UC1 [height, width], 255 where alpha is not 0. Throws Error(thing =
// `where`) for bytes that are no such mask of a picture of this size.
cv::Mat DecodeBrush(const std::vector<uint8_t>& bytes, const cv::Size& picture,
                    const std::string& where);

// Polygons, boxes (turned about their upper left corner), ellipses and brush masks, in percent of
// the picture; the key frames of boxes in videos, as tracks; stretches of time in videos, as bouts
// of each of their labels, by frames (which count from 1, or as --first-frame says) or seconds (at
// --fps, else as the video's frames are shown). Annotations that were cancelled, predictions, key
// points, stretches without a label, second labels of a shape, and regions of other kinds are left
// out and counted; of several people's annotations of a task the one that is ground truth, else the
// one updated last, is taken, which is said.
ImportReport ImportLabelStudio(Project& project, const std::filesystem::path& path,
                               const ImportOptions& options, Job& job);

}  // namespace datasets
