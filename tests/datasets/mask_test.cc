#include "datasets/shape/mask.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <random>

#include "datasets/base/error.h"
#include "tests/support/shared_data.h"

namespace mask_test {

using namespace datasets;

namespace {

cv::Mat RandomMask(std::mt19937& random, int height, int width) {
  cv::Mat mask = cv::Mat::zeros(height, width, CV_8UC1);
  const int kind = random() % 4;
  if (kind == 0) {
    for (int i = 0; i < height * width; ++i) mask.data[i] = random() % 2;
  } else if (kind == 1) {
    mask.setTo(1 + random() % 255);
  } else {
    for (int i = 0; i < kind; ++i)
      cv::ellipse(mask, {int(random() % width), int(random() % height)},
                  {int(1 + random() % width / 2), int(1 + random() % height / 2)}, random() % 180,
                  0, 360, 255, -1);
  }
  return mask;
}

bool Same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::countNonZero((a > 0) != (b > 0)) == 0;
}

// The definition, walked point by point without any shortcut.
std::vector<uint32_t> DenseRle(const Ring& ring, int h, int w) {
  std::vector<int> x, y, u, v;
  for (const auto& p : ring) x.push_back(int(5 * p.x + .5)), y.push_back(int(5 * p.y + .5));
  x.push_back(x[0]), y.push_back(y[0]);
  for (size_t i = 0; i + 1 < x.size(); ++i) {
    const int dx = std::abs(x[i + 1] - x[i]), dy = std::abs(y[i + 1] - y[i]);
    const int steps = std::max(dx, dy);
    const bool wide = dx >= dy;
    const bool backward = wide ? x[i] > x[i + 1] : y[i] > y[i + 1];
    const int a = backward ? i + 1 : i, b = backward ? i : i + 1;
    for (int d = 0; d <= steps; ++d) {
      const int t = backward ? steps - d : d;
      const double slope =
          steps == 0 ? 0 : (wide ? double(y[b] - y[a]) / dx : double(x[b] - x[a]) / dy);
      u.push_back(wide ? x[a] + t : int(x[a] + slope * t + .5));
      v.push_back(wide ? int(y[a] + slope * t + .5) : y[a] + t);
    }
  }
  std::vector<uint32_t> at;
  for (size_t i = 1; i < u.size(); ++i) {
    if (u[i] == u[i - 1]) continue;
    const double column = ((u[i] < u[i - 1] ? u[i] : u[i] - 1) + .5) / 5 - .5;
    if (std::floor(column) != column || column < 0 || column > w - 1) continue;
    const double row = (std::min(v[i], v[i - 1]) + .5) / 5 - .5;
    at.push_back(uint32_t(column) * h +
                 uint32_t(std::ceil(std::min(std::max(row, 0.), double(h)))));
  }
  std::sort(at.begin(), at.end());
  cv::Mat flat(1, h * w, CV_8UC1, cv::Scalar(0));
  for (size_t i = 0; i < at.size(); ++i) {
    const uint32_t stop = i + 1 < at.size() ? at[i + 1] : h * w;
    for (uint32_t p = at[i]; p < stop; ++p) flat.data[p] = i % 2 == 0;
  }
  std::vector<uint32_t> counts{0};
  bool foreground = false;
  for (int p = 0; p < h * w; ++p) {
    if ((flat.data[p] != 0) != foreground) counts.push_back(0), foreground = !foreground;
    ++counts.back();
  }
  return counts;
}

Ring RandomRing(std::mt19937& random, int size, double spread) {
  std::uniform_real_distribution<double> coordinate(-spread / 2, spread);
  Ring ring;
  for (int i = 0; i < size; ++i) ring.emplace_back(coordinate(random), coordinate(random));
  return ring;
}

TEST_CASE("a mask of a hundred thousand single pixels, or one long maze, is traced quickly") {
  cv::Mat dots = cv::Mat::zeros(600, 600, CV_8UC1), maze = dots.clone();
  for (int y = 0; y < 600; y += 2) {
    for (int x = 0; x < 600; x += 2) dots.at<uchar>(y, x) = 1;
  }
  CHECK(TraceMask(dots, 0.7, {}, 0).size() == 300 * 300);
  for (int y = 0; y < 600; ++y) {  // one path, up and down
    for (int x = 0; x < 600; ++x) {
      const bool joint = (x % 4 == 1 && y == 0) || (x % 4 == 3 && y == 599);
      maze.at<uchar>(y, x) = x % 2 == 0 || joint;
    }
  }
  const auto outlines = TraceMask(maze, 0.7, {}, 0);
  REQUIRE(outlines.size() == 1);
  CHECK(RleIou(RlePolygons(outlines, 600, 600), EncodeMask(maze)) > 0.98);
}
}  // namespace

TEST_CASE("A mask survives being encoded, compressed, parsed and decoded") {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const int height = 1 + random() % 60, width = 1 + random() % 60;
    const cv::Mat mask = RandomMask(random, height, width);
    const Rle rle = EncodeMask(mask);
    CHECK(Same(DecodeMask(rle), mask));
    CHECK(ParseRle(CompressRle(rle), height, width).counts == rle.counts);
    CHECK(RleArea(rle) == cv::countNonZero(mask));
    const cv::Rect box = datasets::BoundsOf(mask);
    const Box tight = RleBox(rle);
    CHECK(cv::Rect2d(tight.x, tight.y, tight.width, tight.height) == cv::Rect2d(box));
  }
}

TEST_CASE("A region is decoded and encoded as the part of the whole that it is") {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    const int height = 1 + random() % 50, width = 1 + random() % 50;
    const cv::Mat mask = RandomMask(random, height, width);
    const cv::Rect region(int(random() % 60) - 10, int(random() % 60) - 10, 1 + random() % 50,
                          1 + random() % 50);
    const cv::Rect inside = region & cv::Rect(0, 0, width, height);
    const cv::Mat part = DecodeMask(EncodeMask(mask), region);
    if (inside.empty()) {
      CHECK(part.empty());
      continue;
    }
    CHECK(Same(part, mask(inside)));
    cv::Mat only = cv::Mat::zeros(height, width, CV_8UC1);
    mask(inside).copyTo(only(inside));
    CHECK(EncodeMaskAt(part, inside, height, width).counts == EncodeMask(only).counts);
  }
}

TEST_CASE("Overlap of run-length masks equals counting pixels, for crowds too") {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    const int height = 1 + random() % 40, width = 1 + random() % 40;
    const cv::Mat a = RandomMask(random, height, width) > 0;
    const cv::Mat b = RandomMask(random, height, width) > 0;
    const double both = cv::countNonZero(a & b), any = cv::countNonZero(a | b);
    const Rle ra = EncodeMask(a), rb = EncodeMask(b);
    CHECK(RleIou(ra, rb) == doctest::Approx(any > 0 ? both / any : 0));
    CHECK(RleIou(ra, rb, true) == doctest::Approx(both > 0 ? both / cv::countNonZero(a) : 0));
    CHECK(RleUnion({ra, rb}).counts == EncodeMask(a | b).counts);
  }
  CHECK_THROWS_AS(
      RleIou(EncodeMask(cv::Mat::ones(2, 3, CV_8U)), EncodeMask(cv::Mat::ones(3, 2, CV_8U))),
      Error);
}

TEST_CASE("Compressed text is the one that COCO's own tools write") {
  // Worked by hand: 6 background, 1, 40, 3 runs of a 5 x 10 image. 6 -> '6', 1 -> '1';
  // 40 = 0b1'01000 -> low group 8 with more: chr(8|32|48 = 88) 'X', then 1 -> '1';
  // 3 is stored as 3 - 1 = 2 -> '2'.
  const Rle rle = CheckedRle({6, 1, 40, 3}, 5, 10);
  CHECK(CompressRle(rle) == "61X12");
  CHECK(ParseRle("61X12", 5, 10).counts == rle.counts);
  // A shorter run than the one two before is a negative difference: 1 - 9 = -8 -> 0b11000 -> 'H'.
  CHECK(CompressRle(CheckedRle({5, 9, 5, 1}, 4, 5)) == "595H");
}

TEST_CASE("Malformed run-length texts are refused, whatever they claim") {
  const auto refused = [](const std::string& text) {
    CHECK_THROWS_AS(ParseRle(text, 5, 10), Error);
  };
  refused("");
  refused("61X1");    // ends inside the sum
  refused("61X");     // ends inside a number
  refused("61X13");   // one pixel too many
  refused("6 1X12");  // a character outside the alphabet
  refused("61\xffX12");
  refused("ooooo1");                  // 2^25 and more pixels
  refused("oooooooooooooooo1");       // does not fit any integer
  refused("O1X12");                   // negative
  refused(std::string(100000, '0'));  // only empty runs
  CHECK_THROWS_AS(ParseRle("61X12", -5, -10), Error);
  CHECK_THROWS_AS(ParseRle("61X12", 1 << 20, 1 << 20), Error);
  CHECK_THROWS_AS(CheckedRle({4294967295u, 4294967295u, 52}, 5, 10), Error);
  CHECK_THROWS_AS(CheckedRle({}, 5, 10), Error);
  std::mt19937 random(4);
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 12, ' ');
    for (auto& c : text) c = static_cast<char>(random() % 2 ? 48 + random() % 64 : random());
    try {
      const Rle rle = ParseRle(text, 7, 9);
      uint64_t sum = 0;
      for (const auto count : rle.counts) sum += count;
      CHECK(sum == 63);
      CHECK(DecodeMask(rle).rows == 7);
    } catch (const Error&) {
    }
  }
}

TEST_CASE("Polygons become the very runs of the dense walk, inside and outside the image") {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    const int height = 1 + random() % 40, width = 1 + random() % 40;
    Ring ring = RandomRing(random, 3 + random() % 9, round % 2 ? 45 : 200);
    if (round % 3 == 0)
      for (auto& p : ring) p = {std::round(p.x * 2) / 2, std::round(p.y * 2) / 2};
    if (round % 5 == 0) ring.push_back(ring.back());
    CHECK(RlePolygon(ring, height, width).counts == DenseRle(ring, height, width));
  }
}

TEST_CASE("Whole pixels of a rectangle are covered exactly") {
  const Rle rle = RlePolygon({{2, 3}, {7, 3}, {7, 9}, {2, 9}}, 20, 15);
  CHECK(RleArea(rle) == 30);
  const Box box = RleBox(rle);
  CHECK(box.x == 2);
  CHECK(box.y == 3);
  CHECK(box.width == 5);
  CHECK(box.height == 6);
}

TEST_CASE("Outlines far away are empty or clipped at no cost, impossible ones are refused") {
  CHECK(RleArea(RlePolygon({{100, 100}, {120, 100}, {110, 130}}, 20, 20)) == 0);
  CHECK(RleArea(RlePolygon({{-90, -90}, {-50, -90}, {-60, -50}}, 20, 20)) == 0);
  CHECK(RleArea(RlePolygon({{-1e8, -1e8}, {1e8, -1e8}, {1e8, 1e8}, {-1e8, 1e8}}, 20, 30)) == 600);
  const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinite, -infinite, 1e300}) {
    CHECK_THROWS_AS(RlePolygon({{0, 0}, {5, 0}, {5, bad}}, 20, 20), Error);
    CHECK_THROWS_AS(RlePolygon({{0, 0}, {5, 0}, {bad, 5}}, 20, 20), Error);
  }
  CHECK_THROWS_AS(RlePolygon({{0, 0}, {5, 5}}, 20, 20), Error);
  CHECK_THROWS_AS(RlePolygon({{0, 0}, {5, 5}, {0, 5}}, -1, 20), Error);
  CHECK(RleArea(RlePolygons({}, 4, 5)) == 0);
}

TEST_CASE("A traced outline gives its mask back when rasterized") {
  std::mt19937 random(6);
  double worst = 1, points = 0;
  const int rounds = 100;
  for (int round = 0; round < rounds; ++round) {
    cv::Mat mask = cv::Mat::zeros(256, 256, CV_8UC1);
    const cv::Point center(100 + random() % 56, 100 + random() % 56);
    const double turn = random() % 180;
    cv::ellipse(mask, center, {int(25 + random() % 30), int(12 + random() % 10)}, turn, 0, 360, 255,
                -1);
    cv::ellipse(mask, center + cv::Point(15, 8), {12, int(20 + random() % 10)}, turn / 2, 0, 360,
                255, -1);
    const Polygons outlines = TraceMask(mask);
    REQUIRE(outlines.size() == 1);
    CHECK(SignedRingArea(outlines[0]) > 0);
    CHECK_FALSE(SelfCrosses(outlines[0]));
    points += static_cast<double>(outlines[0].size()) / rounds;
    worst = std::min(worst, RleIou(RlePolygons(outlines, 256, 256), EncodeMask(mask)));
  }
  CHECK(worst >= 0.98);
  CHECK(points <= 30);
}

TEST_CASE("Small blobs and thin tails are traced closely and never cross themselves") {
  std::mt19937 random(9);
  const auto at = [&] { return cv::Point(8 + random() % 50, 8 + random() % 50); };
  for (int round = 0; round < 300; ++round) {
    cv::Mat mask = cv::Mat::zeros(70, 70, CV_8UC1);
    const cv::Point center = at();
    cv::ellipse(mask, center, {int(2 + random() % 6), int(2 + random() % 4)}, random() % 180, 0,
                360, 255, -1);
    if (round % 2) cv::line(mask, center, at(), 255, 1 + random() % 2);
    const Polygons outlines = TraceMask(mask, 0.7, {}, 1);
    REQUIRE(outlines.size() == 1);
    const Ring& ring = outlines[0];
    CHECK(RleIou(RlePolygons(outlines, 70, 70), EncodeMask(mask)) >= 0.98);
    CHECK_FALSE(SelfCrosses(TraceMask(mask, 2.5, {}, 1)[0]));
    CHECK(SignedRingArea(ring) > 0);
  }
}

TEST_CASE("Tracing knows rectangles, offsets, specks, diagonal neighbors and holes") {
  cv::Mat mask = cv::Mat::zeros(30, 40, CV_8UC1);
  CHECK(TraceMask(mask).empty());
  mask(cv::Rect(5, 6, 20, 10)) = 255;
  mask(cv::Rect(35, 25, 2, 2)) = 255;
  const auto outlines = TraceMask(mask, 0.7, {100, 200});
  REQUIRE(outlines.size() == 1);
  const Box box = BoxOf(outlines);
  CHECK(box.x == 105);
  CHECK(box.y == 206);
  CHECK(box.width == 20);
  CHECK(box.height == 10);
  CHECK(TraceMask(mask, 0.7, {}, 1).size() == 2);
  CHECK_FALSE(HasHoles(mask));
  mask(cv::Rect(10, 9, 3, 3)) = 0;
  CHECK(HasHoles(mask));
  CHECK(TraceMask(mask).size() == 1);
  cv::Mat diagonal = cv::Mat::zeros(8, 8, CV_8UC1);
  diagonal(cv::Rect(0, 0, 4, 4)) = 1;
  diagonal(cv::Rect(4, 4, 4, 4)) = 1;
  CHECK(TraceMask(diagonal).size() == 1);
  CHECK_FALSE(HasHoles(diagonal));
  CHECK(RleIou(RlePolygons(TraceMask(diagonal), 8, 8), EncodeMask(diagonal)) > 0.9);
}

TEST_CASE("Real fly masks are traced within 2 percent of their area") {
  const auto data = tests::SharedData("predictions_example");
  if (!data) return;
  const auto json = nlohmann::json::parse(std::ifstream(*data / "predictions.json"));
  double worst = 1, sum = 0, points = 0;
  int count = 0;
  for (const auto& item : json) {
    const auto& size = item["segmentation"]["size"];
    const auto text = item["segmentation"]["counts"].get<std::string>();
    const Rle rle = ParseRle(text, size[0], size[1]);
    CHECK(CompressRle(rle) == text);
    const auto outlines = TraceMask(DecodeMask(rle));
    const double iou = RleIou(RlePolygons(outlines, rle.height, rle.width), rle);
    worst = std::min(worst, iou);
    sum += iou;
    for (const auto& ring : outlines) points += static_cast<double>(ring.size());
    ++count;
  }
  MESSAGE("IoU mean " << sum / count << ", worst " << worst << ", points " << points / count);
  CHECK(sum / count >= 0.98);
  CHECK(worst >= 0.98);
}

TEST_CASE("the bounds of a mask hold every pixel, also of small masks that end anywhere") {
  cv::RNG random(5);
  for (int i = 0; i < 3000; ++i) {
    cv::Mat mask(random.uniform(1, 30), random.uniform(1, 30), CV_8UC1, cv::Scalar(0));
    const cv::Rect drawn =
        cv::Rect(random.uniform(0, 30), random.uniform(0, 30), random.uniform(1, 5), 2) &
        cv::Rect({0, 0}, mask.size());
    mask(drawn) = 255;
    CHECK(datasets::BoundsOf(mask) == (drawn.empty() ? cv::Rect() : drawn));
  }
  CHECK(datasets::BoundsOf(cv::Mat()).empty());
}

TEST_CASE("a part of a larger mask is traced as if nothing lay around it") {
  const cv::Mat whole(40, 40, CV_8UC1, cv::Scalar(255));
  const cv::Mat part = whole(cv::Rect(10, 10, 12, 8));
  const datasets::Polygons outlines = datasets::TraceMask(part);
  REQUIRE(outlines.size() == 1);
  CHECK(datasets::RingArea(outlines[0]) == doctest::Approx(96));
  CHECK_FALSE(datasets::HasHoles(part));
}

}  // namespace mask_test
