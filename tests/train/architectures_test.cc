#include "train/architectures.h"

#include <doctest/doctest.h>

#include <set>

#include "datasets/base/error.h"

namespace train::architectures_test {
namespace {

std::set<std::string> AllOptions() {
  std::set<std::string> names;
  for (const auto& options :
       {datasets::OptionsToJson(TrainOptions()), datasets::OptionsToJson(TogetherOptions()),
        datasets::OptionsToJson(BehaviorOptions())}) {
    for (const auto& [name, value] : options.items()) names.insert(name);
  }
  return names;
}

std::string Refusal(const TrainOptions& options, const BehaviorOptions& behavior = {}) {
  try {
    CheckTaken(options, behavior);
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("each architecture learns in one way, is read, and is loaded if it outlines animals") {
  std::set<std::string_view> names;
  for (const Architecture& one : Architectures()) {
    CAPTURE(one.name);
    CHECK(names.insert(one.name).second);
    CHECK_FALSE(one.summary.empty());
    const int ways =
        (one.train != nullptr) + (one.train_behavior != nullptr) + (one.train_points != nullptr);
    CHECK(ways == 1);
    CHECK(((one.train_behavior != nullptr) == (one.task == Task::kBehavior)));
    CHECK(((one.train_points != nullptr) == (one.task == Task::kPoints)));
    CHECK(((one.load != nullptr) == (one.task == Task::kOutlines)));
    CHECK((one.read != nullptr));
    CHECK(FindArchitecture(one.name) == &one);
  }
  CHECK(names.count(TrainOptions().model));
  CHECK(FindArchitecture("idnet2") == nullptr);
  CHECK_FALSE(IsFor(Task::kOutlines, "idnet2"));
}

TEST_CASE("the options of the table are options, and each option is for some architecture") {
  const std::set<std::string> options = AllOptions();
  for (const Architecture& one : Architectures()) {
    for (const std::string_view option : one.options) {
      CAPTURE(option);
      CHECK(options.count(std::string(option)));
    }
  }
  for (const std::string& option : options) {
    CAPTURE(option);
    bool taken = false;
    for (const Architecture& one : Architectures()) taken = taken || one.Takes(option);
    CHECK(taken);
  }
}

TEST_CASE("an option that the architecture does not take is refused by name") {
  TrainOptions options;
  CHECK(Refusal(options).empty());
  options.depth = 34;
  CHECK(Refusal(options).find("option 'depth': the network idseg does not take it (it is for "
                              "maskrcnn, yolact)") == 0);
  options.model = "yolact";
  CHECK(Refusal(options).empty());
  options.staged = true;
  CHECK(Refusal(options).find("'staged'") != std::string::npos);

  TrainOptions together;
  together.together.world_size = 2;
  CHECK(Refusal(together).empty());
  for (const char* alone : {"idnet", "behavior-frame", "c3d"}) {
    together.model = alone;
    CHECK(Refusal(together).find("'world-size'") != std::string::npos);
  }

  TrainOptions frame;
  frame.model = "behavior-frame";
  BehaviorOptions behavior;
  behavior.clip_frames = 9;
  CHECK(Refusal(frame, behavior).find("'clip-frames'") != std::string::npos);
  CHECK(Refusal(options, behavior).find("'staged'") != std::string::npos);
  frame.model = "c3d";
  CHECK(Refusal(frame, behavior).empty());
}

TEST_CASE("values out of range and unknown architectures are refused first") {
  TrainOptions options;
  options.depth = 3;
  CHECK(Refusal(options).find("out of range") != std::string::npos);
  options = {};
  options.model = "idsex";
  CHECK(Refusal(options).find("there is no such architecture") != std::string::npos);
}

TEST_CASE("what was set for another architecture can be put back to its default") {
  TrainOptions options;
  options.model = "maskrcnn", options.depth = 101, options.steps = 7;
  options.together.rank = 1, options.together.world_size = 2;
  const TrainOptions same = OnlyTaken(ArchitectureNamed("maskrcnn"), options);
  CHECK(same.depth == 101);
  CHECK(same.together.world_size == 2);
  const TrainOptions idnet = OnlyTaken(ArchitectureNamed("idnet"), options);
  CHECK(idnet.depth == TrainOptions().depth);
  CHECK(idnet.together.world_size == 1);
  CHECK(idnet.steps == 7);
  BehaviorOptions behavior;
  behavior.window = 20, behavior.alpha = 0.25;
  const BehaviorOptions c3d = OnlyTaken(ArchitectureNamed("c3d"), behavior);
  CHECK(c3d.window == BehaviorOptions().window);
  CHECK(c3d.alpha == 0.25);
}

}  // namespace
}  // namespace train::architectures_test
