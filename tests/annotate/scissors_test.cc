#include <doctest/doctest.h>

#include <functional>

#include "datasets/shape/mask.h"
#include "tests/annotate/tools_stage.h"

namespace scissors_test {

using namespace tests;

TEST_CASE("scissors: clicks around an animal give its outline, closed at the first point") {
  Stage stage("scissors");
  stage.Click({104, 60});
  stage.Click({120, 50});
  stage.Click({136, 60});
  stage.Click({120, 70});
  CHECK(stage.Draw().lines.size() >= 2);
  const auto change = stage.Click({104, 60});
  REQUIRE(change);
  cv::Mat truth(120, 160, CV_8UC1, cv::Scalar(0));
  cv::ellipse(truth, {120, 60}, {16, 10}, 0, 0, 360, 255, cv::FILLED);
  const double iou = datasets::RleIou(datasets::RlePolygons(change->polygons, 120, 160),
                                      datasets::EncodeMask(truth));
  CHECK(iou > 0.85);
}

TEST_CASE("scissors: Backspace takes clicks back one by one, a lone line closes to nothing") {
  Stage stage("scissors");
  stage.Click({104, 60});
  CHECK_FALSE(stage.Key(ToolKey::kEnter));
  stage.Click({120, 50});
  stage.Key(ToolKey::kBackspace);
  CHECK(stage.tool->busy());
  stage.Key(ToolKey::kBackspace);
  CHECK_FALSE(stage.tool->busy());
}

TEST_CASE("scissors: clicks that are faster than the search give the same outline in the end") {
  const std::vector<cv::Point2d> clicks = {{104, 60}, {120, 50}, {136, 60}, {120, 70}};
  Stage patient("scissors");
  for (const cv::Point2d& at : clicks) patient.Click(at);
  const auto expected = patient.Key(ToolKey::kEnter);
  REQUIRE(expected);

  Stage hasty("scissors");
  std::vector<std::function<void()>> waiting;
  const std::function<void(std::function<void()>)> aside = [&](std::function<void()> work) {
    waiting = {std::move(work)};  // of several only the newest is done
  };
  hasty.context.run_aside = &aside;
  for (const cv::Point2d& at : clicks) hasty.Click(at);
  CHECK_FALSE(hasty.Key(ToolKey::kEnter));  // closes as soon as it can
  CHECK_FALSE(hasty.tool->Poll(hasty.context).change);
  REQUIRE(waiting.size() == 1);
  waiting.front()();
  const auto change = hasty.tool->Poll(hasty.context).change;
  REQUIRE(change);
  CHECK(change->polygons == expected->polygons);
  CHECK_FALSE(hasty.tool->busy());
}

TEST_CASE("scissors: what is still being looked for when the outline is dropped comes to nothing") {
  Stage stage("scissors");
  std::function<void()> waiting;
  const std::function<void(std::function<void()>)> aside = [&](std::function<void()> work) {
    waiting = std::move(work);
  };
  stage.context.run_aside = &aside;
  stage.Click({104, 60});
  stage.Move({110, 55});
  CHECK(stage.Draw().lines.at(1).points == datasets::Ring{{110, 55}});  // straight for the moment
  const auto late = waiting;
  stage.Click({120, 50});
  CHECK_FALSE(stage.Key(ToolKey::kEnter));
  stage.Key(ToolKey::kBackspace);  // thought better of it
  late();
  CHECK_FALSE(stage.tool->Poll(stage.context).change);
  stage.Key(ToolKey::kEscape);
  waiting();
  CHECK_FALSE(stage.tool->Poll(stage.context).change);
  CHECK_FALSE(stage.tool->busy());
}

}  // namespace scissors_test
