// vole animals: names of animals from the command line.
#include <doctest/doctest.h>

#include "tests/support/journey.h"

namespace animals_cli_test {

using nlohmann::json;
using tests::CheckFails;
using tests::Journey;
using tests::VoleJson;

namespace {

std::vector<std::string> Names(const std::string& project) {
  std::vector<std::string> names;
  const json animals = VoleJson({"animals", project})["animals"];
  for (const json& animal : animals) names.push_back(animal["name"]);
  return names;
}

}  // namespace

TEST_CASE("Animals are listed with their labels, renamed, and may exchange their names") {
  const Journey journey(20);
  const std::vector<std::string> before = Names(journey.project);
  REQUIRE(before.size() == 2);
  const json counts = VoleJson({"animals", journey.project})["animals"];
  CHECK(counts[0]["labels"].get<int>() > 0);
  VoleJson({"animals", journey.project, "rename", before[0], before[1], before[1], before[0]});
  CHECK(Names(journey.project) == std::vector<std::string>{before[1], before[0]});
  CHECK(VoleJson({"animals", journey.project})["animals"][0]["labels"] == counts[0]["labels"]);
  VoleJson({"animals", journey.project, "rename", before[1], "Königin"});
  CHECK(Names(journey.project)[0] == "Königin");
  VoleJson({"animals", journey.project, "add", "Cleo", "Dot"});
  CHECK(Names(journey.project).size() == 4);
  CHECK(VoleJson({"verify", journey.project})["ok"] == true);
}

TEST_CASE("A name that is taken, unknown, given twice or missing is refused, and nothing changes") {
  const Journey journey(20);
  const std::vector<std::string> before = Names(journey.project);
  const std::string p = journey.project;
  CheckFails({"animals", p, "rename", before[0], before[1]}, 1, {before[1], "one of that name"});
  CheckFails({"animals", p, "rename", "Nobody", "Ada"}, 1, {"Nobody", "vole animals"});
  CheckFails({"animals", p, "rename", before[0]}, 2, {"pairs"});
  CheckFails({"animals", p, "rename", before[0], ""}, 2, {"empty"});
  CheckFails({"animals", p, "rename", before[0], "x", before[1], "x"}, 2, {"two animals"});
  CheckFails({"animals", p, "rename", before[0], "x", before[0], "y"}, 2, {"twice"});
  CheckFails({"animals", p, "add", "Ada", before[0]}, 1, {before[0], "already"});
  CheckFails({"animals", p, "paint", "Ada"}, 2, {"rename, add"});
  CHECK(Names(p) == before);
}

}  // namespace animals_cli_test
