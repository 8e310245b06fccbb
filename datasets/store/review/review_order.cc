#include "datasets/store/review/review_order.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "datasets/store/review/review_reasons.h"

namespace datasets {

void SortForReview(std::vector<ReviewItemRow>& items) {
  constexpr size_t kEvery = 10;
  const auto audits = std::stable_partition(
      items.begin(), items.end(), [](const auto& item) { return !Is(item, kAuditReason); });
  std::vector<ReviewItemRow> drawn(std::make_move_iterator(audits),
                                   std::make_move_iterator(items.end()));
  items.erase(audits, items.end());
  std::stable_sort(items.begin(), items.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  // The first of every video, then the second of every video.
  std::sort(drawn.begin(), drawn.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  std::map<std::pair<Id, Id>, int> drawn_of;
  std::vector<std::pair<int, size_t>> order;
  for (size_t d = 0; d < drawn.size(); ++d) {
    order.emplace_back(drawn_of[{drawn[d].video_id, drawn[d].job_id}]++, d);
  }
  std::sort(order.begin(), order.end());
  const auto drawn_at = [&](size_t place) -> ReviewItemRow& { return drawn[order[place].second]; };
  std::vector<ReviewItemRow> mixed;
  size_t next = 0;
  for (ReviewItemRow& item : items) {
    if (mixed.size() % kEvery == kEvery - 1 && next < drawn.size()) {
      mixed.push_back(std::move(drawn_at(next++)));
    }
    mixed.push_back(std::move(item));
  }
  for (; next < order.size(); ++next) mixed.push_back(std::move(drawn_at(next)));
  items = std::move(mixed);
}

}  // namespace datasets
