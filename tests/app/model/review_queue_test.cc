#include <doctest/doctest.h>

#include <string>

#include "app/model/session/shown_queue.h"
#include "infer/review/reasons.h"
#include "tests/support/says.h"

namespace review_queue_test {

using tests::Says;

namespace {

std::string CostOf(const std::string& code, const std::string& animals, int frames) {
  datasets::ReviewItemRow item;
  item.reason_code = code;
  item.animals_json = animals;
  item.start_frame = 100;
  item.end_frame = 100 + frames;
  return infer::RemedyOf(item);
}

}  // namespace

TEST_CASE("what a mend costs fits the reason: swap, take out, add or redraw") {
  const std::string one = R"(["vole_1"])", two = R"(["vole_1","vole_2"])";
  CHECK(Says(CostOf("low_identity_margin", two, 40), "swap (Ctrl+T)"));
  CHECK(Says(CostOf("looks_like_another", two, 40), "over this span"));
  CHECK(Says(CostOf("low_identity_margin", one, 1), "R takes its outline out of the frame"));
  CHECK(Says(CostOf("seen_briefly", one, 3), "out of 3 frames"));
  CHECK(Says(CostOf("low_score", one, 3), "out of 3 frames"));
  CHECK(Says(CostOf("animal_missing", one, 10), "Ctrl+Shift+B"));
  CHECK(Says(CostOf("odd_area", one, 1), "redraw one outline"));
  CHECK(Says(CostOf("masks_disagree", one, 9), "worst of 9 frames"));
  CHECK(Says(CostOf("audit", two, 5), "random check"));
}

}  // namespace review_queue_test
