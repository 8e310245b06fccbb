// A small rendered scene and the projects that the command-line tests walk with.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
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
    VoleJson({"synth", scene, "--scene", "tiny", "--frames", std::to_string(frames)});
    VoleJson({"new", project});
    VoleJson({"add-video", project, video});
    VoleJson({"import", project, "--format", "coco", labels});
  }
  std::string Path(const std::string& name) const { return (folder / name).string(); }
};

}  // namespace tests
