#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/shape/mask.h"
#include "tests/annotate/tools_stage.h"

namespace learned_blob_test {

namespace {

constexpr double kArea = CV_PI * 30 * 14;

// Striped animals on a ground of the same brightness: nothing but the stripes tells them apart.
struct Stripes {
  cv::Mat background{cv::Size(240, 160), CV_8UC3, cv::Scalar(120, 120, 120)};
  cv::Mat frame = background.clone();
  std::vector<cv::Mat> animals;

  void Add(cv::Point center) {
    cv::Mat mask(frame.size(), CV_8UC1, cv::Scalar(0));
    cv::ellipse(mask, center, {30, 14}, 0, 0, 360, 255, cv::FILLED);
    for (int y = 0; y < frame.rows; ++y) {
      for (int x = 0; x < frame.cols; ++x) {
        if (!mask.at<uchar>(y, x)) continue;
        frame.at<cv::Vec3b>(y, x) = cv::Vec3b::all((x + y) % 4 < 2 ? 105 : 135);
      }
    }
    animals.push_back(mask);
  }
};

// Sees an animal where the picture is restless; reduced to half.
annotate::AnimalEvidence Restless(const cv::Mat& frame, const cv::Mat&, const cv::Rect& box,
                                  double area) {
  const int margin = static_cast<int>(0.6 * std::sqrt(area));
  annotate::AnimalEvidence evidence;
  evidence.view =
      cv::Rect(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin) &
      cv::Rect({0, 0}, frame.size());
  cv::Mat grey, mean, squares;
  cv::cvtColor(frame(evidence.view), grey, cv::COLOR_BGR2GRAY);
  grey.convertTo(grey, CV_32F);
  cv::blur(grey, mean, {5, 5});
  cv::blur(grey.mul(grey), squares, {5, 5});
  const cv::Mat odds = (squares - mean.mul(mean) - 100) / 20;
  cv::resize(odds, evidence.log_odds, {}, 0.5, 0.5, cv::INTER_AREA);
  return evidence;
}

annotate::AnimalEvidence Nothing(const cv::Mat& frame, const cv::Mat& background,
                                 const cv::Rect& box, double area) {
  annotate::AnimalEvidence evidence = Restless(frame, background, box, area);
  evidence.log_odds.setTo(-1);
  return evidence;
}

double IouWith(const annotate::Proposal& proposal, const cv::Mat& truth) {
  if (proposal.polygons.empty()) return 0;
  return datasets::RleIou(datasets::RlePolygons(proposal.polygons, truth.rows, truth.cols),
                          datasets::EncodeMask(truth));
}

}  // namespace

TEST_CASE("learned blob: an animal as bright as its ground, which the plain blob can't outline") {
  Stripes scene;
  scene.Add({100, 80});
  const cv::Point2d click(110.5, 82.5);
  CHECK(IouWith(annotate::BlobAt(scene.frame, scene.background, click, kArea), scene.animals[0]) <
        0.5);
  const auto found =
      annotate::LearnedBlobAt(scene.frame, scene.background, click, kArea, Restless, {});
  CHECK(IouWith(found, scene.animals[0]) > 0.85);
  CHECK(found.quality >= 0);
  CHECK(found.quality <= 1);
}

TEST_CASE("learned blob: of two touching animals the clicked one, without the other's outline") {
  Stripes scene;
  scene.Add({70, 80});
  scene.Add({134, 80});
  cv::line(scene.frame, {96, 80}, {108, 80}, cv::Scalar::all(160), 5);  // a tail between them
  for (const int i : {0, 1}) {
    const cv::Point2d click(i == 0 ? 70.5 : 134.5, 80.5);
    const auto other = datasets::TraceMask(scene.animals[static_cast<size_t>(1 - i)]);
    const cv::Mat& own = scene.animals[static_cast<size_t>(i)];
    CHECK(IouWith(annotate::LearnedBlobAt(scene.frame, {}, click, kArea, Restless, {}), own) >
          0.85);
    const auto beside = annotate::LearnedBlobAt(scene.frame, {}, click, kArea, Restless, {other});
    CHECK(IouWith(beside, own) > 0.85);
    CHECK(annotate::IouOf(beside.polygons, other, scene.frame.size()) < 0.01);
  }
}

TEST_CASE("learned blob: a neighbor whose outline is known is left out even where they overlap") {
  Stripes scene;
  scene.Add({90, 80});
  scene.Add({115, 80});
  const auto other = datasets::TraceMask(scene.animals[1]);
  const auto found =
      annotate::LearnedBlobAt(scene.frame, {}, {72.5, 80.5}, kArea, Restless, {other});
  REQUIRE_FALSE(found.polygons.empty());
  CHECK(annotate::IouOf(found.polygons, other, scene.frame.size()) < 0.01);
  CHECK(IouWith(found, scene.animals[0] & ~scene.animals[1]) > 0.8);
}

TEST_CASE(
    "learned blob: gives nothing where the model sees nothing, all, or has no size to judge") {
  Stripes scene;
  scene.Add({100, 80});
  const auto at = [&](cv::Point2d click, double area, const annotate::AnimalModel& model) {
    return annotate::LearnedBlobAt(scene.frame, scene.background, click, area, model, {}).polygons;
  };
  CHECK(at({100, 80}, kArea, Nothing).empty());
  CHECK(at({200, 20}, kArea, Restless).empty());
  CHECK(at({100, 80}, 0, Restless).empty());
  CHECK(at({100, 80}, std::nan(""), Restless).empty());
  CHECK(at({-5, 80}, kArea, Restless).empty());
  CHECK(at({std::nan(""), 80}, kArea, Restless).empty());
  CHECK(at({100, 80}, kArea, {}).empty());
  CHECK(at({100, 80}, kArea / 20, Restless).empty());  // far larger than any animal so far
  CHECK(at({100, 80}, kArea, [](const cv::Mat&, const cv::Mat&, const cv::Rect&, double) {
          return annotate::AnimalEvidence();
        }).empty());
  CHECK(annotate::LearnedBlobAt({}, {}, {100, 80}, kArea, Restless, {}).polygons.empty());
}

TEST_CASE("the blob tool asks the learned model first and the plain blob where that sees nothing") {
  Stripes scene;
  scene.Add({100, 80});
  cv::ellipse(scene.frame, {200, 130}, {16, 10}, 0, 0, 360, {20, 20, 20}, cv::FILLED);  // unlearned
  tests::Stage stage("blob");
  stage.shapes.clear();
  stage.frame = scene.frame;
  stage.background = scene.background;
  stage.context.width = scene.frame.cols;
  stage.context.height = scene.frame.rows;
  stage.context.typical_area = kArea;
  stage.context.animal_model = std::make_shared<const annotate::AnimalModel>(Restless);
  stage.Click({100, 80});
  auto taken = stage.Key(tests::ToolKey::kEnter);
  REQUIRE(taken);
  CHECK(annotate::IouOf(taken->polygons, datasets::TraceMask(scene.animals[0]),
                        scene.frame.size()) > 0.85);
  stage.context.animal_model = std::make_shared<const annotate::AnimalModel>(Nothing);
  stage.Click({200, 130});
  taken = stage.Key(tests::ToolKey::kEnter);
  REQUIRE(taken);
  CHECK(annotate::AreaOf(taken->polygons) == doctest::Approx(CV_PI * 16 * 10).epsilon(0.3));
}

}  // namespace learned_blob_test
