#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

// app -> infer -> train -> datasets,  app -> annotate -> datasets
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"datasets", {"datasets"}},
    {"annotate", {"annotate", "datasets"}},
    {"train", {"train", "datasets"}},
    {"infer", {"infer", "train", "datasets"}},
    {"app", {"app", "infer", "train", "annotate", "datasets"}},
};

struct Include {
  fs::path file;  // from the root
  int line = 0;
  std::string name;
};

std::vector<fs::path> Sources(const std::set<std::string>& folders) {
  std::vector<fs::path> sources;
  for (const std::string& folder : folders) {
    const fs::path root = fs::path(VOLE_SOURCE_DIR) / folder;
    if (!fs::exists(root)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string extension = entry.path().extension().string();
      if (entry.is_regular_file() && (extension == ".cc" || extension == ".h")) {
        sources.push_back(fs::relative(entry.path(), VOLE_SOURCE_DIR));
      }
    }
  }
  return sources;
}

std::vector<Include> IncludesOf(const fs::path& source) {
  static const std::regex pattern(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::ifstream in(fs::path(VOLE_SOURCE_DIR) / source);
  std::vector<Include> includes;
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    std::smatch match;
    if (std::regex_search(text, match, pattern)) includes.push_back({source, line, match[1]});
  }
  return includes;
}

std::string Place(const Include& include) {
  return include.file.string() + ":" + std::to_string(include.line) + " includes " + include.name;
}

bool StartsWith(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

const std::set<std::string> kProductFolders = {"app", "annotate", "train", "infer", "datasets"};

}  // namespace

TEST_CASE("Every folder includes only itself and what the arrows reach") {
  size_t checked = 0;
  for (const auto& [folder, reachable] : kMayInclude) {
    for (const fs::path& source : Sources({folder})) {
      for (const Include& include : IncludesOf(source)) {
        const std::string top = include.name.substr(0, include.name.find('/'));
        if (!kMayInclude.count(top) || include.name.find('/') == std::string::npos) continue;
        ++checked;
        INFO(Place(include));
        CHECK(reachable.count(top) == 1);
      }
    }
  }
  CHECK(checked > 100);
}

TEST_CASE("LibTorch is used only inside train/") {
  size_t torch_users = 0;
  for (const fs::path& source : Sources(kProductFolders)) {
    for (const Include& include : IncludesOf(source)) {
      const bool is_torch = StartsWith(include.name, "torch/") ||
                            StartsWith(include.name, "ATen/") || StartsWith(include.name, "c10/") ||
                            StartsWith(include.name, "caffe2/");
      torch_users += is_torch;
      INFO(Place(include));
      CHECK((!is_torch || source.begin()->string() == "train"));
    }
  }
  CHECK(torch_users > 0);
}

TEST_CASE("Headers of train/ that infer and app include show no torch type, however deep") {
  std::set<std::string> seen;
  std::vector<std::string> waiting;
  for (const fs::path& source : Sources({"infer", "app"})) {
    for (const Include& include : IncludesOf(source)) {
      if (StartsWith(include.name, "train/")) waiting.push_back(include.name);
    }
  }
  while (!waiting.empty()) {
    const std::string header = waiting.back();
    waiting.pop_back();
    if (!seen.insert(header).second) continue;
    for (const Include& include : IncludesOf(header)) {
      INFO(Place(include));
      CHECK_FALSE(StartsWith(include.name, "torch/"));
      if (StartsWith(include.name, "train/")) waiting.push_back(include.name);
    }
  }
}

TEST_CASE("Windows and graphics are used only inside app/, and not by its model or command line") {
  for (const fs::path& source : Sources(kProductFolders)) {
    const std::string path = source.generic_string();
    const bool may = StartsWith(path, "app/") && !StartsWith(path, "app/model/") &&
                     !StartsWith(path, "app/cli/");
    for (const Include& include : IncludesOf(source)) {
      const bool graphics = StartsWith(include.name, "imgui") ||
                            StartsWith(include.name, "GLFW/") || StartsWith(include.name, "GL/");
      INFO(Place(include));
      CHECK((!graphics || may));
    }
  }
}

TEST_CASE("No source file is longer than a person reads in one sitting") {
  std::set<std::string> folders = kProductFolders;
  folders.insert("tests");
  size_t files = 0;
  for (const fs::path& source : Sources(folders)) {
    std::ifstream in(fs::path(VOLE_SOURCE_DIR) / source);
    int lines = 0;
    for (std::string text; std::getline(in, text);) ++lines;
    INFO(source.string() << " has " << lines << " lines");
    CHECK(lines <= 700);
    ++files;
  }
  CHECK(files > 50);
}
