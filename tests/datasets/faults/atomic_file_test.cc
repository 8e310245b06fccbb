#include "datasets/files/atomic_file.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "datasets/base/error.h"
#include "datasets/video/picture_file.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace atomic_file_test {

namespace {

namespace fs = std::filesystem;
using datasets::AtomicFile;
using tests::MessageOf;

std::string Text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

size_t FilesIn(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST_CASE("a file appears whole or not at all, and a link in its place is not followed") {
  tests::TempDir folder;
  std::ofstream(folder / "old") << "old";
  fs::create_symlink(folder / "old", folder / "a");
  {
    AtomicFile file(folder / "a");
    file.Write("half");
  }
  CHECK(FilesIn(folder.path()) == 2);
  datasets::WriteFileAtomically(folder / "a", "new");
  CHECK(Text(folder / "a") == "new");
  CHECK(Text(folder / "old") == "old");
  CHECK(FilesIn(folder.path()) == 2);
}

TEST_CASE("two writers of one name do not share a temporary file") {
  tests::TempDir folder;
  AtomicFile first(folder / "a"), second(folder / "a");
  first.Write("first");
  second.Write("second");
  first.Commit();
  CHECK(Text(folder / "a") == "first");
  second.Commit();
  CHECK(Text(folder / "a") == "second");
  CHECK(FilesIn(folder.path()) == 1);
}

TEST_CASE("what a killed program left is removed; what another is writing is not") {
  tests::TempDir folder;
  const pid_t dead = fork();
  if (dead == 0) _exit(0);
  REQUIRE(waitpid(dead, nullptr, 0) == dead);
  const auto leave = [&](const std::string& name, bool old) {
    std::ofstream(folder / name) << "left";
    if (old) {
      fs::last_write_time(folder / name, fs::file_time_type::clock::now() - std::chrono::hours(1));
    }
  };
  const std::string dead_id = std::to_string(dead), our_id = std::to_string(getpid());
  leave("a.tmp-" + dead_id + "-abcdefgh", true);
  leave("a.tmp-" + dead_id + "-recently", false);
  leave("a.tmp-" + our_id + "-abcdefgh", true);
  leave("b.tmp-" + dead_id + "-abcdefgh-wal", true);
  leave("a.tmp-notanumber", true);
  datasets::WriteFileAtomically(folder / "a", "new");
  CHECK_FALSE(fs::exists(folder / ("a.tmp-" + dead_id + "-abcdefgh")));
  CHECK_FALSE(fs::exists(folder / ("b.tmp-" + dead_id + "-abcdefgh-wal")));
  CHECK(FilesIn(folder.path()) == 4);
}

TEST_CASE("a picture that cannot be written says so and leaves the older one") {
  tests::TempDir folder;
  const cv::Mat picture(8, 8, CV_8UC3, cv::Scalar(1, 2, 3));
  datasets::WritePicture(folder / "a.png", picture);
  const std::string before = Text(folder / "a.png");
  CHECK(before.size() > 8);
  CHECK(MessageOf([&] { datasets::WritePicture(folder / "none" / "a.png", picture); }) != "");
  CHECK(MessageOf([&] { datasets::WritePicture(folder / "a.what", picture); }) != "");
  CHECK(Text(folder / "a.png") == before);
  CHECK(FilesIn(folder.path()) == 1);
}

}  // namespace

}  // namespace atomic_file_test
