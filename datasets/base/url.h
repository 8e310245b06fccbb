// Names as they stand in URLs.
#pragma once

#include <string>

namespace datasets {

// "my%20cage" -> "my cage"; as it is where that would not be UTF-8.
std::string UrlDecoded(const std::string& text);

}  // namespace datasets
