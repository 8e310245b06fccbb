// Names as they stand in URLs.
#pragma once

#include <string>

namespace datasets {

// "my%20cage" -> "my cage"; as it is where that would not be UTF-8.
std::string UrlDecoded(const std::string& text);

// The path in a URL, decoded: "https://x.y/my%20cage.png?sig=1" -> "x.y/my cage.png", and Label
// Studio's "/data/upload/1/a%20b.png" -> "1/a b.png" and "/data/local-files/?d=a%20b.png" ->
// "a b.png". Any other text as it is; so is what this gives: nothing is decoded twice.
std::string PathOfUrl(const std::string& text);

}  // namespace datasets
