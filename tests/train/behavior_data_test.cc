// What behavior is learned from: labels, mirrored labels, and splits that never part neighbors.
#include <cstdlib>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "tests/support/torch_doctest.h"
#include "train/behavior/data.h"
#include "train/behavior/picture.h"
#include "train/behavior/tasks.h"

namespace behavior_data_test {

namespace {

using namespace train;

BehaviorData Data(int videos, int frames, int subjects = 1) {
  BehaviorData data;
  data.heads = {{"place", {"left", "right"}}, {"", {"chase"}}};
  for (int v = 0; v < videos; ++v) {
    for (int s = 0; s < subjects; ++s) {
      BehaviorRow row;
      row.video_index = v;
      row.end_frame = frames;
      row.labels.assign(2, std::vector<uint8_t>(static_cast<size_t>(frames), 0));
      row.seen.assign(static_cast<size_t>(frames), 1);
      for (int f = 0; f < frames; ++f) {
        row.labels[0][static_cast<size_t>(f)] = static_cast<uint8_t>(f / 10 % 3);
        row.labels[1][static_cast<size_t>(f)] = f % 40 < 5;
      }
      data.rows.push_back(row);
    }
  }
  return data;
}

std::string MessageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

// No frame that is learned from lies within `guard` of a held-back one in the same video.
void CheckApart(const BehaviorData& data, const BehaviorSplit& split, int guard) {
  for (const BehaviorSpan& learn : split.learn) {
    for (const BehaviorSpan& held : split.held) {
      if (data.rows[static_cast<size_t>(learn.row)].video_index !=
          data.rows[static_cast<size_t>(held.row)].video_index) {
        continue;
      }
      CHECK_FALSE(split.by_video);
      const bool apart = learn.end_frame + guard <= held.start_frame ||
                         held.end_frame + guard <= learn.start_frame;
      CHECK(apart);
    }
  }
}

int64_t Frames(const std::vector<BehaviorSpan>& spans) {
  int64_t frames = 0;
  for (const BehaviorSpan& span : spans) frames += span.end_frame - span.start_frame;
  return frames;
}

TEST_CASE("Few videos are held back as blocks of time with a guard, many as whole videos") {
  for (const int videos : {1, 2, 4}) {
    const BehaviorData data = Data(videos, 400, 2);
    const BehaviorSplit split = HoldBack(data, WholeRows(data), 0.15, 25);
    CHECK_FALSE(split.by_video);
    CHECK(Frames(split.held) > videos * 2 * 400 * 0.1);
    CHECK(Frames(split.held) < videos * 2 * 400 * 0.2);
    CheckApart(data, split, 25);
  }
  const BehaviorData many = Data(12, 50);
  const BehaviorSplit split = HoldBack(many, WholeRows(many), 0.2, 25);
  CHECK(split.by_video);
  CHECK(Frames(split.held) == 100);
  CheckApart(many, split, 25);
  CHECK(HoldBack(many, WholeRows(many), 0, 25).held.empty());
}

TEST_CASE("A behavior is never held back whole") {
  BehaviorData data = Data(1, 300);
  auto& chase = data.rows[0].labels[1];
  std::fill(chase.begin(), chase.end(), uint8_t{0});
  std::fill(chase.begin() + 290, chase.end(), uint8_t{1});  // only at the very end
  const BehaviorSplit split = HoldBack(data, WholeRows(data), 0.2, 10);
  CHECK(CountClasses(data, split.learn)[1][1] > 0);
}

TEST_CASE("Cross-validation tests every frame once, by videos or by blocks of time") {
  for (const int folds : {0, 3, 5}) {
    const BehaviorData data = Data(4, 200, 2);
    int64_t tested = 0;
    const auto splits = Folds(data, folds, 20);
    CHECK(splits.size() == static_cast<size_t>(folds == 0 ? 4 : folds));
    for (const BehaviorSplit& split : splits) {
      tested += Frames(split.held);
      CheckApart(data, split, 20);
      CHECK_FALSE(split.learn.empty());
    }
    CHECK(tested == 4 * 2 * 200);
  }
  const BehaviorData one = Data(1, 200);
  CHECK(MessageOf([&] { Folds(one, 0, 20); }).find("one video only") != std::string::npos);
  CHECK(Folds(one, 4, 20).size() == 4);
}

TEST_CASE("Mirrored pictures take the labels of the project's table") {
  const auto heads = Data(1, 1).heads;
  const BehaviorFlips flips = ParseFlips("horizontal:left=right;vertical", "frame", heads);
  CHECK(FlipLabels({1, 1}, true, false, flips, heads) == std::vector<uint8_t>{2, 1});
  CHECK(FlipLabels({2, 0}, true, true, flips, heads) == std::vector<uint8_t>{1, 0});
  CHECK(FlipLabels({1, 0}, false, true, flips, heads) == std::vector<uint8_t>{1, 0});
  CHECK(FlipLabels({0, kNotLabeled}, true, false, flips, heads) ==
        std::vector<uint8_t>{0, kNotLabeled});
  CHECK(flips.horizontal);
  CHECK_FALSE(flips.turn);
  CHECK(ParseFlips("", "animal", heads).turn);
  CHECK_FALSE(ParseFlips("", "frame", heads).horizontal);
  CHECK_FALSE(ParseFlips("none", "animal", heads).turn);
  const std::vector<BehaviorHead> alone = {{"", {"a"}}, {"", {"b"}}};
  const BehaviorFlips swap = ParseFlips("vertical:a=b", "frame", alone);
  CHECK(FlipLabels({1, 0}, false, true, swap, alone) == std::vector<uint8_t>{0, 1});
  for (const char* bad : {"sideways", "horizontal:left", "horizontal:left=up",
                          "horizontal:left=chase", "horizontal:left=right=left"}) {
    CHECK(MessageOf([&] { ParseFlips(bad, "frame", heads); }).find("flips") != std::string::npos);
  }
}

TEST_CASE("A behavior without a positive label, or without any other frame, is named") {
  BehaviorData data = Data(1, 100);
  CheckLearnable(data, WholeRows(data));
  std::fill(data.rows[0].labels[1].begin(), data.rows[0].labels[1].end(), uint8_t{0});
  CHECK(MessageOf([&] { CheckLearnable(data, WholeRows(data)); }).find("'chase'") !=
        std::string::npos);
  std::fill(data.rows[0].labels[1].begin(), data.rows[0].labels[1].end(), uint8_t{1});
  CHECK(MessageOf([&] { CheckLearnable(data, WholeRows(data)); }).find("nothing to tell it from") !=
        std::string::npos);
}

TEST_CASE("Frames without behavior are thinned, and probabilities are set right for it") {
  BehaviorData data = Data(1, 2000);
  data.heads = {{"", {"chase"}}};
  data.rows[0].labels.erase(data.rows[0].labels.begin());
  auto& chase = data.rows[0].labels[0];
  for (size_t f = 0; f < chase.size(); ++f) chase[f] = f % 100 < 2;
  const FrameDraw draw(data, WholeRows(data), 0.1, 1, true);
  int positives = 0;
  for (int i = 0; i < 4000; ++i) {
    positives += chase[static_cast<size_t>(draw.Draw((i + 0.5) / 4000).frame)];
  }
  // 40 of 2000 frames; 196 or so of the others are kept; drawn in proportion to square roots.
  CHECK(positives / 4000.0 == doctest::Approx(draw.drawn()[1]).epsilon(0.05));
  CHECK(draw.drawn()[1] > 0.2);
  CHECK(draw.drawn()[1] < 0.45);
  const auto truth = CountClasses(data, WholeRows(data));
  const auto shift = PriorShift(data.heads, draw.drawn(), truth, 1);
  CHECK(PriorShift(data.heads, draw.drawn(), truth, 0.25)[1] == doctest::Approx(shift[1] / 4));
  // Logits that are right for the drawn frames become those that are right for all frames.
  const double log_odds = std::log(draw.drawn()[1] / draw.drawn()[0]) - (shift[1] - shift[0]);
  CHECK(log_odds == doctest::Approx(std::log(40.0 / 1960.0)));
}

TEST_CASE("A picture turned and mirrored shows the same things at the right places") {
  BehaviorInput input;
  input.side = 32;
  input.room = 8;
  input.mean = {0};
  input.deviation = {1};
  cv::Mat stored = cv::Mat::zeros(48, 48, CV_8UC1);
  stored(cv::Rect(8 + 20, 8 + 4, 3, 3)).setTo(200);  // right, above the middle
  std::vector<float> plain(32 * 32), moved(32 * 32);
  FillPicture(stored, {}, input, plain.data());
  CHECK(plain[5 * 32 + 21] == 200);
  PictureView view;
  view.flip_x = true;
  FillPicture(stored, view, input, moved.data());
  CHECK(moved[5 * 32 + (31 - 21)] == doctest::Approx(200));
  view = {};
  view.flip_y = true;
  FillPicture(stored, view, input, moved.data());
  CHECK(moved[(31 - 5) * 32 + 21] == doctest::Approx(200));
  view = {};
  view.shift_x = 4;
  view.gain = 0.5;
  FillPicture(stored, view, input, moved.data());
  CHECK(moved[5 * 32 + 25] == doctest::Approx(100));
  view = {};
  view.turn_radians = CV_PI;
  FillPicture(stored, view, input, moved.data());
  CHECK(moved[(31 - 5) * 32 + (31 - 21)] == doctest::Approx(200).epsilon(0.02));
}

TEST_CASE("An animal that differs from the background is found without any label") {
  cv::Mat background(120, 160, CV_8UC3, cv::Scalar(120, 130, 140)), frame = background.clone();
  CHECK(BlobFinder(background).Find(frame).empty());
  cv::rectangle(frame, {60, 40, 30, 20}, {20, 20, 20}, -1);
  const datasets::Rle blob = BlobFinder(background).Find(frame);
  CHECK(datasets::RleArea(blob) == doctest::Approx(600).epsilon(0.25));
  const datasets::Box box = datasets::RleBox(blob);
  CHECK(std::abs(box.x - 60) <= 3);
  CHECK(std::abs(box.y - 40) <= 3);
  CHECK(BlobFinder(cv::Mat()).Find(frame).empty());
}

}  // namespace

}  // namespace behavior_data_test
