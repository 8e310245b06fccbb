#include <doctest/doctest.h>

#include <algorithm>

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

}  // namespace counted_frames_test
