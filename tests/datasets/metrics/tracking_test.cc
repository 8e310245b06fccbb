#include "datasets/metrics/tracking.h"

#include <doctest/doctest.h>

#include <cmath>

#include "datasets/base/error.h"
#include "datasets/metrics/identity_accuracy.h"
#include "datasets/metrics/summary.h"

namespace tracking_test {

using namespace datasets;

namespace {

TrackFrame Frame(std::vector<int64_t> truth, std::vector<int64_t> predicted,
                 std::vector<double> similarity) {
  TrackFrame frame{std::move(truth), std::move(predicted), {}};
  frame.similarity.create(static_cast<int>(frame.truth.size()),
                          static_cast<int>(frame.predicted.size()));
  std::copy(similarity.begin(), similarity.end(), frame.similarity.begin());
  return frame;
}

// Two animals over four frames whose names are swapped from the third frame on.
std::vector<TrackFrame> Swap() {
  const std::vector<double> straight = {.9, 0, 0, .9}, crossed = {0, .9, .9, 0};
  return {Frame({1, 2}, {1, 2}, straight), Frame({1, 2}, {1, 2}, straight),
          Frame({1, 2}, {1, 2}, crossed), Frame({1, 2}, {1, 2}, crossed)};
}

}  // namespace

TEST_CASE("A swap of two names is two switches and half of the identities") {
  const auto frames = Swap();
  const ClearFigures clear = ClearTrackEval(frames);
  CHECK(clear.tp == 8);
  CHECK(clear.fp == 0);
  CHECK(clear.fn == 0);
  CHECK(clear.idsw == 2);
  CHECK(clear.mota == doctest::Approx(1 - 2.0 / 8));
  CHECK(clear.motp == doctest::Approx(.9));
  CHECK(clear.mt == 2);
  const ClearFigures py = ClearPyMotmetrics(frames);
  CHECK(py.idsw == 2);
  CHECK(py.motp == doctest::Approx(.1));
  const IdentityFigures identity = EvaluateIdentity(frames);
  CHECK(identity.idtp == 4);
  CHECK(identity.idf1 == doctest::Approx(.5));
  // Every c = 2 of 4 + 4 - 2 frames: A = 1/3 for each of the 8 matches; DetA = 1 up to alpha .9
  // (18 thresholds), 0 at .95.
  const HotaFigures hota = EvaluateHota(frames);
  CHECK(hota.hota_at.size() == 19);
  CHECK(hota.hota_at[0] == doctest::Approx(std::sqrt(1.0 / 3)));
  CHECK(hota.hota_at[18] == 0);
  CHECK(hota.assa == doctest::Approx(18.0 / 19 / 3));
  CHECK(hota.deta == doctest::Approx(18.0 / 19));
  CHECK(hota.loca == doctest::Approx((18 * .9 + 1) / 19));
}

TEST_CASE("The two readings of CLEAR differ after a gap") {
  // Animal 1 is followed by 7, missed on a frame where 8 is elsewhere, then 7 overlaps it less well
  // than 8 does. TrackEval forgot the pair in the gap and takes the better 8 (a switch);
  // py-motmetrics keeps 7.
  const std::vector<TrackFrame> frames = {Frame({1}, {7}, {.9}), Frame({1}, {8}, {.1}),
                                          Frame({1}, {7, 8}, {.6, .8})};
  const ClearFigures eval = ClearTrackEval(frames), py = ClearPyMotmetrics(frames);
  CHECK(eval.idsw == 1);
  CHECK(py.idsw == 0);
  CHECK(eval.fn == 1);
  CHECK(eval.fp == 2);
  CHECK(eval.fragmentations == 1);
  CHECK(py.fragmentations == 1);
  CHECK(eval.motp == doctest::Approx((.9 + .8) / 2));
  CHECK(py.motp == doctest::Approx((.1 + .4) / 2));
  CHECK(eval.mota == doctest::Approx(1 - (1 + 2 + 1) / 3.0));
}

TEST_CASE("The pair of the frame before is kept against a better overlap, not against the gate") {
  const auto kept = ClearTrackEval({Frame({1}, {7}, {.9}), Frame({1}, {7, 8}, {.5, 1})});
  CHECK(kept.idsw == 0);
  const auto lost = ClearTrackEval({Frame({1}, {7}, {.9}), Frame({1}, {7, 8}, {.49, 1})});
  CHECK(lost.idsw == 1);
}

TEST_CASE("Mostly tracked begins above 0.8 for one reading and at 0.8 for the other") {
  std::vector<TrackFrame> frames(4, Frame({1}, {1}, {1}));
  frames.push_back(Frame({1}, {}, {}));
  CHECK(ClearTrackEval(frames).mt == 0);
  CHECK(ClearTrackEval(frames).pt == 1);
  CHECK(ClearPyMotmetrics(frames).mt == 1);
  const std::vector<TrackFrame> lost(6, Frame({1}, {}, {}));
  CHECK(ClearTrackEval(lost).ml == 1);
  CHECK(ClearTrackEval(lost).mota == 0);
}

TEST_CASE("Sequences without truth, without predictions or without frames have defined figures") {
  const std::vector<TrackFrame> only_predicted = {Frame({}, {1, 2}, {}), Frame({}, {1}, {})};
  CHECK(ClearTrackEval(only_predicted).fp == 3);
  CHECK(ClearPyMotmetrics(only_predicted).fp == 3);
  CHECK(EvaluateIdentity(only_predicted).idfp == 3);
  CHECK(EvaluateHota(only_predicted).hota == 0);
  CHECK(EvaluateHota({Frame({1}, {}, {})}).hota == 0);
  CHECK(EvaluateHota({}).loca == doctest::Approx(1));
  CHECK(ClearTrackEval({}).mota == 0);
  CHECK(EvaluateIdentityAccuracy({}).accuracy == 0);
}

TEST_CASE("Whole tracks are paired one to one for IDF1") {
  // Truth 1 for 3 frames is followed by 5 for two and by 6 for one; truth 2 by 6 throughout its 1.
  const std::vector<TrackFrame> frames = {Frame({1}, {5}, {1}), Frame({1}, {5}, {1}),
                                          Frame({1, 2}, {6, 9}, {1, 0, 0, 0})};
  const IdentityFigures identity = EvaluateIdentity(frames);
  CHECK(identity.idtp == 2);
  CHECK(identity.idfn == 2);
  CHECK(identity.idfp == 2);
  CHECK(identity.idf1 == doctest::Approx(.5));
}

TEST_CASE("HOTA of a track cut into two is the root of the mean association") {
  // One animal, 4 frames, two tracks of 2 frames each: A = 2 / (4 + 2 - 2) = 1/2; DetA = 1.
  const std::vector<TrackFrame> frames = {Frame({1}, {1}, {1}), Frame({1}, {1}, {1}),
                                          Frame({1}, {2}, {1}), Frame({1}, {2}, {1})};
  const HotaFigures hota = EvaluateHota(frames);
  CHECK(hota.hota == doctest::Approx(std::sqrt(.5)));
  CHECK(hota.assa == doctest::Approx(.5));
  CHECK(hota.assre == doctest::Approx(.5));
  CHECK(hota.asspr == doctest::Approx(1));
}

TEST_CASE("The right name counts per animal and frame, and balanced per animal") {
  // Animal 1: right on 3 of 4; animal 2, seen once: wrong.
  std::vector<TrackFrame> frames(3, Frame({1}, {1}, {.8}));
  frames.push_back(Frame({1, 2}, {1, 2}, {0, .8, .8, 0}));
  const IdentityAccuracy names = EvaluateIdentityAccuracy(frames);
  CHECK(names.owed == 5);
  CHECK(names.right == 3);
  CHECK(names.accuracy == doctest::Approx(.6));
  CHECK(names.balanced == doctest::Approx(.75 / 2));
  CHECK(names.of_name.at(2) == 0);
}

TEST_CASE("Frames are made of tracked, certain objects, and a track twice on a frame is refused") {
  EvalObject animal, other, crowd, free;
  animal.frame = other.frame = crowd.frame = free.frame = 3;
  animal.track = 1;
  other.track = 2;
  crowd.track = 3;
  crowd.crowd = true;
  animal.box = other.box = {0, 0, 10, 10};
  EvalObject unsure = other;
  unsure.score = .2;
  const auto frames = TrackFrames({animal, crowd, free}, {other, free}, Overlap::kBox, .5);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].truth == std::vector<int64_t>{1});
  CHECK(frames[0].similarity(0, 0) == 1);
  CHECK(TrackFrames({animal}, {unsure}, Overlap::kBox, .5)[0].predicted.empty());
  CHECK_THROWS_WITH_AS(TrackFrames({animal, animal}, {}, Overlap::kBox),
                       doctest::Contains("frame 3: track 1 is there twice"), Error);
}

TEST_CASE("A summary leaves out what is not defined and counts missing everything") {
  EvalObject animal;
  animal.box = {0, 0, 10, 10};
  SummaryOptions boxes;
  boxes.overlap = Overlap::kBox;
  const auto untracked = Summarize({animal}, {animal}, boxes).ToJson();
  CHECK_FALSE(untracked.contains("mota"));
  CHECK(untracked["ap"].get<double>() == doctest::Approx(1));
  CHECK(untracked["mean_iou"].get<double>() == doctest::Approx(1));
  animal.track = 1;
  const auto missed = Summarize({animal}, {}, boxes).ToJson();
  CHECK(missed["fn"] == 1);
  CHECK(missed["identity_accuracy"] == 0.0);
  CHECK_FALSE(missed.contains("mean_iou"));
  CHECK(Summarize({}, {}).ToJson()["frames"] == 0);
}

}  // namespace tracking_test
