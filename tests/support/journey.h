// A small rendered scene and the projects that the command-line tests walk with.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace tests {

inline std::string Show(const Outcome& outcome) {
  return "exit " + std::to_string(outcome.code) + "\nstdout: " + outcome.out +
         "\nstderr: " + outcome.err;
}

// Runs a verb that must succeed and returns its JSON.
inline nlohmann::json VoleJson(std::vector<std::string> arguments) {
  arguments.push_back("--json");
  const Outcome outcome = Vole(arguments);
  INFO(arguments[0] << ": " << Show(outcome));
  REQUIRE(outcome.code == 0);
  return outcome.Json();
}

// A verb that must fail with exactly one line that holds all of `words`. On a slow machine lines of
// progress may come before it; --quiet leaves them out.
inline void CheckFails(std::vector<std::string> arguments, int code,
                       const std::vector<std::string>& words,
                       const std::function<void()>& in_child = {}) {
  Outcome outcome = Vole(arguments, in_child);
  if (outcome.ErrLines() > 1) {
    arguments.push_back("--quiet");
    outcome = Vole(arguments, in_child);
  }
  INFO(arguments[0] << ": " << Show(outcome));
  CHECK(outcome.code == code);
  CHECK(outcome.out.empty());
  CHECK(outcome.ErrLines() == 1);
  for (const std::string& word : words) {
    INFO("looking for: " << word);
    CHECK(outcome.err.find(word) != std::string::npos);
  }
}

// scene/ (video.mp4, instances.json, labels.json) and p.vole with the video and its labels.
// Rendered once a length; each has a copy of its own.
struct Journey {
  TempDir folder;
  std::string scene, project, video, labels, truth;
  int frames;

  explicit Journey(int frame_count) : frames(frame_count) {
    scene = (folder / "scene").string();
    project = (folder / "p.vole").string();
    video = scene + "/video.mp4";
    labels = scene + "/labels.json";
    truth = scene + "/instances.json";
    static std::map<int, TempDir> made;
    const bool first = made.count(frames) == 0;
    if (first) Make(made[frames]);
    std::filesystem::copy(made[frames].path(), folder.path(),
                          std::filesystem::copy_options::recursive);
  }
  std::string Path(const std::string& name) const { return (folder / name).string(); }

 private:
  void Make(const TempDir& where) const {
    const std::string to = (where / "scene").string(), file = (where / "p.vole").string();
    VoleJson({"synth", to, "--scene", "tiny", "--frames", std::to_string(frames)});
    VoleJson({"new", file});
    VoleJson({"add-video", file, to + "/video.mp4"});
    VoleJson({"import", file, "--format", "coco", to + "/labels.json"});
  }
};

}  // namespace tests
