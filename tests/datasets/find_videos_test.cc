#include "datasets/video/find_videos.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "datasets/base/error.h"
#include "tests/support/says.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace find_videos_test {

using tests::Says;

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct Recordings {
  tests::TempDir folder;
  Recordings() {
    for (const char* name :
         {"day1/cage1.mp4", "day1/cage2.MP4", "day1/notes.txt", "day1/.cage3.mp4",
          "day1/night/cage1.avi", "day2/cage1.mp4", "day2/.trash/old.mp4", "top.mkv"}) {
      fs::create_directories((folder / name).parent_path());
      std::ofstream(folder / name) << name;
    }
    fs::create_directories(folder / "empty");
  }
  std::string Path(const std::string& name) const { return (folder / name).string(); }
  Names Found(const std::string& word, const Names& patterns = {}) const {
    Names names;
    const datasets::FoundVideos found = datasets::FindVideos(Path(word), patterns);
    CHECK(found.unread.empty());
    for (const fs::path& file : found.files) {
      names.push_back(file.lexically_relative(folder.path()).generic_string());
    }
    return names;
  }
  std::string Refusal(const std::string& word, const Names& patterns = {}) const {
    return tests::MessageOf([&] { datasets::FindVideos(Path(word), patterns); });
  }
};

}  // namespace

TEST_CASE("of a folder every video is meant, in folders beneath it too, but nothing hidden") {
  const Recordings at;
  CHECK(at.Found("") == Names{"day1/cage1.mp4", "day1/cage2.MP4", "day1/night/cage1.avi",
                              "day2/cage1.mp4", "top.mkv"});
  CHECK(at.Found("day2/") == Names{"day2/cage1.mp4"});
}

TEST_CASE("patterns choose by name, and with a slash by the way to the file") {
  const Recordings at;
  CHECK(at.Found("", {"*.mp4"}) == Names{"day1/cage1.mp4", "day2/cage1.mp4"});
  CHECK(at.Found("", {"*.avi", "*.mkv"}) == Names{"day1/night/cage1.avi", "top.mkv"});
  CHECK(at.Found("", {"day?/*.mp4"}) == Names{"day1/cage1.mp4", "day2/cage1.mp4"});
  CHECK(at.Found("day1", {"n*/*"}) == Names{"day1/night/cage1.avi"});
  CHECK(at.Found("", {"notes.txt"}) == Names{"day1/notes.txt"});  // whatever it is called
}

TEST_CASE("a file is itself, and a pattern that the shell left alone is looked up") {
  const Recordings at;
  CHECK(at.Found("day1/notes.txt") == Names{"day1/notes.txt"});
  CHECK(at.Found("not there.mp4") == Names{"not there.mp4"});  // whoever opens it says so
  CHECK(at.Found("day*/cage1.mp4") == Names{"day1/cage1.mp4", "day2/cage1.mp4"});
  const datasets::FoundVideos some = datasets::FindVideos(at.Path("day*"), {"*.avi"});
  CHECK(some.files == std::vector<fs::path>{at.folder / "day1/night/cage1.avi"});
  REQUIRE(some.unread.size() == 1);  // the other folder is named, and spoils nothing
  CHECK(Says(some.unread[0], "day2"));
  std::ofstream(at.folder / "what[1].mp4");
  CHECK(at.Found("what[1].mp4") == Names{"what[1].mp4"});
}

TEST_CASE("where nothing is found, one line says why") {
  const Recordings at;
  CHECK(Says(at.Refusal("empty"), "it holds no file at all"));
  CHECK(Says(at.Refusal("day2", {"*.avi", "*.mov"}),
             "none of the 1 files in it is like '*.avi' or '*.mov'"));
  CHECK(Says(at.Refusal("day1", {"*.Mp4"}), "with capital and small letters alike, 2 would be"));
  CHECK(Says(at.Refusal("week*"), "no file is like this pattern"));
  fs::remove(at.folder / "day2/cage1.mp4");
  std::ofstream(at.folder / "day2/cage.raw");
  CHECK(Says(at.Refusal("day2"), "--pattern"));
}

TEST_CASE("links are followed, and a circle of them ends") {
  const Recordings at;
  fs::create_directory_symlink(at.folder / "day2", at.folder / "empty/linked");
  fs::create_directory_symlink(at.folder / "empty", at.folder / "empty/self");
  CHECK(at.Found("empty") == Names{"empty/linked/cage1.mp4"});
}

}  // namespace find_videos_test
