#include "datasets/base/url.h"

#include <cctype>

#include "datasets/base/encoding.h"

namespace datasets {

std::string UrlDecoded(const std::string& text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](size_t at) {
      const bool there = at < text.size() && std::isxdigit(static_cast<unsigned char>(text[at]));
      return there ? std::stoi(text.substr(at, 1), nullptr, 16) : -1;
    };
    const int high = digit(i + 1), low = digit(i + 2);
    if (text[i] == '%' && high >= 0 && low >= 0 && high * 16 + low > 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return IsUtf8(decoded) ? decoded : text;
}

std::string PathOfUrl(const std::string& text) {
  const size_t local = text.find("/?d=");
  if (local != std::string::npos) return UrlDecoded(text.substr(local + 4));
  for (const std::string start : {"http://", "https://", "/data/upload/"}) {
    if (text.rfind(start, 0) == 0) {
      return UrlDecoded(text.substr(start.size(), text.find('?') - start.size()));
    }
  }
  return text;
}

}  // namespace datasets
