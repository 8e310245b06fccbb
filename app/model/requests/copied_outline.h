// An outline that was copied, and what it is where it is pasted.
#pragma once

#include <optional>

#include "annotate/tools/tool.h"
#include "datasets/store/records.h"

namespace app {

struct CopiedOutline {
  annotate::Shape shape;
  datasets::Id video_id = 0;
  int frame = 0;
};

// At the same place, with its key points and as the same animal; in the frame that it comes from
// with its middle at `cursor` (image coordinates), or where that is not set, beside it. All of it
// stays in the picture. Nullopt where it is larger than the picture.
std::optional<annotate::ShapeChange> Paste(const CopiedOutline& copied,
                                           const datasets::VideoRow& video, int frame,
                                           const std::optional<cv::Point2d>& cursor);

}  // namespace app
