// The one door for text from outside: what is kept is UTF-8.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace datasets {

// No overlong forms, no surrogates, nothing past U+10FFFF.
bool IsUtf8(std::string_view text);

// For showing: what is not UTF-8 (a file name in another encoding), and a NUL, becomes
// U+FFFD.
std::string ShownText(std::string_view bytes);

// For keeping: UTF-8 stays as it is, anything else is taken as Windows-1252 (Latin-1 with the
// quotes and dashes of Windows), in which every byte means something.
std::string TextOrWindows1252(std::string_view bytes);

// A file's bytes as UTF-8. A byte order mark decides between UTF-8 and UTF-16; without one it is
// UTF-8 where it can be, else Windows-1252, and then `*guessed` becomes true. Throws Error(thing =
// `what`) for UTF-16 that is cut in the middle of a letter.
std::string DecodeText(std::string bytes, const std::string& what, bool* guessed = nullptr);

// The whole file as it is. Throws Error(thing = `what`) when it cannot be read.
std::string ReadFileBytes(const std::filesystem::path& path, const std::string& what);

// The whole file as UTF-8, as DecodeText reads it; a guess is said to the thread's TextGuesses.
// Throws Error(thing = `what`) when it cannot be read.
std::string ReadTextFile(const std::filesystem::path& path, const std::string& what);

// While one lives, it collects what this thread's ReadTextFile had to guess, one sentence a file:
// an import says it with its other warnings, whichever of its readers has opened the file.
class TextGuesses {
 public:
  TextGuesses();
  ~TextGuesses();
  TextGuesses(const TextGuesses&) = delete;
  TextGuesses& operator=(const TextGuesses&) = delete;
  // At most a handful, and how many more there were.
  std::vector<std::string> Sentences() const;
  void Add(const std::string& what);  // of a file that is read twice once

 private:
  TextGuesses* outer_;
  std::vector<std::string> files_;
};

}  // namespace datasets
