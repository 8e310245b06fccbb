// The rules of the house, read from a tree of sources: which room may include which, how long files
// and how full folders are, and where SQL may stand. Each complaint begins with the rule's name.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace source_tree {

namespace fs = std::filesystem;

struct Include {
  int line = 0;
  std::string name;  // as it is written
};

struct Source {
  std::string path;  // from the root
  std::vector<std::string> lines;
  std::vector<Include> includes;
  std::string Room() const { return path.substr(0, path.rfind('/')); }
  std::string Top() const { return path.substr(0, path.find('/')); }
  bool IsHeader() const { return path.size() > 2 && path.substr(path.size() - 2) == ".h"; }
};

inline std::vector<Source> Read(const fs::path& root, const std::vector<std::string>& folders) {
  static const std::regex pattern(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<Source> sources;
  for (const std::string& folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() || (extension != ".cc" && extension != ".h")) continue;
      Source source;
      source.path = fs::relative(entry.path(), root).generic_string();
      std::ifstream in(entry.path());
      for (std::string text; std::getline(in, text);) {
        source.lines.push_back(text);
        std::smatch match;
        if (text.find("include") != std::string::npos && std::regex_search(text, match, pattern)) {
          source.includes.push_back({static_cast<int>(source.lines.size()), match[1]});
        }
      }
      sources.push_back(std::move(source));
    }
  }
  std::sort(sources.begin(), sources.end(),
            [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

inline bool StartsWith(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

inline std::string Place(const Source& source, const Include& include) {
  return source.path + ":" + std::to_string(include.line) + " includes " + include.name;
}

using Complaints = std::vector<std::string>;

// `floors`: every room, from the bottom to the top. A room includes itself and rooms below it. What
// ends with "/*" is the floor of all rooms of that folder that have none of their own.
// `reach`: what each top folder may include at all.
inline Complaints Floors(const std::vector<Source>& sources, const std::vector<std::string>& floors,
                         const std::map<std::string, std::set<std::string>>& reach) {
  const auto floor_of = [&](const std::string& room) {
    const std::string shared = room.substr(0, room.rfind('/') + 1) + "*";
    auto found = std::find(floors.begin(), floors.end(), room);
    if (found == floors.end()) found = std::find(floors.begin(), floors.end(), shared);
    return found == floors.end() ? -1 : static_cast<int>(found - floors.begin());
  };
  Complaints complaints;
  std::set<std::string> unknown;
  for (const Source& source : sources) {
    const int own = floor_of(source.Room());
    if (own < 0) {
      if (unknown.insert(source.Room()).second) {
        complaints.push_back("rooms: " + source.Room() + " stands on no floor of the table");
      }
      continue;
    }
    for (const Include& include : source.includes) {
      const std::string top = include.name.substr(0, include.name.find('/'));
      if (!reach.count(top) || include.name.find('/') == std::string::npos) continue;
      if (!reach.at(source.Top()).count(top)) {
        complaints.push_back("arrows: " + Place(source, include));
        continue;
      }
      const std::string room = include.name.substr(0, include.name.rfind('/'));
      const int other = floor_of(room);
      if (other > own) {
        complaints.push_back("floors: " + Place(source, include) + ", which lies above it");
      }
      if (other == own && room != source.Room()) {
        complaints.push_back("floors: " + Place(source, include) + ", which lies beside it");
      }
    }
  }
  return complaints;
}

// One complaint for each circle of files that include each other.
inline Complaints Cycles(const std::vector<Source>& sources) {
  std::map<std::string, const Source*> by_path;
  for (const Source& source : sources) by_path[source.path] = &source;
  std::map<std::string, int> state;  // 1: on the way, 2: done
  std::vector<std::string> way;
  Complaints complaints;
  const std::function<void(const Source&)> Walk = [&](const Source& source) {
    state[source.path] = 1;
    way.push_back(source.path);
    for (const Include& include : source.includes) {
      const auto next = by_path.find(include.name);
      if (next == by_path.end() || state[include.name] == 2) continue;
      if (state[include.name] == 1) {
        std::string circle = "cycles: " + include.name;
        for (auto at = std::find(way.begin(), way.end(), include.name) + 1; at != way.end(); ++at) {
          circle += " <- " + *at;
        }
        complaints.push_back(circle + " <- " + include.name);
        continue;
      }
      Walk(*next->second);
    }
    way.pop_back();
    state[source.path] = 2;
  };
  for (const Source& source : sources) {
    if (state[source.path] == 0) Walk(source);
  }
  return complaints;
}

inline Complaints Lengths(const std::vector<Source>& sources, int most_of_source,
                          int most_of_header) {
  Complaints complaints;
  for (const Source& source : sources) {
    const int most = source.IsHeader() ? most_of_header : most_of_source;
    const int lines = static_cast<int>(source.lines.size());
    if (lines > most) {
      complaints.push_back("lengths: " + source.path + " has " + std::to_string(lines) +
                           " lines where " + std::to_string(most) + " are allowed");
    }
  }
  return complaints;
}

inline Complaints FullFolders(const std::vector<Source>& sources, int most) {
  std::map<std::string, int> files;
  for (const Source& source : sources) ++files[source.Room()];
  Complaints complaints;
  for (const auto& [room, count] : files) {
    if (count > most) {
      complaints.push_back("folders: " + room + " holds " + std::to_string(count) +
                           " files where " + std::to_string(most) + " are allowed");
    }
  }
  return complaints;
}

// Text between quotes that begins a statement of SQL.
inline Complaints Sql(const std::vector<Source>& sources, const std::vector<std::string>& allowed) {
  static const std::regex statement(
      R"re("\s*(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s|ATTACH\s|VACUUM\b|BEGIN\s+(IMMEDIATE|DEFERRED)))re");
  Complaints complaints;
  for (const Source& source : sources) {
    const bool may = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& folder) {
      return StartsWith(source.path, folder + "/");
    });
    if (may) continue;
    for (size_t i = 0; i < source.lines.size(); ++i) {
      if (std::regex_search(source.lines[i], statement)) {
        complaints.push_back("sql: " + source.path + ":" + std::to_string(i + 1) +
                             " holds a statement");
      }
    }
  }
  return complaints;
}

// Includes whose name begins with one of `names`, outside of `allowed`.
inline Complaints OnlyIn(const std::string& rule, const std::vector<Source>& sources,
                         const std::vector<std::string>& names,
                         const std::function<bool(const Source&)>& allowed) {
  Complaints complaints;
  for (const Source& source : sources) {
    if (allowed(source)) continue;
    for (const Include& include : source.includes) {
      for (const std::string& name : names) {
        if (StartsWith(include.name, name)) {
          complaints.push_back(rule + ": " + Place(source, include));
        }
      }
    }
  }
  return complaints;
}

// Headers of `folder` that others include, however deep, and what in them is torch's.
inline Complaints TorchInOpenHeaders(const std::vector<Source>& sources) {
  std::map<std::string, const Source*> by_path;
  for (const Source& source : sources) by_path[source.path] = &source;
  std::set<std::string> seen;
  std::vector<std::string> waiting;
  for (const Source& source : sources) {
    if (source.Top() == "train") continue;
    for (const Include& include : source.includes) {
      if (StartsWith(include.name, "train/")) waiting.push_back(include.name);
    }
  }
  Complaints complaints;
  while (!waiting.empty()) {
    const std::string header = waiting.back();
    waiting.pop_back();
    if (!seen.insert(header).second || !by_path.count(header)) continue;
    for (const Include& include : by_path[header]->includes) {
      if (StartsWith(include.name, "torch/")) {
        complaints.push_back("torch: " + Place(*by_path[header], include) +
                             " and is included from outside of train/");
      }
      if (StartsWith(include.name, "train/")) waiting.push_back(include.name);
    }
  }
  return complaints;
}

}  // namespace source_tree
