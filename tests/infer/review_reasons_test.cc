#include <doctest/doctest.h>

#include <set>

#include "infer/review/reasons.h"
#include "infer/review/sign.h"

namespace review_reasons_test {

using datasets::ReviewItemRow;
using infer::RemedyOf;

TEST_CASE("Every reason has a code of its own, and every code finds its reason") {
  std::set<std::string_view> codes;
  for (const auto& reason : infer::ReviewReasons()) {
    CHECK(codes.insert(reason.code).second);
    CHECK(infer::ReasonOf(reason.code).title == reason.title);
    CHECK_FALSE(reason.title.empty());
  }
  CHECK(codes.count("masks_disagree"));  // which two signs give
}

TEST_CASE("Every sign is measured, counts, and is told") {
  for (const infer::SignInfo& sign : infer::SignTable()) {
    INFO(sign.reason.code);
    CHECK(bool(sign.measure));
    CHECK(bool(sign.tell));
    CHECK(sign.weight > 0);
    CHECK(sign.hint > 0);
    CHECK(sign.hint <= 1);
    CHECK(infer::ReasonOf(sign.reason.code).code == sign.reason.code);
  }
}

TEST_CASE("A code of a newer program is shown in words and mended as an outline") {
  CHECK(infer::ReasonOf("left_right_exchange").code == datasets::kOtherReason.code);
  CHECK(infer::TitleOf("left_right_exchange") == "left right exchange");
  ReviewItemRow item;
  item.reason_code = "left_right_exchange";
  item.start_frame = 10, item.end_frame = 14;
  CHECK(RemedyOf(item).find("worst of 4 frames") != std::string::npos);
}

TEST_CASE("A random check of a bout asks what any bout asks") {
  ReviewItemRow item;
  item.reason_code = datasets::kAuditReason.code;
  CHECK(RemedyOf(item).find("random check") != std::string::npos);
  item.behavior_id = 1;
  CHECK(RemedyOf(item).find("it happened") != std::string::npos);
  item.reason_code = datasets::kMissedBehavior.code;
  CHECK(RemedyOf(item).find("nothing happened") != std::string::npos);
}

}  // namespace review_reasons_test
