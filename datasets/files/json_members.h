// Members of a JSON tree that may be missing or of another kind, looked at in place.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace datasets {

// Null where it is no object, or has no such member.
inline const nlohmann::json& MemberOf(const nlohmann::json& object, const std::string& key) {
  static const nlohmann::json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

// Itself where it is a list, else an empty one.
inline const nlohmann::json& ListOf(const nlohmann::json& value) {
  static const nlohmann::json kEmpty = nlohmann::json::array();
  return value.is_array() ? value : kEmpty;
}

inline std::string TextMember(const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& value = MemberOf(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

}  // namespace datasets
