#include "datasets/store/review/review_order.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "datasets/store/review/review_reasons.h"

namespace datasets {
namespace {

// Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4).
uint32_t Shuffled(const ReviewItemRow& item) {
  return static_cast<uint32_t>(item.start_frame + 7919 * item.video_id) * 2654435769u;
}

}  // namespace

void SortForReview(std::vector<ReviewItemRow>& items) {
  constexpr size_t kEvery = 10;
  const auto audits = std::stable_partition(
      items.begin(), items.end(), [](const auto& item) { return !Is(item, kAuditReason); });
  std::vector<ReviewItemRow> drawn(std::make_move_iterator(audits),
                                   std::make_move_iterator(items.end()));
  items.erase(audits, items.end());
  std::stable_sort(items.begin(), items.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  std::stable_sort(drawn.begin(), drawn.end(),
                   [](const auto& a, const auto& b) { return Shuffled(a) < Shuffled(b); });
  std::vector<ReviewItemRow> mixed;
  size_t next = 0;
  for (ReviewItemRow& item : items) {
    if (mixed.size() % kEvery == kEvery - 1 && next < drawn.size()) {
      mixed.push_back(std::move(drawn[next++]));
    }
    mixed.push_back(std::move(item));
  }
  std::move(drawn.begin() + static_cast<std::ptrdiff_t>(next), drawn.end(),
            std::back_inserter(mixed));
  items = std::move(mixed);
}

}  // namespace datasets
