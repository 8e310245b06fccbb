#include "train/learn/split.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace split_test {

namespace {

std::vector<train::LabeledFrame> Frames(int count, int spacing, int videos = 1) {
  std::vector<train::LabeledFrame> frames;
  for (int i = 0; i < count; ++i) {
    train::LabeledFrame frame;
    frame.video = i % videos;
    frame.frame_index = (i * 7919 % count) * spacing;  // in no order
    frame.objects.push_back({i % 2, {}, false});
    frames.push_back(frame);
  }
  return frames;
}

}  // namespace

TEST_CASE("held-back blocks of time never touch what is learned from") {
  for (const int spacing : {1, 3, 20}) {
    for (const int videos : {1, 2}) {
      const auto frames = Frames(101, spacing, videos);
      const train::Split split = train::SplitByTime(frames, 2, 0.2);
      CHECK(split.learn.size() + split.held.size() + split.left_out.size() == frames.size());
      CHECK(split.held.size() >= 18);
      CHECK(split.held.size() <= 22);
      for (int held : split.held) {
        for (int learned : split.learn) {
          if (frames[held].video != frames[learned].video) continue;
          CHECK(std::abs(frames[held].frame_index - frames[learned].frame_index) >
                train::kGuardFrames);
        }
      }
    }
  }
}

TEST_CASE("few labels are all learned from") {
  CHECK(train::SplitByTime(Frames(11, 10), 2, 0.3).held.empty());
  CHECK(train::SplitByTime(Frames(11, 10), 2, 0.3).learn.size() == 11);
  CHECK(train::SplitByTime(Frames(100, 10), 2, 0).held.empty());
}

TEST_CASE("nothing is held back when an animal would lose most of its labels") {
  auto frames = Frames(40, 10);
  for (auto& frame : frames) frame.objects[0].class_index = frame.frame_index >= 380 ? 1 : 0;
  CHECK(train::SplitByTime(frames, 2, 0.1).held.empty());
}

TEST_CASE("what the program filled in teaches, and never judges") {
  auto frames = Frames(200, 3);
  for (auto& frame : frames) frame.filled_in = frame.frame_index % 4 != 0;
  const train::Split split = train::SplitByTime(frames, 2, 0.2);
  CHECK(split.held.size() == 10);  // a fifth of the 50 that people drew
  for (const int held : split.held) {
    CHECK_FALSE(frames[held].filled_in);
    for (const int learned : split.learn) {
      CHECK(std::abs(frames[held].frame_index - frames[learned].frame_index) > train::kGuardFrames);
    }
  }
  CHECK(std::any_of(split.learn.begin(), split.learn.end(),
                    [&](int frame) { return frames[frame].filled_in; }));
  for (auto& frame : frames) frame.filled_in = frame.frame_index >= 11 * 3;
  CHECK(train::SplitByTime(frames, 2, 0.2).held.empty());  // too few are of people
}

}  // namespace split_test
