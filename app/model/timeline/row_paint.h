// Rows of the timeline as pixels: one picture a row, painted when what it shows changes, instead of
// a rectangle a pixel in every redraw.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <opencv2/core.hpp>
#include <vector>

#include "app/model/timeline/timeline_lanes.h"

namespace app {

using RowColor = cv::Vec4b;  // red, green, blue, opacity

// All paint into `row` (CV_8UC4, as wide as the values are many) and leave other pixels as they
// are. Bars from the bottom, as high as the value: 0..254 for nothing to the whole height, at least
// 1 pixel; no bar for MinPyramid::kNothing.
void PaintBars(const std::vector<uint8_t>& values, const std::array<RowColor, 255>& colors,
               cv::Mat* row);
// The same bars in one color, their upper ends in another.
void PaintCurve(const std::vector<uint8_t>& values, RowColor body, RowColor end, cv::Mat* row);
// Columns in their span's color, in proportion to the part that is covered; machine spans keep to
// the lower two fifths.
void PaintCover(const std::vector<PixelCover>& cover,
                const std::function<RowColor(const TimelineSpan&, float part)>& color,
                cv::Mat* row);

}  // namespace app
