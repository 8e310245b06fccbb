#include "app/model/results/result_saves.h"

#include <algorithm>

namespace app {

std::optional<datasets::Id> ResultSaves::video_id() const {
  if (wishes_.empty()) return std::nullopt;
  return wishes_.front().video_id;
}

void ResultSaves::Serve(
    const std::shared_ptr<const ShownResults>& measured,
    const std::function<void(const Wish&, std::shared_ptr<const datasets::VideoResults>)>& save) {
  if (!measured) return;
  const auto is_served = [&](const Wish& wish) {
    return wish.video_id == measured->video_id && wish.revision <= measured->revision;
  };
  for (const Wish& wish : wishes_) {
    if (is_served(wish)) save(wish, measured->results);
  }
  wishes_.erase(std::remove_if(wishes_.begin(), wishes_.end(), is_served), wishes_.end());
}

size_t ResultSaves::Drop(datasets::Id video_id) {
  const size_t before = wishes_.size();
  wishes_.erase(std::remove_if(wishes_.begin(), wishes_.end(),
                               [&](const Wish& wish) { return wish.video_id == video_id; }),
                wishes_.end());
  return before - wishes_.size();
}

}  // namespace app
