// A measured value over the frames of a video, folded for any zoom in time that does not grow with
// the video.
#pragma once

#include <limits>
#include <vector>

#include "app/model/timeline/row_paint.h"

namespace app {

class ValueCurve {
 public:
  struct Span {  // of some frames; least > most where nothing is known of them
    float least = std::numeric_limits<float>::infinity();
    float most = -std::numeric_limits<float>::infinity();
    bool known() const { return least <= most; }
  };
  // One value a frame; what is not finite is not known.
  explicit ValueCurve(const std::vector<float>& values);
  int size() const { return levels_.empty() ? 0 : static_cast<int>(levels_[0].size()); }
  Span At(int frame) const { return Within(frame, frame + 1); }
  Span Within(int start_frame, int end_frame) const;  // clipped; O(log n)

 private:
  std::vector<std::vector<Span>> levels_;  // each of half as many as the one before
};

// One span a pixel over [first_frame, first_frame + frames), each of at least one frame.
std::vector<ValueCurve::Span> FoldValues(const ValueCurve& curve, double first_frame, double frames,
                                         int pixels);
// A line from 0 (bottom) to `high` (top), broken where nothing is known; higher values stay at the
// top. Paints into `row` (CV_8UC4, as wide as the values are many).
void PaintValues(const std::vector<ValueCurve::Span>& values, double high, RowColor color,
                 cv::Mat* row);

}  // namespace app
