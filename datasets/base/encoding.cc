#include "datasets/base/encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>

#include "datasets/base/error.h"

namespace datasets {
namespace {

// Bytes 0x80 to 0x9F; the five that Windows leaves open mean what they mean in Latin-1.
constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
constexpr uint32_t kReplacement = 0xFFFD;

thread_local TextGuesses* collector = nullptr;

// Of the letter at `at`; 0 where there is none.
size_t LetterBytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF && follows(1)) return 2;
  if (first >= 0xE0 && first <= 0xEF && follows(1) && follows(2)) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool beyond = first == 0xF4 && second > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

void Put(uint32_t letter, std::string* text) {
  const auto add = [&](uint32_t byte) { *text += static_cast<char>(byte); };
  const auto follow = [&](int shift) { add(0x80 | (letter >> shift & 0x3F)); };
  if (letter < 0x80) {
    add(letter);
  } else if (letter < 0x800) {
    add(0xC0 | letter >> 6);
    follow(0);
  } else if (letter < 0x10000) {
    add(0xE0 | letter >> 12);
    follow(6);
    follow(0);
  } else {
    add(0xF0 | letter >> 18);
    follow(12);
    follow(6);
    follow(0);
  }
}

std::string FromUtf16(const std::string& bytes, bool big_endian, const std::string& what) {
  if (bytes.size() % 2 != 0) {
    throw Error(what, "it is UTF-16 and ends in the middle of a letter", "save it as UTF-8");
  }
  const auto unit = [&](size_t i) -> uint32_t {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto second = static_cast<unsigned char>(bytes[i + 1]);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  std::string text;
  for (size_t i = 2; i < bytes.size(); i += 2) {
    uint32_t letter = unit(i);
    if (letter >= 0xD800 && letter < 0xE000) {
      const bool paired =
          letter < 0xDC00 && i + 2 < bytes.size() && unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000;
      letter = paired ? 0x10000 + ((letter - 0xD800) << 10) + (unit(i + 2) - 0xDC00) : kReplacement;
      if (paired) i += 2;
    }
    Put(letter, &text);
  }
  return text;
}

std::string FromWindows1252(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    Put(byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : byte, &text);
  }
  return text;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = LetterBytes(text, at);
    if (bytes == 0) return false;
    at += bytes;
  }
  return true;
}

std::string ShownText(std::string_view bytes) {
  std::string text;
  for (size_t at = 0; at < bytes.size();) {
    const size_t letter = LetterBytes(bytes, at);
    if (letter == 0 || bytes[at] == '\0') {
      Put(kReplacement, &text);
    } else {
      text += bytes.substr(at, letter);
    }
    at += std::max<size_t>(1, letter);
  }
  return text;
}

std::string TextOrWindows1252(std::string_view bytes) {
  return IsUtf8(bytes) ? std::string(bytes) : FromWindows1252(bytes);
}

std::string DecodeText(std::string bytes, const std::string& what, bool* guessed) {
  if (bytes.compare(0, 3, "\xEF\xBB\xBF") == 0) bytes.erase(0, 3);
  if (bytes.compare(0, 2, "\xFF\xFE") == 0) return FromUtf16(bytes, false, what);
  if (bytes.compare(0, 2, "\xFE\xFF") == 0) return FromUtf16(bytes, true, what);
  if (IsUtf8(bytes)) return bytes;
  if (guessed) *guessed = true;
  return FromWindows1252(bytes);
}

TextGuesses::TextGuesses() : outer_(collector) { collector = this; }
TextGuesses::~TextGuesses() { collector = outer_; }

void TextGuesses::Add(const std::string& what) {
  if (std::find(files_.begin(), files_.end(), what) == files_.end()) files_.push_back(what);
}

std::vector<std::string> TextGuesses::Sentences() const {
  constexpr size_t kMostSaid = 5;
  std::vector<std::string> said;
  for (size_t i = 0; i < std::min(files_.size(), kMostSaid); ++i) {
    said.push_back(files_[i] +
                   " is not UTF-8: it was taken as Windows-1252 (as Excel writes on Windows); "
                   "look whether the names are right, else save it as UTF-8");
  }
  if (files_.size() > kMostSaid) {
    said.push_back("so were " + std::to_string(files_.size() - kMostSaid) + " more files");
  }
  return said;
}

std::string ReadFileBytes(const std::filesystem::path& path, const std::string& what) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(what, "it is a folder", "give the file itself");
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) throw Error(what, "it cannot be opened", "check the path and the rights to read it");
  std::string bytes;
  const auto size = std::filesystem::file_size(path, ignored);
  if (!ignored) bytes.reserve(size);
  std::vector<char> block(1 << 20);
  for (size_t count; (count = std::fread(block.data(), 1, block.size(), file.get())) > 0;) {
    bytes.append(block.data(), count);
  }
  if (std::ferror(file.get())) throw Error(what, "reading it failed", "check the disk");
  return bytes;
}

std::string ReadTextFile(const std::filesystem::path& path, const std::string& what) {
  bool guessed = false;
  std::string text = DecodeText(ReadFileBytes(path, what), what, &guessed);
  if (guessed && collector) collector->Add(what);
  return text;
}

}  // namespace datasets
