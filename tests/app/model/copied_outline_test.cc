#include "app/model/requests/copied_outline.h"

#include <doctest/doctest.h>

#include "datasets/shape/mask.h"

namespace copied_outline_test {

namespace {

app::CopiedOutline Copied() {
  app::CopiedOutline copied;
  copied.shape.category_id = 3;
  copied.shape.polygons = {{{10, 10}, {30, 10}, {30, 20}, {10, 20}}};
  copied.shape.key_points.push_back({"nose", 12, 15, 2});
  copied.video_id = 1;
  copied.frame = 5;
  return copied;
}

datasets::VideoRow Video(datasets::Id id, int width, int height) {
  datasets::VideoRow video;
  video.id = id;
  video.width = width;
  video.height = height;
  return video;
}

}  // namespace

TEST_CASE("a copied outline is pasted at the same place of another frame, as the same animal") {
  const auto change = app::Paste(Copied(), Video(1, 100, 80), 9, cv::Point2d(70, 70));
  REQUIRE(change);
  CHECK(change->kind == annotate::ShapeChange::Kind::kAdd);
  CHECK(change->category_id == 3);
  CHECK(change->polygons == Copied().shape.polygons);
  REQUIRE(change->key_points.size() == 1);
  CHECK(change->key_points[0].x == 12);
  CHECK(app::Paste(Copied(), Video(2, 100, 80), 5, {})->polygons == Copied().shape.polygons);
}

TEST_CASE("in its own frame it goes to the cursor or beside itself, and stays in the picture") {
  CHECK(app::Paste(Copied(), Video(1, 100, 80), 5, cv::Point2d(50, 40))->polygons[0][0] ==
        cv::Point2d(40, 35));
  const auto beside = app::Paste(Copied(), Video(1, 100, 80), 5, {});
  CHECK(beside->polygons[0][0] == cv::Point2d(20, 20));
  CHECK(beside->key_points[0].y == 25);
  CHECK(app::Paste(Copied(), Video(1, 100, 80), 5, cv::Point2d(500, -5))->polygons[0][1] ==
        cv::Point2d(100, 0));
  // A smaller picture than the one that it comes from.
  CHECK(app::Paste(Copied(), Video(2, 25, 15), 0, {})->polygons[0][2] == cv::Point2d(25, 15));
  CHECK_FALSE(app::Paste(Copied(), Video(2, 15, 15), 0, {}));
}

TEST_CASE("holes are pasted with their outline") {
  app::CopiedOutline copied = Copied();
  cv::Mat mask(80, 100, CV_8UC1, cv::Scalar(0));
  mask(cv::Rect(10, 10, 20, 10)).setTo(255);
  mask(cv::Rect(14, 13, 4, 4)).setTo(0);
  copied.shape.rle = datasets::EncodeMask(mask);
  const auto change = app::Paste(copied, Video(1, 100, 80), 5, {});
  REQUIRE(change->rle);
  const cv::Mat pasted = datasets::DecodeMask(*change->rle);
  cv::Mat expected(80, 100, CV_8UC1, cv::Scalar(0));
  expected(cv::Rect(20, 20, 20, 10)).setTo(255);
  expected(cv::Rect(24, 23, 4, 4)).setTo(0);
  CHECK(cv::countNonZero(pasted != expected) == 0);
}

}  // namespace copied_outline_test
