#include "infer/track/tracklets.h"

#include <doctest/doctest.h>

#include <limits>

#include "infer/track/contact_split.h"
#include "tests/infer/disc_world.h"

namespace tracklets_test {

using tests::DiscWorld;
using tests::Judge;
using tests::TrackAndName;
using tests::WorldScore;

namespace {

// Two animals that walk towards each other, touch for a while and walk on, or turn back.
DiscWorld Meeting(bool pass) {
  DiscWorld world;
  world.frames = 200;
  world.path = [pass](int animal, int frame) {
    const double t = frame / 199.0 * 2 - 1;  // -1 .. 1
    const double along = pass ? t : -std::abs(t);
    const double y = 90 + (animal == 0 ? -7 : 7);
    const double x = animal == 0 ? 120 + along * 80 : 120 - along * 80;
    return cv::Point3d(pass ? x : x + (animal == 0 ? -14 : 14), y, 0);
  };
  return world;
}

}  // namespace

TEST_CASE("two animals that pass each other closely keep their names") {
  const DiscWorld world = Meeting(true);
  const WorldScore score = Judge(world, TrackAndName(world));
  CHECK(score.wrong_name == 0);
  CHECK(score.doubled_names == 0);
  CHECK(score.missed <= 4);
  CHECK(score.mean_iou > 0.85);
}

TEST_CASE("two animals that touch and turn back keep their names") {
  const DiscWorld world = Meeting(false);
  const WorldScore score = Judge(world, TrackAndName(world));
  CHECK(score.wrong_name == 0);
  CHECK(score.missed == 0);
  CHECK(score.mean_iou > 0.9);
}

TEST_CASE("a network that cuts touching animals in the wrong place is put right by time") {
  DiscWorld world = Meeting(false);
  world.wrong_cut = 10;
  const WorldScore score = Judge(world, TrackAndName(world));
  CHECK(score.wrong_name == 0);
  CHECK(score.missed == 0);
  CHECK(score.mean_iou > 0.95);
}

TEST_CASE("look-alikes whose pictures say nothing are followed through a contact") {
  for (const bool pass : {true, false}) {
    DiscWorld world = Meeting(pass);
    world.accuracy = 0.53;
    world.says = 0.52;
    const auto tracked = TrackAndName(world);
    const WorldScore score = Judge(world, tracked);
    // Nobody can know the names here, but whoever starts as one stays that one.
    CHECK((score.wrong_name == 0 || score.wrong_name == score.found));
    CHECK(score.missed <= 4);
  }
}

TEST_CASE("animals that touch but never hide each other are never swapped") {
  for (int animals : {1, 2, 3, 5}) {
    for (unsigned seed : {1u, 2u, 3u}) {
      DiscWorld world;
      world.animals = animals;
      world.seed = seed;
      world.frames = 400;
      world.lanes = 2 * world.axes.height - 2;
      const WorldScore score = Judge(world, TrackAndName(world));
      CAPTURE(animals);
      CAPTURE(seed);
      CHECK(score.wrong_name <= 5);  // who starts in a contact was never seen alone before
      CHECK(score.doubled_names == 0);
      CHECK(score.missed <= 0.012 * score.truth);
      CHECK(score.mean_iou > 0.9);
    }
  }
}

TEST_CASE("animals that walk right through each other are told apart by what is seen between") {
  int wrong = 0, missed = 0, all = 0;
  for (int animals : {2, 3, 5}) {
    for (unsigned seed : {1u, 2u, 3u}) {
      DiscWorld world;
      world.animals = animals;
      world.seed = seed;
      world.frames = 400;
      if (animals > 3) world.size = {360, 270};
      if (animals > 3) world.axes = {14, 8};
      const WorldScore score = Judge(world, TrackAndName(world));
      CHECK(score.doubled_names == 0);
      wrong += score.wrong_name;
      missed += score.missed;
      all += score.truth;
    }
  }
  // Alike outlines on top of each other cannot be told apart while they are.
  CHECK(wrong < 0.02 * all);
  CHECK(missed < 0.03 * all);
}

TEST_CASE("pieces of a blurred jump are not taken for animals inside of the one that jumped") {
  for (int frames : {2, 3, 5}) {
    DiscWorld world;
    world.frames = 300;
    world.lanes = 60;  // the two never meet
    world.blur_start = 60;
    world.blur_end = 60 + frames;
    const WorldScore score = Judge(world, TrackAndName(world));
    CAPTURE(frames);
    CHECK(score.wrong_name == 0);
    CHECK(score.missed <= frames);
    CHECK(score.mean_iou > 0.98);
  }
}

TEST_CASE("a part that was cut off for long becomes a part of its animal again") {
  for (int frames : {3, 20, 60}) {
    DiscWorld world;
    world.frames = 300;
    world.lanes = 60;     // the two never meet
    world.cut_start = 0;  // so that nobody knows it whole
    world.cut_end = frames;
    const WorldScore score = Judge(world, TrackAndName(world));
    CAPTURE(frames);
    CHECK(score.wrong_name == 0);
    CHECK(score.missed <= frames);
    CHECK(score.mean_iou > 0.94);  // 0.8 if the animal were cut to its end
  }
}

TEST_CASE("dropouts, false alarms and poor opinions do not swap names") {
  for (unsigned seed : {4u, 5u, 6u}) {
    DiscWorld world;
    world.seed = seed;
    world.frames = 600;
    world.lanes = 2 * world.axes.height - 2;
    world.accuracy = 0.7;
    world.says = 0.7;
    world.dropout = 0.03;
    world.false_alarms = 0.1;
    const WorldScore score = Judge(world, TrackAndName(world));
    CAPTURE(seed);
    CHECK(score.wrong_name <= 0.004 * score.truth);  // a frame beside a dropout in a contact
    CHECK(score.doubled_names == 0);
    CHECK(score.missed < 0.08 * score.truth);  // 3 % of the blobs, of two animals where they touch
    CHECK(score.false_alarms < 0.02 * score.truth);
  }
}

TEST_CASE("several animals of one class get numbers that stay theirs") {
  DiscWorld world = Meeting(false);
  world.class_of = {0, 0};
  const auto tracked = TrackAndName(world);
  const WorldScore score = Judge(world, tracked);
  CHECK(score.wrong_name == 0);
  CHECK(score.doubled_names == 0);
  // Left and right of the meeting point never change places.
  int left = -1, moved = 0;
  for (const auto& named : tracked.blobs) {
    if (named.blob.centroid.x > 116) continue;
    if (left < 0) left = named.number;
    moved += named.number != left;
  }
  CHECK(moved == 0);
}

TEST_CASE("a network that gives boxes only is tracked too") {
  DiscWorld world = Meeting(false);
  const train::ModelInfo info = world.Info();
  infer::TrackerOptions options;
  options.animals = 2;
  options.frame_size = world.size;
  infer::Tracker tracker(options);
  size_t blobs = 0;
  const auto count = [&](const std::vector<infer::TrackedFrame>& frames) {
    for (const auto& frame : frames) blobs += frame.blobs.size();
  };
  for (int frame = 0; frame < world.frames; ++frame) {
    auto found = world.Detect(frame);
    for (auto& detection : found.detections) detection.mask = cv::Mat();
    count(tracker.Add(frame, found));
  }
  count(tracker.Finish());
  CHECK(blobs >= 390);
  CHECK(tracker.tracklets().size() < 30);
}

TEST_CASE("empty, broken and doubled detections do no harm") {
  train::FrameDetections found;
  train::Detection good;
  good.region = {10, 10, 20, 20};
  good.mask = cv::Mat(20, 20, CV_8UC1, cv::Scalar(255));
  good.score = 0.9f;
  train::Detection twice = good;
  twice.score = 0.5f;
  train::Detection outside = good;
  outside.region = {500, 500, 20, 20};
  train::Detection hollow = good;
  hollow.region = {60, 60, 20, 20};
  hollow.mask = cv::Mat(20, 20, CV_8UC1, cv::Scalar(0));
  train::Detection broken = good;
  broken.region = {60, 10, 20, 20};
  broken.score = std::numeric_limits<float>::quiet_NaN();
  broken.crop_log_prob = {std::numeric_limits<float>::quiet_NaN(), 0};
  train::Detection halfway = good;
  halfway.region = {-10, 30, 20, 20};
  found.detections = {good, twice, outside, hollow, broken, halfway};
  const auto blobs = infer::CleanBlobs(found, 0, {100, 100}, 0);
  REQUIRE(blobs.size() == 3);
  CHECK(blobs[0].area == 400);
  CHECK(blobs[1].score == 0);
  CHECK(blobs[2].region == cv::Rect(0, 30, 10, 20));
  CHECK(infer::CleanBlobs(found, 0, {100, 100}, 10000).empty());  // specks

  infer::TrackerOptions options;
  options.frame_size = {100, 100};
  infer::Tracker tracker(options);
  CHECK(tracker.Finish().empty());
  size_t frames = tracker.Add(0, {}).size();
  frames += tracker.Add(1, found).size();
  frames += tracker.Add(2, {}).size();
  frames += tracker.Add(3, found).size();
  frames += tracker.Finish().size();
  CHECK(frames == 4);
}

TEST_CASE("a merged blob is split along the outlines that walked into it") {
  const DiscWorld world = Meeting(false);
  const int before = 75, now = 100;  // apart, touching
  infer::Blob a, b, merged;
  infer::SetMask(a, world.Truth(0, before), {{0, 0}, world.size});
  infer::SetMask(b, world.Truth(1, before), {{0, 0}, world.size});
  const cv::Mat both = world.Truth(0, now) | world.Truth(1, now);
  infer::SetMask(merged, both, {{0, 0}, world.size});
  infer::SplitTemplate left{&a, {20, 0}, a.area, {}}, right{&b, {-20, 0}, b.area, {}};
  const auto pieces = infer::SplitMerged(merged, {left, right}, {});
  REQUIRE(pieces.size() == 2);
  CHECK(infer::Intersection(pieces[0], {}, pieces[1]) == 0);
  CHECK(pieces[0].area + pieces[1].area == doctest::Approx(merged.area).epsilon(0.02));
  infer::Blob truth;
  infer::SetMask(truth, world.Truth(0, now), {{0, 0}, world.size});
  CHECK(infer::Iou(pieces[0], {}, truth) > 0.8);
  CHECK(infer::SplitMerged(infer::Blob{}, {left}, {})[0].area == 0);
}

TEST_CASE("masks are held back for a bounded time, in order and complete") {
  DiscWorld world;
  world.frames = 400;
  world.path = [](int animal, int) {  // in contact for ever, after a moment
    return cv::Point3d(110 + animal * 22, 90, 0);
  };
  infer::TrackerOptions options;
  options.animals = 2;
  options.median_area = world.Info().median_area;
  options.frame_size = world.size;
  infer::Tracker tracker(options);
  int next = 0, most_held = 0;
  const auto take = [&](const std::vector<infer::TrackedFrame>& frames) {
    for (const auto& frame : frames) CHECK(frame.frame == next++);
  };
  for (int frame = 0; frame < world.frames; ++frame) {
    take(tracker.Add(frame, world.Detect(frame)));
    most_held = std::max(most_held, frame + 1 - next);
  }
  take(tracker.Finish());
  CHECK(next == 400);
  CHECK(most_held <= 80);  // three seconds and a little
}

TEST_CASE("a cut that the pixels are sure of stays, though one animal hides half of the other") {
  const auto frame_of = [](int frame, float apart) {
    train::FrameDetections found;
    const auto add = [&](cv::Rect box) {
      train::Detection detection;
      detection.region = box;
      detection.mask = cv::Mat(box.size(), CV_8UC1, cv::Scalar(255));
      detection.score = 1;
      detection.apart = apart;
      found.detections.push_back(detection);
    };
    const int hidden = std::min(frame, 10) * 2;  // of the second one's 40 columns
    add({20, 20, 40, 20});
    add({60, 20, 40 - hidden, 20});
    return found;
  };
  for (const bool sure : {true, false}) {
    infer::TrackerOptions options;
    options.animals = 2;
    options.median_area = 800;
    options.frame_size = {160, 80};
    infer::Tracker tracker(options);
    bool cut_by_time = false;
    std::vector<infer::TrackedFrame> frames;
    const auto keep = [&](std::vector<infer::TrackedFrame> settled) {
      for (auto& frame : settled) frames.push_back(std::move(frame));
    };
    for (int frame = 0; frame < 16; ++frame) {
      keep(tracker.Add(frame, frame_of(frame, sure ? 0.97f : 0.3f)));
    }
    keep(tracker.Finish());
    for (const auto& frame : frames) {
      REQUIRE(frame.blobs.size() == 2);
      for (const auto& blob : frame.blobs) cut_by_time = cut_by_time || blob.touching;
    }
    CHECK(cut_by_time == !sure);
  }
}

}  // namespace tracklets_test
