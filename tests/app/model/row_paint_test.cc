#include "app/model/timeline/row_paint.h"

#include <doctest/doctest.h>

namespace row_paint_test {

using app::MinPyramid;
using app::RowColor;

namespace {

const RowColor kNone(0, 0, 0, 0), kRed(200, 0, 0, 255), kBlue(0, 0, 200, 255);

cv::Mat EmptyRow(int width, int height) { return cv::Mat::zeros(height, width, CV_8UC4); }

int HeightAt(const cv::Mat& row, int x) {
  int height = 0;
  for (int y = 0; y < row.rows; ++y) height += row.at<RowColor>(y, x) != kNone;
  return height;
}

}  // namespace

TEST_CASE("a bar is as high as its value, never invisible, and absent where there is no value") {
  cv::Mat row = EmptyRow(4, 20);
  std::array<RowColor, 255> colors;
  colors.fill(kRed);
  colors[127] = kBlue;
  app::PaintBars({0, 127, 254, MinPyramid::kNothing}, colors, &row);
  CHECK(HeightAt(row, 0) == 1);
  CHECK(HeightAt(row, 1) == 10);
  CHECK(HeightAt(row, 2) == 20);
  CHECK(HeightAt(row, 3) == 0);
  CHECK(row.at<RowColor>(19, 1) == kBlue);
  CHECK(row.at<RowColor>(0, 2) == kRed);
}

TEST_CASE("a curve ends in its line") {
  cv::Mat row = EmptyRow(2, 24);
  app::PaintCurve({127, MinPyramid::kNothing}, kRed, kBlue, &row);
  CHECK(HeightAt(row, 0) == 12);
  CHECK(row.at<RowColor>(12, 0) == kBlue);
  CHECK(row.at<RowColor>(23, 0) == kRed);
  CHECK(HeightAt(row, 1) == 0);
}

TEST_CASE("covered columns show their span, predictions only in the lower part") {
  app::TimelineSpan label, machine;
  machine.machine = true;
  std::vector<app::PixelCover> cover(3);
  cover[0] = {0.5f, &label};
  cover[2] = {1.0f, &machine};
  cv::Mat row = EmptyRow(3, 20);
  app::PaintCover(
      cover,
      [](const app::TimelineSpan&, float part) {
        return RowColor(1, 2, 3, static_cast<uint8_t>(part * 200));
      },
      &row);
  CHECK(HeightAt(row, 0) == 20);
  CHECK(row.at<RowColor>(5, 0)[3] == 100);
  CHECK(HeightAt(row, 1) == 0);
  CHECK(HeightAt(row, 2) == 8);
  CHECK(row.at<RowColor>(19, 2)[3] == 200);
}

}  // namespace row_paint_test
