// One options struct a job. The struct names each field once, in a Visit member:
//
//   struct TrainOptions {
//     int steps = 0;
//     std::string device = "auto";
//     template <class Visitor> void Visit(Visitor&& v) {
//       v.Field("steps", steps, "training steps; 0 chooses from the data", datasets::Range{0,
//       1e7}); v.Field("device", device, "auto, cpu or cuda[:N]");
//     }
//   };
//
// From that one place come the command-line flags and their help (app/cli), the form on the screen,
// the JSON that is stored with the job, and the range check (here).
// Field types: bool, int, int64_t, double, std::string.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>

#include "datasets/base/error.h"

namespace datasets {

// Inclusive bounds of a numeric field; low > high means unbounded.
struct Range {
  double low = 1;
  double high = 0;
  bool bounded() const { return low <= high; }
};

namespace internal {

struct JsonWriter {
  nlohmann::json json = nlohmann::json::object();
  template <class T>
  void Field(const char* name, T& value, const char*, Range = {}) {
    json[name] = value;
  }
};

struct JsonReader {
  const nlohmann::json& json;
  template <class T>
  void Field(const char* name, T& value, const char*, Range = {}) {
    auto it = json.find(name);
    if (it != json.end()) value = it->template get<T>();
  }
};

struct RangeChecker {
  std::string what;
  template <class T>
  void Field(const char* name, T& value, const char*, Range range = {}) {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      const double number = static_cast<double>(value);
      if (range.bounded() && !(number >= range.low && number <= range.high)) {
        nlohmann::json low = range.low, high = range.high;
        throw Error(what + " option '" + name + "'",
                    "the value " + nlohmann::json(value).dump() + " is out of range",
                    "give a value from " + low.dump() + " to " + high.dump());
      }
    }
  }
};

}  // namespace internal

// All fields as a JSON object.
template <class Options>
nlohmann::json OptionsToJson(Options options) {
  internal::JsonWriter writer;
  options.Visit(writer);
  return writer.json;
}

// Fields missing in `json` keep their defaults; unknown keys are ignored (older or newer version).
template <class Options>
Options OptionsFromJson(const nlohmann::json& json) {
  Options options;
  internal::JsonReader reader{json};
  options.Visit(reader);
  return options;
}

// Throws Error naming `what`, the option, its value and the allowed range.
template <class Options>
void CheckOptions(Options options, const std::string& what) {
  internal::RangeChecker checker{what};
  options.Visit(checker);
}

}  // namespace datasets
