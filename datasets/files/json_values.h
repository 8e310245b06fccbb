// What JSON writes for a value that may be missing.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

namespace datasets {

template <class T>
nlohmann::ordered_json OrNull(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace datasets
