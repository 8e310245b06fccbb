// Whether a message holds some words; it is shown where it does not.
#pragma once

#include <doctest/doctest.h>

#include <string>

namespace tests {

inline bool Says(const std::string& text, const std::string& part) {
  const bool says = text.find(part) != std::string::npos;
  if (!says) MESSAGE("'" << text << "' does not say '" << part << "'");
  return says;
}

}  // namespace tests
