#include "datasets/video/find_videos.h"

#include <fnmatch.h>
#include <glob.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "datasets/base/error.h"
#include "datasets/files/file_names.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

class Search {
 public:
  Search(const fs::path& folder, const std::vector<std::string>& patterns)
      : folder_(folder), patterns_(patterns) {
    Look(folder);
    std::sort(found_.files.begin(), found_.files.end());
  }

  FoundVideos Take() {
    if (!found_.files.empty()) return std::move(found_);
    if (found_.unread.size() == 1 && seen_files_ == 0) {
      const std::string& unread = found_.unread.front();
      const size_t colon = unread.rfind(": ");
      throw Error("folder '" + unread.substr(0, colon) + "'", unread.substr(colon + 2),
                  "see that you may read it");
    }
    std::string cause = "it holds no file at all";
    if (seen_files_ > 0) {
      cause = "none of the " + std::to_string(seen_files_) + " files in it ";
      if (patterns_.empty()) {
        cause += "ends like a video (.mp4, .avi, ...)";
      } else {
        cause += "is like '" + patterns_.front() + "'";
        for (size_t i = 1; i < patterns_.size(); ++i) cause += " or '" + patterns_[i] + "'";
      }
    }
    throw Error("folder '" + folder_.string() + "'", cause,
                other_case_ > 0 ? "with capital and small letters alike, " +
                                      std::to_string(other_case_) + " would be"
                : patterns_.empty() && seen_files_ > 0 ? "say which are videos: --pattern '*.EXT'"
                                                       : "");
  }

 private:
  bool Fits(const fs::path& file, int flags) const {
    const std::string name = file.filename().string();
    const std::string way = file.lexically_relative(folder_).generic_string();
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& pattern) {
      const bool with_folders = pattern.find('/') != std::string::npos;
      return fnmatch(pattern.c_str(), (with_folders ? way : name).c_str(),
                     flags | (with_folders ? FNM_PATHNAME : 0)) == 0;
    });
  }

  void Look(const fs::path& folder) {
    std::error_code failed;
    if (!folders_.insert(fs::canonical(folder, failed)).second) return;
    fs::directory_iterator entries(folder, failed);
    if (failed) {
      found_.unread.push_back(folder.string() + ": " + failed.message());
      return;
    }
    std::error_code stopped;
    for (; entries != fs::directory_iterator(); entries.increment(stopped)) {
      const fs::directory_entry& entry = *entries;
      if (entry.path().filename().string().front() == '.') continue;
      if (entry.is_directory(failed)) {
        Look(entry.path());
      } else if (!failed && entry.is_regular_file(failed)) {
        ++seen_files_;
        if (patterns_.empty() ? HasVideoEnding(entry.path()) : Fits(entry.path(), 0)) {
          found_.files.push_back(entry.path());
        } else if (!patterns_.empty() && Fits(entry.path(), FNM_CASEFOLD)) {
          ++other_case_;
        }
      }
    }
    if (stopped) found_.unread.push_back(folder.string() + ": " + stopped.message());
  }

  const fs::path folder_;
  const std::vector<std::string>& patterns_;
  FoundVideos found_;
  std::set<fs::path> folders_;
  size_t seen_files_ = 0, other_case_ = 0;
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The digits from `*at` on, without leading zeros; `*at` goes behind them.
std::string_view Digits(std::string_view text, size_t* at) {
  while (*at < text.size() && text[*at] == '0') ++*at;
  const size_t first = *at;
  while (*at < text.size() && IsDigit(text[*at])) ++*at;
  return text.substr(first, *at - first);
}

// Below, at or above 0.
int CompareNaturally(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (IsDigit(a[i]) && IsDigit(b[j])) {
      const std::string_view left = Digits(a, &i), right = Digits(b, &j);
      if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
      if (const int order = left.compare(right)) return order;
      continue;
    }
    const int left = std::tolower(static_cast<unsigned char>(a[i++]));
    const int right = std::tolower(static_cast<unsigned char>(b[j++]));
    if (left != right) return left - right;
  }
  return (i < a.size() ? 1 : 0) - (j < b.size() ? 1 : 0);
}

// The ending last: "clip.mp4" comes before "clip (1).mp4".
int CompareNames(const fs::path& a, const fs::path& b) {
  const int order = CompareNaturally(a.stem().string(), b.stem().string());
  return order ? order : CompareNaturally(a.extension().string(), b.extension().string());
}

bool NaturallyBefore(const fs::path& a, const fs::path& b) {
  auto left = a.begin(), right = b.begin();
  for (; left != a.end() && right != b.end(); ++left, ++right) {
    if (const int order = CompareNames(*left, *right)) return order < 0;
  }
  if (left != a.end() || right != b.end()) return left == a.end();
  return a < b;
}

}  // namespace

void SortNaturally(std::vector<fs::path>* files) {
  struct Place {
    fs::path full, given;  // "./a/b.mp4" lies where "a/b.mp4" does
  };
  std::vector<Place> places;
  for (const fs::path& file : *files) {
    places.push_back({fs::absolute(file).lexically_normal(), file});
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return NaturallyBefore(a.full, b.full); });
  for (size_t i = 0; i < places.size(); ++i) (*files)[i] = places[i].given;
}

FoundVideos FindVideos(const std::string& word, const std::vector<std::string>& patterns) {
  std::error_code ignored;
  if (fs::is_directory(word, ignored)) return Search(word, patterns).Take();
  if (fs::exists(word, ignored) || word.find_first_of("*?[") == std::string::npos) {
    return {{word}, {}};
  }
  glob_t places{};
  std::vector<std::string> names;
  if (glob(word.c_str(), 0, nullptr, &places) == 0) {
    names.assign(places.gl_pathv, places.gl_pathv + places.gl_pathc);
  }
  globfree(&places);
  if (names.empty()) throw Error("'" + word + "'", "no file is like this pattern");
  FoundVideos found;
  for (const std::string& name : names) {
    try {
      FoundVideos more = FindVideos(name, patterns);
      found.files.insert(found.files.end(), more.files.begin(), more.files.end());
      found.unread.insert(found.unread.end(), more.unread.begin(), more.unread.end());
    } catch (const Error& error) {
      if (names.size() == 1) throw;
      found.unread.push_back(error.what());
    }
  }
  if (found.files.empty()) throw Error("'" + word + "'", "what is like it holds no videos");
  return found;
}

}  // namespace datasets
