// What the animals of meetings may name, for the check of a project's rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace datasets {

// The tracklets and tracks of one prediction, as in infer/names/name_evidence.h.
class MeetingNames {
 public:
  // Of a text that says nothing of tracklets (damage is found elsewhere), everything may be named.
  explicit MeetingNames(const std::string& evidence);
  // What is wrong with an animal of a meeting, as the end of a sentence; "" where nothing is.
  std::string Wrong(int64_t number, const std::vector<std::optional<int64_t>>& tracklets) const;

 private:
  bool known_ = false;
  int64_t numbers_ = 0;
  std::vector<bool> has_name_;  // by tracklet
};

}  // namespace datasets
