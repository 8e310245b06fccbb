// Command-line flags from an options struct (datasets/base/options.h): one flag a field, named as
// the field, with its help, its default and its range. A field that is `true` by default gets
// --no-NAME.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <type_traits>

#include "datasets/base/options.h"

namespace app {

namespace internal {

inline std::string NumberText(double value) { return nlohmann::json(value).dump(); }

struct FlagAdder {
  CLI::App& command;
  std::set<std::string> skip;
  template <class T>
  void Field(const char* name, T& value, const char* help, datasets::Range range = {}) {
    if (skip.count(name)) return;
    std::string flag = std::string("--") + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    if constexpr (std::is_same_v<T, bool>) {
      if (value) {
        command.add_flag(flag + ",!--no-" + flag.substr(2), value,
                         std::string(help) + " (default: yes)");
      } else {
        command.add_flag(flag, value, help);
      }
    } else {
      auto* option = command.add_option(flag, value, help);
      if constexpr (std::is_arithmetic_v<T>) {
        option->capture_default_str()->type_name("N");
        if (range.bounded()) {
          option->check([range](const std::string& text) -> std::string {
            char* end = nullptr;
            const double number = std::strtod(text.c_str(), &end);
            if (end == text.c_str() || *end) return "'" + text + "' is not a number";
            if (number >= range.low && number <= range.high) return "";
            return text + " is out of range; give a value from " + NumberText(range.low) + " to " +
                   NumberText(range.high);
          });
        }
      } else {
        if (!value.empty()) option->capture_default_str();
        option->type_name("TEXT");
      }
    }
  }
};

}  // namespace internal

// `options` must outlive the parsing of the command line. Fields named in `skip` get no flag.
template <class Options>
void AddOptionFlags(CLI::App& command, Options& options, const std::set<std::string>& skip = {}) {
  internal::FlagAdder adder{command, skip};
  options.Visit(adder);
}

}  // namespace app
