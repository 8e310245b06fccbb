#include "datasets/store/review/review_order.h"

#include <doctest/doctest.h>

namespace review_order_test {

namespace {

datasets::ReviewItemRow Item(datasets::Id id, double score, const char* reason) {
  datasets::ReviewItemRow item;
  item.id = id;
  item.score = score;
  item.reason_code = reason;
  return item;
}

}  // namespace

TEST_CASE("a queue is shown worst first, with one audit in every ten episodes") {
  std::vector<datasets::ReviewItemRow> items;
  for (int i = 1; i <= 30; ++i) items.push_back(Item(i, (i * 7 % 30) / 30.0, "odd_area"));
  for (int i = 31; i <= 34; ++i) items.push_back(Item(i, 0.001 * i, "audit"));
  datasets::SortForReview(items);
  REQUIRE(items.size() == 34);
  double before = 2;
  for (size_t i = 0; i < items.size(); ++i) {
    const bool audit = items[i].reason_code == "audit";
    CHECK(audit == (i == 9 || i == 19 || i == 29 || i == 33));
    if (audit) continue;
    CHECK(items[i].score <= before);
    before = items[i].score;
  }
}

TEST_CASE("audits come as they were drawn, of all videos in turn, whatever their scores") {
  std::vector<datasets::ReviewItemRow> items;
  for (int i = 0; i < 40; ++i) {
    items.push_back(Item(i + 1, (i * 7 % 40) / 40.0, "audit"));
    items.back().video_id = i < 30 ? 1 : 2;
  }
  std::vector<datasets::ReviewItemRow> again(items.rbegin(), items.rend());
  datasets::SortForReview(items);
  datasets::SortForReview(again);
  for (size_t i = 0; i < items.size(); ++i) CHECK(items[i].id == again[i].id);
  for (int i = 0; i < 10; ++i) {
    CHECK(items[static_cast<size_t>(2 * i)].id == i + 1);
    CHECK(items[static_cast<size_t>(2 * i + 1)].id == i + 31);
  }
  for (size_t i = 20; i < 40; ++i) CHECK(items[i].id == static_cast<int>(i) - 9);
}

TEST_CASE("audits without anything suspicious stay, and an empty queue stays empty") {
  std::vector<datasets::ReviewItemRow> items = {Item(2, 0.1, "audit"), Item(1, 0.0, "audit")};
  datasets::SortForReview(items);
  REQUIRE(items.size() == 2);
  items.clear();
  datasets::SortForReview(items);
  CHECK(items.empty());
}

}  // namespace review_order_test
