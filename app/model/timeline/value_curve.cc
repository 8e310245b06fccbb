#include "app/model/timeline/value_curve.h"

#include <algorithm>
#include <cmath>

namespace app {
namespace {

void Widen(ValueCurve::Span* span, const ValueCurve::Span& by) {
  span->least = std::min(span->least, by.least);
  span->most = std::max(span->most, by.most);
}

}  // namespace

ValueCurve::ValueCurve(const std::vector<float>& values) {
  levels_.emplace_back();
  levels_[0].reserve(values.size());
  for (const float value : values) {
    levels_[0].push_back(std::isfinite(value) ? Span{value, value} : Span{});
  }
  while (levels_.back().size() > 1) {
    const std::vector<Span>& below = levels_.back();
    std::vector<Span> level((below.size() + 1) / 2);
    for (size_t i = 0; i < below.size(); ++i) Widen(&level[i / 2], below[i]);
    levels_.push_back(std::move(level));
  }
}

ValueCurve::Span ValueCurve::Within(int start_frame, int end_frame) const {
  auto low = static_cast<size_t>(std::max(start_frame, 0));
  auto high = static_cast<size_t>(std::clamp(end_frame, 0, size()));
  Span span;
  for (size_t level = 0; low < high; ++level) {
    if (low % 2) Widen(&span, levels_[level][low++]);
    if (high % 2 && low < high) Widen(&span, levels_[level][--high]);
    low /= 2;
    high /= 2;
  }
  return span;
}

std::vector<ValueCurve::Span> FoldValues(const ValueCurve& curve, double first_frame, double frames,
                                         int pixels) {
  std::vector<ValueCurve::Span> folded(static_cast<size_t>(std::max(pixels, 0)));
  for (int x = 0; x < pixels; ++x) {
    const int from = static_cast<int>(std::floor(first_frame + frames * x / pixels));
    const int to = static_cast<int>(std::floor(first_frame + frames * (x + 1) / pixels));
    if (from < 0) continue;
    folded[static_cast<size_t>(x)] = curve.Within(from, std::max(to, from + 1));
  }
  return folded;
}

void PaintValues(const std::vector<ValueCurve::Span>& values, double high, RowColor color,
                 cv::Mat* row) {
  if (high <= 0) return;
  const int bottom = row->rows - 1;
  const auto y_of = [&](float value) {
    return bottom - static_cast<int>(std::lround(std::clamp(value / high, 0.0, 1.0) * bottom));
  };
  const int thick = std::max(1, row->rows / 40);
  int last_top = -1, last_bottom = -1;  // of the column before; -1: it had nothing
  for (size_t x = 0; x < values.size(); ++x) {
    if (!values[x].known()) {
      last_top = last_bottom = -1;
      continue;
    }
    const int own_top = y_of(values[x].most), own_bottom = y_of(values[x].least);
    int from = own_top, to = own_bottom;
    if (last_top >= 0) {  // joined to the column before
      if (last_bottom < from) from = last_bottom;
      if (last_top > to) to = last_top;
    }
    for (int y = std::max(0, from - thick / 2); y <= std::min(bottom, to + thick / 2); ++y) {
      row->at<RowColor>(y, static_cast<int>(x)) = color;
    }
    last_top = own_top;
    last_bottom = own_bottom;
  }
}

}  // namespace app
