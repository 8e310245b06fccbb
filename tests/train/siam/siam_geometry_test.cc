#include "train/siam/siam_geometry.h"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/random.h"

namespace siam_geometry_test {

using namespace train;

namespace {

constexpr int kSide = 25, kPlaces = kSide * kSide;

SiamAnswers Nothing() {
  SiamAnswers answers;
  answers.side = kSide;
  answers.presence.assign(5 * kPlaces, 0.f);
  answers.box.assign(20 * kPlaces, 0.f);
  return answers;
}

double Area(const SiamCorners& corners) {
  return cv::contourArea(std::vector<cv::Point2f>(corners.begin(), corners.end()));
}

// Long side of a rotated box, and its direction in degrees, 0..180.
std::pair<double, double> Longest(const SiamCorners& corners) {
  const cv::Point2f a = corners[1] - corners[0], b = corners[2] - corners[1];
  const cv::Point2f side = cv::norm(a) > cv::norm(b) ? a : b;
  double degrees = std::atan2(side.y, side.x) * 180 / M_PI;
  if (degrees < 0) degrees += 180;
  return {cv::norm(side), degrees};
}

}  // namespace

TEST_CASE("a template shows the target with half of its mean extent around it") {
  // 40 x 20: 30 more on each, so sqrt(70 * 50).
  CHECK(ContextSide({100, 80, 40, 20}) == doctest::Approx(std::sqrt(3500.0)));
  cv::Mat picture(200, 300, CV_8UC3, cv::Scalar(10, 20, 30));
  cv::rectangle(picture, {140, 90, 20, 20}, cv::Scalar(200, 200, 200), cv::FILLED);
  const cv::Mat window = CutTemplate(picture, {150, 100, 20, 20}, MeanColor(picture));
  CHECK(window.size() == cv::Size(127, 127));
  const cv::Rect seen =
      cv::boundingRect(cv::Mat(window.reshape(1, 127 * 127).col(0) > 100).reshape(1, 127));
  // 20 of 40 pixels: half of the template, in its middle.
  CHECK(seen.width == doctest::Approx(63.5).epsilon(0.03));
  CHECK(seen.x == doctest::Approx(31.75).epsilon(0.05));
}

TEST_CASE("outside of the picture a window has the picture's mean color") {
  cv::Mat picture(40, 60, CV_8UC3, cv::Scalar(50, 60, 70));
  picture(cv::Rect(0, 0, 30, 40)).setTo(cv::Scalar(150, 160, 170));
  const cv::Mat window = CutWindow(picture, {-10, -10}, 2, {40, 40}, MeanColor(picture));
  CHECK(window.at<cv::Vec3b>(5, 5) == cv::Vec3b(100, 110, 120));
  CHECK(window.at<cv::Vec3b>(30, 30) == cv::Vec3b(150, 160, 170));
  // Of whole pixels a window is an exact copy.
  const cv::Mat copy = CutWindow(picture, {5, 7}, 1, {20, 10}, cv::Scalar());
  CHECK(cv::norm(copy, picture(cv::Rect(5, 7, 20, 10)), cv::NORM_INF) == 0);
}

TEST_CASE("the five anchors are those of the public code") {
  const auto sizes = SiamAnchorSizes();
  const int expected[5][2] = {{104, 32}, {88, 40}, {64, 64}, {40, 80}, {32, 96}};
  for (int i = 0; i < 5; ++i) {
    CHECK(sizes[i].width == expected[i][0]);
    CHECK(sizes[i].height == expected[i][1]);
  }
}

TEST_CASE("the window is highest in the middle and zero at the edge") {
  const auto window = HannWindow(kSide);
  CHECK(window[12 * kSide + 12] == doctest::Approx(1));
  CHECK(window[0] == 0);
  CHECK(window[12 * kSide + 6] == doctest::Approx(0.5));
}

TEST_CASE("the best answer is chosen and moves the target, its extent only in part") {
  SiamAnswers answers = Nothing();
  const int place = 11 * kSide + 14, i = 2 * kPlaces + place;  // the square anchor
  answers.presence[i] = 0.9f;
  answers.box[i] = 0.125f;                            // 8 pixels of the search
  answers.box[2 * 5 * kPlaces + i] = std::log(1.5f);  // 96 wide
  SiamSettings settings;
  const SiamTarget before{200, 150, 32, 32};
  const double scale = 2;  // the target is 64 pixels of the search
  const SiamChoice choice = ChooseAnswer(answers, before, {200, 150}, scale, {640, 480}, settings);
  CHECK(choice.anchor == 2);
  CHECK(choice.row == 11);
  CHECK(choice.col == 14);
  CHECK(choice.score == doctest::Approx(0.9));
  CHECK(choice.target.x == doctest::Approx(200 + (2 * 8 + 8) / 2.0));
  CHECK(choice.target.y == doctest::Approx(150 - 8 / 2.0));
  // 48 x 32 with its context of 40: sqrt(88 * 72) against 64; stretched by 1.5.
  const double growth = std::sqrt(88.0 * 72) / 64;
  const double rate = std::exp(-(growth * 1.5 - 1) * settings.penalty) * 0.9 * settings.rate;
  CHECK(choice.target.width == doctest::Approx(32 + 16 * rate));
  CHECK(choice.target.height == doctest::Approx(32));
}

TEST_CASE(
    "of two equal answers the nearer one wins, and of two near ones the one of the old size") {
  SiamAnswers answers = Nothing();
  answers.presence[2 * kPlaces + 12 * kSide + 20] = 0.8f;
  answers.presence[2 * kPlaces + 12 * kSide + 11] = 0.8f;
  const SiamTarget before{100, 100, 64, 64};
  CHECK(ChooseAnswer(answers, before, {100, 100}, 1, {500, 500}, {}).col == 11);
  answers = Nothing();
  answers.presence[0 * kPlaces + 12 * kSide + 12] = 0.8f;
  answers.presence[2 * kPlaces + 12 * kSide + 12] = 0.8f;
  CHECK(ChooseAnswer(answers, before, {100, 100}, 1, {500, 500}, {}).anchor == 2);
}

TEST_CASE("a target stays inside the picture, however far it is predicted") {
  SiamAnswers answers = Nothing();
  const int i = 2 * kPlaces + 12 * kSide + 12;
  answers.presence[i] = 1;
  answers.box[i] = -100;
  answers.box[2 * 5 * kPlaces + i] = 1;
  SiamSettings settings;
  settings.window = 0;
  const SiamTarget target =
      ChooseAnswer(answers, {20, 20, 70, 70}, {20, 20}, 1, {100, 80}, settings).target;
  CHECK(target.x == 0);
  CHECK(target.width > 70);
  CHECK(target.width <= 100);
  CHECK(std::isfinite(target.height));
}

TEST_CASE("an outline is pasted where its window lies, cut at the picture's edge") {
  cv::Mat probability = cv::Mat::zeros(127, 127, CV_32FC1);
  probability(cv::Rect(32, 32, 64, 32)).setTo(1);
  const auto [region, mask] = PasteOutline(probability, {100, 50, 63.5, 63.5}, {400, 300}, 0.5);
  CHECK(std::abs(region.x - 116) <= 1);
  CHECK(std::abs(region.y - 66) <= 1);
  CHECK(std::abs(region.width - 32) <= 1);
  CHECK(std::abs(region.height - 16) <= 1);
  CHECK(cv::countNonZero(mask) == region.area());
  const auto [edge, cut] = PasteOutline(probability, {-32, 50, 63.5, 63.5}, {400, 300}, 0.5);
  CHECK(edge.x == 0);
  CHECK(edge.width <= 17);
  CHECK(PasteOutline(probability, {-200, 50, 63.5, 63.5}, {400, 300}, 0.5).second.empty());
  CHECK(PasteOutline(cv::Mat::zeros(63, 63, CV_32FC1), {0, 0, 50, 50}, {400, 300}, 0.5)
            .second.empty());
}

TEST_CASE("of several blobs of an outline the largest is the animal") {
  cv::Mat probability = cv::Mat::zeros(63, 63, CV_32FC1);
  probability(cv::Rect(5, 5, 30, 30)).setTo(1);
  probability(cv::Rect(50, 50, 8, 8)).setTo(1);
  const auto [region, mask] = PasteOutline(probability, {0, 0, 63, 63}, {63, 63}, 0.3);
  CHECK(region.br().x < 40);
}

TEST_CASE("rotated boxes lie along a turned ellipse, and SiamMask_E's leaves its tail out") {
  cv::Mat mask = cv::Mat::zeros(240, 320, CV_8UC1);
  cv::ellipse(mask, {160, 120}, {60, 25}, 30, 0, 360, 255, cv::FILLED);
  const SiamCorners plain = RotatedBox(mask, {});
  CHECK(Longest(plain).second == doctest::Approx(30).epsilon(0.1));
  CHECK(Longest(plain).first == doctest::Approx(121).epsilon(0.05));
  const SiamCorners fitted = EllipseBox(mask, {}, 0.2583);
  CHECK(Longest(fitted).second == doctest::Approx(30).epsilon(0.1));
  CHECK(Area(fitted) < Area(plain));
  CHECK(Area(fitted) > 0.8 * Area(plain));

  const cv::Point tip(160 + cvRound(120 * std::cos(M_PI / 6)),
                      120 + cvRound(120 * std::sin(M_PI / 6)));
  cv::line(mask, {160, 120}, tip, 255, 3);
  const double with_tail = Longest(RotatedBox(mask, {})).first;
  CHECK(with_tail > 170);
  CHECK(Longest(EllipseBox(mask, {}, 0.2583)).first < 0.85 * with_tail);
}

TEST_CASE("a mask without a blob gives the corners of the box that is known otherwise") {
  const cv::Rect2d box(10, 20, 30, 40);
  const cv::Mat nothing = cv::Mat::zeros(100, 100, CV_8UC1);
  for (const SiamCorners& corners : {RotatedBox(nothing, box), EllipseBox(nothing, box, 0.2583)}) {
    CHECK(corners[0] == cv::Point2f(10, 20));
    CHECK(corners[2] == cv::Point2f(40, 60));
  }
}

TEST_CASE("windows of the empty scene are those that vary most") {
  cv::Mat background(100, 200, CV_8UC3, cv::Scalar(90, 90, 90));
  datasets::Random random({3});
  for (int y = 0; y < 100; ++y) {
    for (int x = 120; x < 200; ++x) {
      background.at<cv::Vec3b>(y, x) = cv::Vec3b::all(static_cast<uchar>(random.Below(255)));
    }
  }
  const auto windows = VariedWindows(background, 40, 5);
  REQUIRE(windows.size() == 5);
  for (const cv::Rect& window : windows) CHECK(window.br().x > 120);
  CHECK(VariedWindows(background, 300, 5).empty());
}

TEST_CASE("what is chosen of the empty scene is unlike the animal and unlike each other") {
  const std::vector<float> target = {1, 0, 0};
  const std::vector<std::vector<float>> embeddings = {
      {1, 0.1f, 0}, {0, 1, 0}, {0, 1, 0.05f}, {0, 0, 1}, {-1, 0, 0}};
  CHECK(FarApart(embeddings, target, 3) == std::vector<int>{4, 1, 3});
  CHECK(FarApart(embeddings, target, 9).size() == 5);
}

}  // namespace siam_geometry_test
