#include "datasets/store/review/review_reasons.h"

#include <doctest/doctest.h>

#include <set>

using datasets::ReviewItemRow;
using datasets::ReviewReason;

TEST_CASE("Every reason has a code of its own, and every code finds its reason") {
  std::set<std::string_view> codes;
  for (const auto& info : datasets::ReviewReasons()) {
    CHECK(codes.insert(info.code).second);
    CHECK(datasets::ReasonOf(info.code).reason == info.reason);
    CHECK(datasets::CodeOf(info.reason) == info.code);
    CHECK_FALSE(info.title.empty());
  }
}

TEST_CASE("A code of a newer program is shown in words and mended as an outline") {
  CHECK(datasets::ReasonOf("left_right_exchange").reason == ReviewReason::kOther);
  CHECK(datasets::TitleOf("left_right_exchange") == "left right exchange");
  ReviewItemRow item;
  item.reason_code = "left_right_exchange";
  item.start_frame = 10, item.end_frame = 14;
  CHECK(datasets::RemedyOf(item).find("worst of 4 frames") != std::string::npos);
}

TEST_CASE("A random check of a bout asks what any bout asks") {
  ReviewItemRow item;
  item.reason_code = datasets::CodeOf(ReviewReason::kAudit);
  CHECK(datasets::RemedyOf(item).find("random check") != std::string::npos);
  item.behavior_id = 1;
  CHECK(datasets::RemedyOf(item).find("it happened") != std::string::npos);
  item.reason_code = datasets::CodeOf(ReviewReason::kMissedBehavior);
  CHECK(datasets::RemedyOf(item).find("nothing happened") != std::string::npos);
}
