#include "datasets/exchange/file_start.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/files/file_names.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytes = 64 * 1024, kMostEntries = 500, kMostLines = 25;

// The strings that are followed by a colon one level deep. `text` may end anywhere.
std::vector<std::string> OwnKeys(const std::string& text) {
  std::vector<std::string> keys;
  std::string string;
  bool inside = false, ended = false;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        inside = false;
        ended = true;
      } else {
        string += c;
      }
    } else if (c == '"') {
      inside = true;
      string.clear();
    } else if (c == ':' && ended && depth == 1) {
      keys.push_back(string);
      ended = false;
    } else if (c == '{' || c == '[') {
      ++depth;
      ended = false;
    } else if (c == '}' || c == ']') {
      --depth;
      ended = false;
    } else if (c == ',') {
      ended = false;
    }
  }
  return keys;
}

std::string Trimmed(std::string text) {
  const auto is_space = [](unsigned char c) { return std::isspace(c) || c == '"'; };
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_space));
  text.erase(std::find_if_not(text.rbegin(), text.rend(), is_space).base(), text.end());
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::vector<std::string>> FirstLines(const std::string& text) {
  std::vector<std::vector<std::string>> lines;
  std::stringstream stream(text);
  for (std::string line; lines.size() < kMostLines && std::getline(stream, line);) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == ',' || c == ';' || c == '\t') {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
    for (std::string& cell : cells) cell = Trimmed(cell);
    lines.push_back(std::move(cells));
  }
  return lines;
}

}  // namespace

FileStart::FileStart(const fs::path& where) : path(where) {
  std::error_code failed;
  is_folder = fs::is_directory(path, failed);
  if (is_folder) {
    fs::recursive_directory_iterator at(path, fs::directory_options::skip_permission_denied,
                                        failed);
    for (; !failed && at != fs::recursive_directory_iterator() && entries.size() < kMostEntries;
         at.increment(failed)) {
      if (at->is_regular_file(failed)) entries.push_back(at->path());
    }
    if (failed) throw Error("folder '" + path.string() + "'", failed.message());
    std::sort(entries.begin(), entries.end());
    return;
  }
  extension = LowerEnding(path);
  std::ifstream in(path, std::ios::binary);
  std::string bytes(kMostBytes, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!in && !in.eof()) throw Error("'" + path.string() + "'", "it cannot be read");
  bytes.resize(static_cast<size_t>(in.gcount()));
  if (bytes.size() == kMostBytes && bytes[0] != '\xFF' && bytes[0] != '\xFE') {
    // A letter of UTF-8 that is cut would make all of it look like Windows-1252.
    while (!bytes.empty() && static_cast<unsigned char>(bytes.back()) >= 0x80) bytes.pop_back();
  }
  text = DecodeText(bytes, "'" + path.string() + "'");
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '{') {
    keys = OwnKeys(text);
  } else {
    lines = FirstLines(text);
  }
}

bool FileStart::HasKey(const std::string& key) const {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool FileStart::HasHdf5(const std::vector<std::string>& names) const {
  // Its first byte, 0x89, is a permille sign in Windows-1252.
  const size_t magic = text.find("HDF\r\n\x1a\n");
  return magic != std::string::npos && magic <= 4 &&
         std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return text.find(name) != std::string::npos; });
}

bool FileStart::HasLine(const std::vector<std::string>& columns) const {
  return std::any_of(lines.begin(), lines.end(), [&](const std::vector<std::string>& line) {
    return std::all_of(columns.begin(), columns.end(), [&](const std::string& column) {
      return std::find(line.begin(), line.end(), column) != line.end();
    });
  });
}

}  // namespace datasets
