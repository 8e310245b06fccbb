#include <doctest/doctest.h>

#include <algorithm>

#include "datasets/unknown_name.h"
#include "tests/infer/statement/predicted.h"

namespace counted_frames_test {

using annotate::Verdict;
using tests::Predicted;

namespace {

std::set<int> Span(int start, int end) {
  std::set<int> frames;
  for (int frame = start; frame < end; ++frame) frames.insert(frame);
  return frames;
}

int RandomIn(const Predicted& predicted, int start, int end) {
  const auto items = predicted.OpenRandom();
  return static_cast<int>(std::count_if(items.begin(), items.end(), [&](const auto& item) {
    return item.start_frame >= start && item.start_frame < end;
  }));
}

}  // namespace

TEST_CASE(
    "frames of a skipped episode stay in the random draw as they stay in what it speaks for") {
  Predicted predicted(0, 1, {200, 300});
  predicted.DrawRandom(200);
  const int before = RandomIn(predicted, 200, 300);
  REQUIRE(before > 20);
  predicted.DecideEpisodes(Verdict::kSkipped);
  predicted.DrawRandom(200);
  CHECK(RandomIn(predicted, 200, 300) == before);
  predicted.Check(Span(200, 300));
  const infer::Statement statement = predicted.State();
  CHECK(statement.sample.frames == 400);
  CHECK(statement.most_wrong >= 100);
}

TEST_CASE("frames of a rejected episode are wrong, until people draw all of their animals") {
  Predicted predicted(0, 2, {200, 300});
  predicted.DrawRandom(200);
  predicted.DecideEpisodes(Verdict::kRejected);
  predicted.DrawRandom(200);
  predicted.Check({});
  CHECK(predicted.State().most_wrong >= 100);
  for (int frame = 200; frame < 300; ++frame) predicted.Label(frame, 0);
  CHECK(predicted.State().most_wrong >= 100);
  for (int frame = 200; frame < 300; ++frame) predicted.Label(frame, 1);
  const infer::Statement mended = predicted.State();
  CHECK(mended.most_wrong < 100);
  CHECK(mended.known_frames == 100);
}

TEST_CASE("an episode that is said to be corrected is known where every animal has a label") {
  Predicted predicted(0, 2, {200, 300});
  predicted.DrawRandom(200);
  const int before = RandomIn(predicted, 200, 300);
  predicted.DecideEpisodes(Verdict::kCorrected);
  predicted.DrawRandom(200);
  CHECK(RandomIn(predicted, 200, 300) == before);
  CHECK(predicted.State().sample.frames == 400);
  for (int frame = 200; frame < 300; ++frame) predicted.Label(frame, 0, 8);
  CHECK(predicted.State().known_frames == 0);
  for (int frame = 200; frame < 300; ++frame) predicted.Label(frame, 1, 8);
  predicted.Check({});
  const infer::Statement statement = predicted.State();
  CHECK(statement.known_frames == 100);
  CHECK(statement.sample.frames == 300);
  CHECK(statement.sample.wrong == 0);
}

TEST_CASE("a random frame that is left open before an answered one counts as wrong") {
  Predicted predicted;
  predicted.DrawRandom(120);
  int open = 0;
  for (const auto& item : predicted.OpenRandom()) {
    if (item.start_frame < 100) {
      ++open;
    } else {
      predicted.Decide(item, Verdict::kAccepted);
    }
  }
  REQUIRE(open > 10);
  const infer::Statement statement = predicted.State();
  CHECK(statement.sample.wrong >= open - 5);  // but for those at the end of the draw
  CHECK(statement.sample.drawn >= 115);
  CHECK(statement.sample.drawn <= 120);
}

TEST_CASE("drawing a random frame anew instead of answering it takes nothing bad out of the draw") {
  Predicted predicted;
  predicted.DrawRandom(120);
  int mended = 0, redrawn_alike = 0;
  for (const auto& item : predicted.OpenRandom()) {
    if (item.start_frame < 50) {
      predicted.Label(item.start_frame, 0, 8);  // an IoU of 1/9 with the prediction
      ++mended;
    } else if (item.start_frame < 100) {
      predicted.Label(item.start_frame, 0, 1);
      ++redrawn_alike;
    }
  }
  REQUIRE(mended > 5);
  REQUIRE(redrawn_alike > 5);
  predicted.Check(Span(0, 100), 1);
  for (const auto& item : predicted.OpenRandom()) {
    if (item.start_frame >= 100) predicted.Decide(item, Verdict::kAccepted);
  }
  const infer::Statement statement = predicted.State();
  CHECK(statement.sample.wrong >= mended - 3);
  CHECK(statement.sample.wrong <= mended + 1);
  CHECK(statement.known_frames <= redrawn_alike + 3);
  CHECK(statement.known_frames >= redrawn_alike - 1);
}

TEST_CASE("a frame whose animals had no name is not wrong when people name them") {
  Predicted predicted(0, 2);
  predicted.project->Write([&](datasets::Writer& writer) {
    const datasets::Id unknown = datasets::FindOrInsertUnknown(writer);
    writer.connection().Run("UPDATE predictions SET category_id = ? WHERE frame_index < 200",
                            unknown);
  });
  predicted.DrawRandom(60);
  int named = 0;
  for (const auto& item : predicted.OpenRandom()) {
    const int frame = item.start_frame;
    for (const int animal : {0, 1}) predicted.Label(frame, animal);
    named += frame < 200;
    predicted.Decide(item, Verdict::kAccepted);
  }
  REQUIRE(named > 10);
  CHECK(predicted.State().sample.wrong == 0);
}

TEST_CASE("outlines of animals without a name are wrong where people drew others") {
  Predicted predicted(0, 2);
  predicted.project->Write([&](datasets::Writer& writer) {
    writer.connection().Run("UPDATE predictions SET category_id = ?",
                            datasets::FindOrInsertUnknown(writer));
  });
  predicted.DrawRandom(20);
  for (const auto& item : predicted.OpenRandom()) {
    for (const int animal : {0, 1}) predicted.Label(item.start_frame, animal, animal == 0 ? 8 : 0);
    predicted.Decide(item, Verdict::kAccepted);
  }
  CHECK(predicted.State().sample.wrong >= 20);
}

TEST_CASE("drawing a wrong random frame anew and accepting it then leaves it wrong") {
  Predicted predicted;
  predicted.DrawRandom(60);
  const auto items = predicted.OpenRandom();
  for (size_t i = 0; i < 20; ++i) predicted.Label(items[i].start_frame, 0, 8);
  predicted.Check({});
  CHECK(predicted.State().sample.wrong == 20);
}

TEST_CASE("faults that the sample has found stay in it when the episodes around them are mended") {
  Predicted predicted(0, 2, {200, 300});
  predicted.DrawRandom(200);
  predicted.Check(Span(200, 300));
  const infer::Statement before = predicted.State();
  REQUIRE(before.sample.wrong > 20);
  predicted.DecideEpisodes(Verdict::kAccepted);  // nobody has mended anything elsewhere
  const infer::Statement after = predicted.State();
  CHECK(after.sample.wrong == before.sample.wrong);
  CHECK(after.most_wrong >= before.sample.wrong);
}

TEST_CASE("decisions on key points say nothing about names and outlines") {
  Predicted predicted(0, 2, {200, 300});
  predicted.DrawRandom(100);
  predicted.project->Write([](datasets::Writer& writer) {
    writer.connection().Script(
        "UPDATE review_items SET reason_code = 'point_jump' WHERE reason_code <> 'audit'");
  });
  predicted.DecideEpisodes(Verdict::kRejected);
  CHECK(predicted.State().known_frames == 0);
}

TEST_CASE("random frames that were accepted are right, but not under names exchanged since") {
  Predicted predicted(0, 2);
  const auto run = [&](const std::string& sql) {
    predicted.project->Write([&](datasets::Writer& writer) { writer.connection().Script(sql); });
  };
  run("UPDATE predictions SET outline = NULL WHERE category_id = 2 AND frame_index < 200");
  predicted.DrawRandom(60);
  predicted.Check({});
  CHECK(predicted.State().sample.drawn == 60);
  CHECK(predicted.State().sample.wrong == 0);
  run("INSERT INTO prediction_corrections (job_id, video_id, start_frame, end_frame, kind,"
      " category_id, other_category_id, author, created_at) VALUES (" +
      std::to_string(predicted.job_id) + ", 1, 0, 400, 'swap', 1, 2, 'Ada', 1)");
  CHECK(predicted.State().sample.wrong == 60);
}

}  // namespace counted_frames_test
