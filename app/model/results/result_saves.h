// Files of results that a person has asked for. Each is written from a measurement that is at least
// as new as what was in view when its name was chosen, however long that takes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/model/results/results_feed.h"

namespace app {

class ResultSaves {
 public:
  struct Wish {
    datasets::Id video_id = 0;
    int64_t revision = 0;
    datasets::ResultPart part = datasets::ResultPart::kBudget;
    std::string file;
  };
  void Add(Wish wish) { wishes_.push_back(std::move(wish)); }
  size_t waiting() const { return wishes_.size(); }
  // The video that has to be measured first; none: nothing waits.
  std::optional<datasets::Id> video_id() const;
  // Calls `save` with each wish that this measurement (or null) serves; then it waits no more.
  void Serve(
      const std::shared_ptr<const ShownResults>& measured,
      const std::function<void(const Wish&, std::shared_ptr<const datasets::VideoResults>)>& save);
  // Drops the wishes of this video, which is gone; how many there were.
  size_t Drop(datasets::Id video_id);

 private:
  std::vector<Wish> wishes_;
};

}  // namespace app
