#include "app/model/timeline/value_curve.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

namespace value_curve_test {

using app::ValueCurve;

TEST_CASE("the least and the most of any frames are those of going through them one by one") {
  std::mt19937 random(7);
  std::vector<float> values(1000);
  for (float& value : values) {
    value = random() % 4 == 0 ? NAN : static_cast<float>(random() % 1000);
  }
  const ValueCurve curve(values);
  for (int i = 0; i < 2000; ++i) {
    const int from = static_cast<int>(random() % 1010) - 5,
              to = from + static_cast<int>(random() % 80);
    float least = INFINITY, most = -INFINITY;
    for (int frame = std::max(from, 0); frame < std::min(to, 1000); ++frame) {
      if (std::isnan(values[static_cast<size_t>(frame)])) continue;
      least = std::min(least, values[static_cast<size_t>(frame)]);
      most = std::max(most, values[static_cast<size_t>(frame)]);
    }
    const ValueCurve::Span span = curve.Within(from, to);
    CHECK(span.known() == (least <= most));
    if (!span.known()) continue;
    CHECK(span.least == least);
    CHECK(span.most == most);
  }
}

TEST_CASE("what is not known leaves a gap, and is never drawn as zero") {
  std::vector<float> values(100, 5);
  for (size_t i = 40; i < 60; ++i) values[i] = NAN;
  const auto folded = app::FoldValues(ValueCurve(values), 0, 100, 50);
  CHECK(folded[19].known());
  CHECK_FALSE(folded[20].known());
  CHECK_FALSE(folded[29].known());
  CHECK(folded[30].known());
  cv::Mat row(40, 50, CV_8UC4, cv::Scalar::all(0));
  app::PaintValues(folded, 10, {255, 0, 0, 255}, &row);
  CHECK(cv::countNonZero(row.col(25).reshape(1)) == 0);
  CHECK(cv::countNonZero(row.col(10).reshape(1)) > 0);
}

TEST_CASE("a curve of no frames is folded to nothing") {
  const ValueCurve nothing{std::vector<float>()};
  CHECK_FALSE(nothing.At(0).known());
  for (const auto& span : app::FoldValues(nothing, 0, 10, 8)) CHECK_FALSE(span.known());
}

}  // namespace value_curve_test
