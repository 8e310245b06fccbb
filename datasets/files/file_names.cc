#include "datasets/files/file_names.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string_view>

#include "datasets/base/fingerprint.h"

namespace datasets {
namespace {

constexpr size_t kMostBytes = 190;

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); }

void AddEscaped(char c, std::string* text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  *text += '%';
  *text += kDigits[byte >> 4];
  *text += kDigits[byte & 15];
}

// 64 bits twice, from two starts: names need no secret.
std::string Hash(std::string_view text) {
  std::string hex;
  for (const uint64_t start : {0xcbf29ce484222325u, 0x9ae16a3b2f90404fu}) {
    Fingerprint fingerprint(start);
    fingerprint.AddText(text);
    hex += fingerprint.Hex();
  }
  return hex;
}

}  // namespace

std::string FileNameFor(const std::string& name) {
  if (name.empty()) return "%";
  std::string text;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    // A percent sign stays where it cannot be taken for one of ours.
    const bool percent =
        c == '%' &&
        (name.size() == 1 || (i + 2 < name.size() && IsHex(name[i + 1]) && IsHex(name[i + 2])));
    if (control || c == '/' || c == '\\' || percent || (i == 0 && c == '.')) {
      AddEscaped(c, &text);
    } else {
      text += c;
    }
  }
  if (text.size() <= kMostBytes) return text;
  const std::string hash = Hash(name);
  size_t kept = kMostBytes - hash.size() - 2;
  while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xC0) == 0x80) --kept;
  return text.substr(0, kept) + "%~" + hash;
}

std::string LowerEnding(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending;
}

const std::vector<std::string>& VideoExtensions() {
  static const std::vector<std::string> extensions = {
      ".mp4", ".avi",  ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".wmv", ".webm",
      ".ts",  ".h264", ".mts", ".flv", ".ogv", ".3gp", ".y4m",  ".vob"};
  return extensions;
}

bool HasVideoEnding(const std::filesystem::path& path) {
  const std::vector<std::string>& known = VideoExtensions();
  return std::find(known.begin(), known.end(), LowerEnding(path)) != known.end();
}

}  // namespace datasets
