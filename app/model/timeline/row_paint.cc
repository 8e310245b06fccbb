#include "app/model/timeline/row_paint.h"

#include <algorithm>
#include <cmath>

namespace app {
namespace {

int TopOfBar(uint8_t value, int height) {
  const int bar = static_cast<int>(std::lround(static_cast<float>(value) / 254 * height));
  return height - std::clamp(bar, 1, height);
}

void PaintColumn(cv::Mat* row, size_t x, int top, int bottom, RowColor color) {
  for (int y = top; y < bottom; ++y) row->at<RowColor>(y, static_cast<int>(x)) = color;
}

}  // namespace

void PaintBars(const std::vector<uint8_t>& values, const std::array<RowColor, 255>& colors,
               cv::Mat* row) {
  for (size_t x = 0; x < values.size(); ++x) {
    if (values[x] == MinPyramid::kNothing) continue;
    PaintColumn(row, x, TopOfBar(values[x], row->rows), row->rows, colors[values[x]]);
  }
}

void PaintCurve(const std::vector<uint8_t>& values, RowColor body, RowColor end, cv::Mat* row) {
  const int thick = std::max(1, row->rows / 12);
  for (size_t x = 0; x < values.size(); ++x) {
    if (values[x] == MinPyramid::kNothing) continue;
    const int top = TopOfBar(values[x], row->rows);
    PaintColumn(row, x, top, row->rows, body);
    PaintColumn(row, x, top, std::min(top + thick, row->rows), end);
  }
}

void PaintCover(const std::vector<PixelCover>& cover,
                const std::function<RowColor(const TimelineSpan&, float part)>& color,
                cv::Mat* row) {
  for (size_t x = 0; x < cover.size(); ++x) {
    if (!cover[x].span) continue;
    const int top = cover[x].span->machine ? row->rows * 3 / 5 : 0;
    PaintColumn(row, x, top, row->rows, color(*cover[x].span, cover[x].part));
  }
}

}  // namespace app
