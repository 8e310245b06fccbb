// Many videos at once: folders of them, bad ones among them, and being stopped in the middle.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "datasets/video/video.h"
#include "tests/support/journey.h"
#include "tests/support/says.h"

namespace batch_cli_test {

using nlohmann::json;
using tests::CheckFails;
using tests::Journey;
using tests::Outcome;
using tests::Program;
using tests::Says;
using tests::Vole;
using tests::VoleJson;

namespace {

namespace fs = std::filesystem;

void MakeVideo(const fs::path& path, int gray, int frames = 8) {
  fs::create_directories(path.parent_path());
  datasets::VideoWriter writer(path, 64, 48, 25);
  for (int i = 0; i < frames; ++i) {
    writer.Write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(gray + i % 100)));
  }
  writer.Close();
}

// Five good videos, one of them twice, and two that are none.
struct Recordings {
  tests::TempDir folder;
  std::string project = (folder / "p.vole").string();
  Recordings() {
    for (int i = 0; i < 5; ++i) {
      MakeVideo(folder / ("in/day" + std::to_string(i % 2)) / (std::to_string(i) + ".mp4"), 30 * i);
    }
    fs::copy_file(folder / "in/day0/2.mp4", folder / "in/day1/2 again.mp4");
    std::ofstream(folder / "in/broken.mp4") << "no video";
    std::ofstream(folder / "in/day1/empty.mp4");
    std::ofstream(folder / "in/notes.txt") << "no video, and nobody says so";
    REQUIRE(Vole({"new", project}).code == 0);
  }
  std::string Path(const std::string& name) const { return (folder / name).string(); }
  std::set<std::string> Names() const {
    std::set<std::string> names;
    const json info = VoleJson({"info", project});
    for (const json& video : info["videos"]) {
      CHECK(names.insert(video["name"]).second);
    }
    return names;
  }
};

const std::set<std::string> kGood = {"0", "1", "2", "3", "4"};

size_t CountOutcome(const json& result, const std::string& outcome) {
  size_t count = 0;
  for (const json& row : result["outcomes"]) count += row["outcome"] == outcome;
  return count;
}

int CountLines(const std::string& text, const std::string& part) {
  int count = 0;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) count += line.find(part) != std::string::npos;
  return count;
}

}  // namespace

TEST_CASE("a folder of videos comes in; copies are known, bad ones are named at the end") {
  const Recordings at;
  const Outcome added = Vole({"add-video", at.project, at.Path("in"), "--pattern", "*.mp4"});
  INFO(tests::Show(added));
  CHECK(added.code == 0);
  CHECK(at.Names() == kGood);
  CHECK(Says(added.out, "Of 8 videos: 5 added, 1 skipped, 2 failed."));
  CHECK(CountLines(added.out, "a copy of 2 (" + at.Path("in/day0/2.mp4") + ")") == 1);
  const std::string last = added.err.substr(added.err.rfind("2 of 8 videos"));
  CHECK(Says(last, at.Path("in/broken.mp4")));
  CHECK(Says(last, at.Path("in/day1/empty.mp4")));
  CHECK(added.err.find("notes.txt") == std::string::npos);

  const json again = VoleJson({"add-video", at.project, at.Path("in")});
  CHECK(CountOutcome(again, "skipped") == 6);
  CHECK(CountOutcome(again, "failed") == 2);
  CHECK(at.Names() == kGood);
}

TEST_CASE("adding many fails only where none came in, or, with --strict, where any did not") {
  const Recordings at;
  CHECK(Vole({"add-video", at.project, at.Path("in"), "--strict"}).code == 1);
  CHECK(at.Names() == kGood);
  CHECK(Vole({"add-video", at.project, at.Path("in/broken.mp4"), at.Path("in/day1/empty.mp4")})
            .code == 1);
  CheckFails({"add-video", at.project, at.Path("in/broken.mp4")}, 1, {"broken.mp4"});
  CheckFails({"add-video", at.project, at.Path("in"), "--pattern", "*.mov"}, 1,
             {at.Path("in"), "is like '*.mov'"});
  CheckFails({"add-video", at.project, at.Path("in/week*")}, 1, {"week*", "pattern"});
  CheckFails({"add-video", at.project, at.Path("in/none.mp4")}, 1, {"none.mp4"});
}

TEST_CASE("a folder that may not be read is named, and what lies beside it comes in") {
  const Recordings at;
  fs::permissions(at.folder.path(), fs::perms(0777));
  fs::permissions(at.project, fs::perms(0666));
  fs::permissions(at.folder / "in/day1", fs::perms(0));
  const bool root = getuid() == 0;
  const auto as_nobody = [root] {
    if (root && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(126);
  };
  const bool possible = !root || Vole({"version"}, as_nobody).code == 0;
  if (possible) {
    const Outcome added = Vole({"add-video", at.project, at.Path("in")}, as_nobody);
    INFO(tests::Show(added));
    CHECK(added.code == 0);
    CHECK(Says(added.err, at.Path("in/day1") + ": Permission denied"));
    CheckFails({"add-video", at.project, at.Path("in/day1")}, 1,
               {at.Path("in/day1"), "Permission denied"}, as_nobody);
  } else {
    MESSAGE("the build folder cannot be read by another user than root: rights are not checked");
  }
  fs::permissions(at.folder / "in/day1", fs::perms(0755));
  if (possible) CHECK(at.Names() == std::set<std::string>{"0", "2", "4"});
}

TEST_CASE("killed while it adds videos and started again, each is in once") {
  const Recordings at;
  for (int i = 5; i < 9; ++i)
    MakeVideo(at.folder / "in" / (std::to_string(i) + ".mp4"), 20 * i, 400);
  {
    Program program({VOLE_BINARY, "add-video", at.project, at.Path("in"), "--quiet"});
    REQUIRE(program.WaitUntil([&] { return !at.Names().empty(); }));
    program.Signal(SIGKILL);
    program.Wait();
  }
  const size_t before = at.Names().size();
  const json added = VoleJson({"add-video", at.project, at.Path("in")});
  CHECK(at.Names().size() == 9);
  CHECK(CountOutcome(added, "done") + before == 9);
  CHECK(VoleJson({"verify", at.project})["ok"] == true);
}

TEST_CASE("predict over many videos skips what is up to date and goes on after a bad one") {
  const Journey journey(24);
  const std::string second = journey.Path("second.mp4"), third = journey.Path("third.mp4");
  VoleJson({"synth", journey.Path("s2"), "--scene", "tiny", "--frames", "12", "--seed", "2"});
  VoleJson({"synth", journey.Path("s3"), "--scene", "tiny", "--frames", "12", "--seed", "3"});
  fs::rename(journey.Path("s2/video.mp4"), second);
  fs::rename(journey.Path("s3/video.mp4"), third);
  VoleJson({"add-video", journey.project, second, third});
  VoleJson({"train", journey.project, "--steps", "5"});
  fs::rename(second, second + ".away");

  const Outcome first = Vole({"predict", journey.project, "--json"});
  INFO(tests::Show(first));
  CHECK(first.code == 1);
  CHECK(first.Json()["failed"] == json{"second"});
  CHECK(CountOutcome(first.Json(), "done") == 2);

  const Outcome shown = Vole({"predict", journey.project});
  CHECK(shown.code == 1);
  CHECK(Says(shown.out, "Of 3 videos: 0 predicted, 2 skipped, 1 failed."));
  CHECK(CountLines(shown.out, "up to date") == 2);

  fs::rename(second + ".away", second);
  const json mended = VoleJson({"predict", journey.project});
  CHECK(mended["skipped"] == json{"video", "third"});
  CHECK(CountOutcome(mended, "done") == 1);
  CHECK(VoleJson({"predict", journey.project, "--threads", "1"})["skipped"].size() == 3);

  // Other options, another model, and what people have said since make a video worth it again.
  CHECK(VoleJson({"predict", journey.project, "--no-use-labels"})["skipped"].empty());
  CHECK(VoleJson({"predict", journey.project})["skipped"].empty());
  VoleJson({"import", journey.project, "--format", "coco", journey.truth});
  CHECK(VoleJson({"predict", journey.project})["skipped"] == json{"second", "third"});
  VoleJson({"predict", journey.project, "--video", "third", "--frames", "0:5"});
  CHECK(VoleJson({"predict", journey.project})["skipped"] == json{"video", "second"});
  CHECK(VoleJson({"predict", journey.project, "--again"})["skipped"].empty());
  VoleJson({"train", journey.project, "--steps", "5", "--seed", "9", "--out", journey.Path("n")});
  CHECK(VoleJson({"predict", journey.project, "--model", "n"})["skipped"].empty());
  // One that is asked for by itself is predicted.
  CHECK(VoleJson({"predict", journey.project, "--model", "n", "--video", "third"})["frames"] == 12);
}

TEST_CASE("killed while it predicts and started again, what was finished is not done anew") {
  const Journey journey(24);
  VoleJson({"synth", journey.Path("s2"), "--scene", "tiny", "--frames", "300", "--seed", "2"});
  fs::rename(journey.Path("s2/video.mp4"), journey.Path("long.mp4"));
  VoleJson({"add-video", journey.project, journey.Path("long.mp4")});
  VoleJson({"train", journey.project, "--steps", "5"});
  const auto ended = [&](const std::string& state) {
    size_t count = 0;
    const json list = VoleJson({"jobs", journey.project});
    for (const json& job : list["jobs"]) {
      count += job["kind"] == "predict" && job["state"] == state;
    }
    return count;
  };
  {
    Program program({VOLE_BINARY, "predict", journey.project, "--quiet"});
    REQUIRE(program.WaitUntil([&] { return ended("done") == 1; }));
    program.Signal(SIGKILL);
    program.Wait();
  }
  const size_t done = ended("done");
  const json again = VoleJson({"predict", journey.project});
  CHECK(again["skipped"].size() == done);
  CHECK(CountOutcome(again, "done") == 2 - done);
  CHECK(ended("done") == 2);
  CHECK(VoleJson({"verify", journey.project})["ok"] == true);
}

}  // namespace batch_cli_test
