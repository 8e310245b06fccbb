#include "datasets/store/verify/verify_meetings.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace datasets {

MeetingNames::MeetingNames(const std::string& evidence) {
  const auto all = nlohmann::json::parse(evidence, nullptr, false);
  if (!all.is_object() || !all.contains("tracklets") || !all["tracklets"].is_array()) return;
  if (!all.contains("max_instances") || !all["max_instances"].is_array()) return;
  known_ = true;
  for (const auto& instances : all["max_instances"]) {
    if (instances.is_number_integer()) numbers_ += std::max<int64_t>(1, instances.get<int64_t>());
  }
  for (const auto& tracklet : all["tracklets"]) has_name_.push_back(!tracklet.is_null());
}

std::string MeetingNames::Wrong(int64_t number,
                                const std::vector<std::optional<int64_t>>& tracklets) const {
  if (!known_) return "";
  if (number < 0 || number >= numbers_) {
    return fmt::format("its prediction has no track {}", number);
  }
  for (const std::optional<int64_t>& tracklet : tracklets) {
    const bool is_there =
        !tracklet || (*tracklet >= 0 && *tracklet < static_cast<int64_t>(has_name_.size()) &&
                      has_name_[static_cast<size_t>(*tracklet)]);
    if (!is_there) return fmt::format("its prediction has no tracklet {}", *tracklet);
  }
  return "";
}

}  // namespace datasets
