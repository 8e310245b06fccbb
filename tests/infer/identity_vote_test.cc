#include "infer/names/identity_vote.h"

#include <doctest/doctest.h>

#include <cmath>

#include "datasets/base/error.h"
#include "infer/names/evidence.h"
#include "tests/support/temp_dir.h"

namespace identity_vote_test {

namespace {

using infer::IdentityVote;
using infer::TrackRecord;
using Source = TrackRecord::Source;

// Features are {frame, tracklet}; the vote remembers the windows it was asked about.
struct FakeVote {
  IdentityVote vote;
  std::vector<std::vector<int>> asked;  // frames of each window, -1 where one is missing

  FakeVote() {
    vote.classes = {"b", "a", "stranger"};  // in another order than the record's
    vote.name = [this](const auto& windows) {
      std::vector<std::vector<float>> names;
      for (const auto& window : windows) {
        std::vector<int> frames;
        int tracklet = 0;
        for (const auto* features : window) {
          frames.push_back(features ? static_cast<int>((*features)[0]) : -1);
          if (features) tracklet = static_cast<int>((*features)[1]);
        }
        asked.push_back(frames);
        // Tracklet 0 is "a" with 0.6, "b" with 0.2; tracklet 1 the other way round.
        const float a = tracklet == 0 ? 0.6f : 0.2f, b = tracklet == 0 ? 0.2f : 0.6f;
        names.push_back({std::log(b), std::log(a), std::log(0.2f)});
      }
      return names;
    };
  }
};

infer::Blob BlobAt(int frame, int tracklet, bool seen = true) {
  infer::Blob blob;
  blob.frame = frame;
  blob.region = {10, 10, 5, 5};
  blob.tracklet = tracklet;
  blob.score = 0.9f;
  blob.area = 25;
  if (seen) {
    blob.identity_features = {static_cast<float>(frame), static_cast<float>(tracklet)};
  }
  return blob;
}

TEST_CASE("every frame of a tracklet gets the opinion of the window around it") {
  FakeVote fake;
  TrackRecord record(2, {100, 100});
  infer::WindowVoter voter(fake.vote, {"a", "b"}, record);
  constexpr int kFrames = 60;
  for (int frame = 0; frame < kFrames; ++frame) {
    infer::TrackedFrame tracked{frame, {BlobAt(frame, 0)}};
    if (frame >= 30) tracked.blobs.push_back(BlobAt(frame, 1, frame != 40));
    record.Add(tracked);
    voter.Add(tracked);
  }
  voter.Finish();
  REQUIRE(fake.asked.size() == kFrames + 29);  // frame 40 of the second was not seen alone
  size_t with = 0;
  for (size_t row = 0; row < record.rows().size(); ++row) {
    if (!record.HasOpinion(Source::kWindow, row)) continue;
    ++with;
    const size_t own = static_cast<size_t>(record.rows()[row].tracklet);
    // 0.6 against 0.2, the stranger left out.
    CHECK(std::exp(record.Opinion(Source::kWindow, row, own)) ==
          doctest::Approx(0.75).epsilon(0.02));
    CHECK(std::exp(record.Opinion(Source::kWindow, row, 1 - own)) ==
          doctest::Approx(0.25).epsilon(0.02));
  }
  CHECK(with == kFrames + 29);
  const auto asked = [&](int center, int first_of_tracklet) {
    for (const auto& window : fake.asked) {
      if (window[3] == center && (first_of_tracklet == 0) == (window[2] == center - 3)) {
        return window;
      }
    }
    return std::vector<int>();
  };
  CHECK(asked(20, 0) == std::vector<int>{11, 14, 17, 20, 23, 26, 29});
  bool start_is_missing = false, unseen_is_missing = false;
  for (const auto& window : fake.asked) {
    start_is_missing |= window == std::vector<int>{-1, -1, -1, 0, 3, 6, 9};
    unseen_is_missing |= window == std::vector<int>{34, 37, -1, 43, 46, 49, 52};
  }
  CHECK(start_is_missing);
  CHECK(unseen_is_missing);
}

// Two animals side by side; the crops of single frames favor the wrong one a little, the windows
// the right one clearly.
TEST_CASE("the windows' opinion is one more voter, and can turn a name") {
  train::ModelInfo info;
  info.classes = {"a", "b"};
  info.max_instances = {1, 1};
  info.median_area = 25;
  const auto names = [&](bool with_windows) {
    FakeVote fake;
    TrackRecord record(2, {100, 100});
    infer::WindowVoter voter(fake.vote, {"a", "b"}, record);
    for (int frame = 0; frame < 200; ++frame) {
      infer::TrackedFrame tracked{frame, {BlobAt(frame, 0), BlobAt(frame, 1)}};
      for (size_t animal = 0; animal < 2; ++animal) {
        const float wrong = std::log(0.55f), right = std::log(0.45f);
        tracked.blobs[animal].crop_log_prob =
            animal == 0 ? std::vector<float>{right, wrong} : std::vector<float>{wrong, right};
      }
      record.Add(tracked);
      if (with_windows) voter.Add(tracked);
    }
    if (with_windows) voter.Finish();
    std::vector<infer::Tracklet> tracklets = {{0, 0, 200, false}, {1, 0, 200, false}};
    std::vector<int> classes;
    for (const auto& name : infer::NameTracklets(record, tracklets, {}, info, {})) {
      classes.push_back(name.class_index);
    }
    return classes;
  };
  CHECK(names(false) == std::vector<int>{1, 0});
  CHECK(names(true) == std::vector<int>{0, 1});
}

TEST_CASE("a record without windows says so, and one with some keeps the rest empty") {
  TrackRecord record(2, {100, 100});
  infer::TrackedFrame tracked{0, {BlobAt(0, 0), BlobAt(0, 1), BlobAt(0, 2)}};
  record.Add(tracked);
  CHECK_FALSE(record.HasOpinion(Source::kWindow, 1));
  CHECK(record.Opinion(Source::kWindow, 1, 0) == 0);
  record.SetWindowOpinion(1, {std::log(0.9f), std::log(0.1f)});
  CHECK_FALSE(record.HasOpinion(Source::kWindow, 0));
  CHECK(record.HasOpinion(Source::kWindow, 1));
  CHECK_FALSE(record.HasOpinion(Source::kWindow, 2));
  CHECK(std::exp(record.Opinion(Source::kWindow, 1, 0)) == doctest::Approx(0.9).epsilon(0.02));
}

TEST_CASE("which model votes: none, the project's newest that knows the animals, or one by name") {
  tests::TempDir folder;
  auto project = datasets::Project::Create(folder / "a.vole");
  infer::PredictOptions options;
  CHECK_FALSE(infer::ChooseIdentityVote(*project, {"a", "b"}, options));  // auto, and there is none
  options.identity = "none";
  CHECK_FALSE(infer::ChooseIdentityVote(*project, {"a", "b"}, options));
  options.identity = "nobody";
  try {
    infer::ChooseIdentityVote(*project, {"a", "b"}, options);
    FAIL("it was found");
  } catch (const datasets::Error& error) {
    CHECK(std::string(error.what()).find("identity model 'nobody'") != std::string::npos);
  }
  CHECK_FALSE(infer::ChooseIdentityVote(*project, {"alone"}, options));  // nobody to mix it up with
}

}  // namespace

}  // namespace identity_vote_test
