// Work that is killed, cancelled, starved of disk or done twice at once: nothing is lost.
#include <doctest/doctest.h>

#include "tests/support/journey.h"

namespace interrupted_test {

using nlohmann::json;
using tests::Journey;
using tests::Outcome;
using tests::Program;
using tests::Vole;
using tests::VoleJson;

namespace {

uintmax_t SizeOf(const std::string& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

std::vector<std::string> Command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), VOLE_BINARY);
  return arguments;
}

// COCO labels on every frame of the scene, `copies` boxes each, none of them there before.
std::string ManyLabels(const Journey& journey, int copies) {
  std::ifstream in(journey.truth);
  json document = json::parse(in);
  document["annotations"] = json::array();
  int id = 0;
  for (const json& image : document["images"]) {
    for (int i = 0; i < copies; ++i) {
      const double x = 1 + i % 100 + i / 100 * 0.01, y = 5 + i / 100 % 50;
      document["annotations"].push_back(
          {{"id", ++id},
           {"image_id", image["id"]},
           {"category_id", document["categories"][0]["id"]},
           {"bbox", {x, y, 20, 20}},
           {"area", 400},
           {"iscrowd", 0},
           {"segmentation", {{x, y, x + 20, y, x + 20, y + 20, x, y + 20}}}});
    }
  }
  const std::string file = journey.Path("many.json");
  std::ofstream(file) << document;
  return file;
}

int Labels(const std::string& project) { return VoleJson({"info", project})["labels"]; }

void CheckWhole(const std::string& project) { CHECK(VoleJson({"verify", project})["ok"] == true); }

std::string LastState(const std::string& project, const std::string& kind) {
  std::string state;
  const json jobs = VoleJson({"jobs", project})["jobs"];
  for (const json& job : jobs) {
    if (job["kind"] == kind) state = job["state"];
  }
  return state;
}

}  // namespace

TEST_CASE("An import killed in the middle leaves all labels or none of them") {
  const Journey journey(20);
  const int before = Labels(journey.project);
  const std::string many = ManyLabels(journey, 1000);
  const std::vector<std::string> import = {"import", journey.project, "--format", "coco", many};
  {
    Program program(Command(import));
    const std::string log = journey.project + "-wal";
    const uintmax_t start = SizeOf(log);
    program.WaitUntil([&] { return SizeOf(log) > start + 100000; });
    program.Signal(SIGKILL);
    program.Wait();
  }
  const int after = Labels(journey.project);
  CHECK((after == before || after == before + 20000));
  CheckWhole(journey.project);
  VoleJson(import);
  CHECK(Labels(journey.project) == before + 20000);
}

TEST_CASE("A training that is killed leaves the project whole and its job marked") {
  const Journey journey(20);
  const int labels = Labels(journey.project);
  Program program(Command({"train", journey.project, "--steps", "100000", "--batch", "1"}));
  REQUIRE(program.WaitUntil([&] { return LastState(journey.project, "train") == "running"; }));
  program.Signal(SIGKILL);
  program.Wait();
  CHECK(LastState(journey.project, "train") == "interrupted");
  CHECK(Labels(journey.project) == labels);
  CheckWhole(journey.project);
  VoleJson({"train", journey.project, "--steps", "2", "--batch", "1"});
}

TEST_CASE("A killed training goes on with --resume, and so does one that had no model yet") {
  const Journey journey(20);
  const std::string file = journey.Path("p-1.safetensors");
  const std::vector<std::string> train = {"train", journey.project, "--steps",
                                          "60",    "--batch",       "1"};
  {
    Program program(Command(train));
    REQUIRE(program.WaitUntil([&] { return SizeOf(file + ".last") > 0; }));
    program.Signal(SIGKILL);
    program.Wait();
  }
  REQUIRE(VoleJson({"models", journey.project})["models"].empty());
  // An older model, and one of another kind, are not what is meant.
  VoleJson(
      {"train", journey.project, "--steps", "2", "--batch", "1", "--out", journey.Path("other")});
  std::vector<std::string> again = train;
  again.push_back("--resume");
  std::filesystem::last_write_time(file + ".last", std::filesystem::file_time_type::clock::now());
  const json resumed = VoleJson(again);
  CHECK(resumed["model"] == file);
  CHECK(resumed["steps"] == 120);
  CHECK(SizeOf(file) > 0);
  // The same as never stopping.
  VoleJson(
      {"train", journey.project, "--steps", "60", "--batch", "1", "--out", journey.Path("whole")});
  CHECK(VoleJson({"models", file})["record"]["validation"] ==
        VoleJson({"models", journey.Path("whole.safetensors")})["record"]["validation"]);
}

TEST_CASE("Without a checkpoint --resume says so, and no empty file is left behind") {
  const Journey journey(20);
  tests::CheckFails({"train", journey.project, "--resume"}, 1, {"no training", "--resume"});
  tests::CheckFails({"train", journey.project, "--frames", "19:19"}, 2, {"19:19"});
  tests::CheckFails({"train", journey.project, "--init", "no such file"}, 1, {"no such file"});
  CHECK_FALSE(std::filesystem::exists(journey.Path("p-1.safetensors")));
}

TEST_CASE("Two trainings at once write two models") {
  const Journey journey(20);
  Program first(Command({"train", journey.project, "--steps", "25", "--batch", "1"}));
  Program second(Command({"train", journey.project, "--steps", "25", "--batch", "1"}));
  CHECK(first.Wait().code == 0);
  CHECK(second.Wait().code == 0);
  const json models = VoleJson({"models", journey.project})["models"];
  REQUIRE(models.size() == 2);
  CHECK(models[0]["path"] != models[1]["path"]);
  CHECK(models[0]["found"] == true);
  CHECK(models[1]["found"] == true);
  CheckWhole(journey.project);
}

TEST_CASE("A closed terminal ends a training in good order") {
  const Journey journey(20);
  const std::string model = journey.Path("m.safetensors");
  Program program(
      Command({"train", journey.project, "--steps", "200", "--batch", "1", "--out", model}));
  REQUIRE(program.WaitUntil([&] { return SizeOf(model + ".last") > 0; }));
  program.Signal(SIGHUP);
  CHECK(program.Wait().code == 130);
  CHECK(LastState(journey.project, "train") == "cancelled");
  CHECK(SizeOf(model) > 0);
}

TEST_CASE("Ctrl-C in a training ends with 130 and keeps a model that predicts") {
  const Journey journey(20);
  const std::string model = journey.Path("m.safetensors");
  Program program(
      Command({"train", journey.project, "--steps", "200", "--batch", "1", "--out", model}));
  REQUIRE(program.WaitUntil([&] { return SizeOf(model + ".last") > 0 || SizeOf(model) > 0; }));
  program.Signal(SIGINT);
  const Outcome outcome = program.Wait();
  INFO(tests::Show(outcome));
  CHECK(outcome.code == 130);
  CHECK(outcome.err.find("cancelled") != std::string::npos);
  CHECK(LastState(journey.project, "train") == "cancelled");
  REQUIRE(SizeOf(model) > 0);
  // It predicts by name; by itself only when somebody says that it is good enough.
  tests::CheckFails({"predict", journey.project}, 1, {"m was cancelled", "--model", "--keep"});
  CHECK(VoleJson({"models", journey.project})["models"][0]["cancelled"] == true);
  const json predict = VoleJson({"predict", journey.project, "--model", "m"});
  CHECK(predict["frames"] == 20);
  VoleJson({"models", journey.project, "--keep", "m"});
  CHECK(VoleJson({"predict", journey.project})["frames"] == 20);
  tests::CheckFails({"models", journey.project, "--discard", "m"}, 1, {"'m'", "predictions"});
  CheckWhole(journey.project);
}

TEST_CASE("A prediction that is killed can be done again, and others work beside one") {
  const Journey journey(200);
  VoleJson({"train", journey.project, "--steps", "80", "--batch", "1"});
  const int labels = Labels(journey.project);
  {
    Program program(Command({"predict", journey.project}));
    REQUIRE(program.WaitUntil([&] { return LastState(journey.project, "predict") != ""; }));
    program.Signal(SIGKILL);
    program.Wait();
  }
  CHECK(LastState(journey.project, "predict") != "running");
  CHECK(Labels(journey.project) == labels);
  CheckWhole(journey.project);

  VoleJson({"predict", journey.project});
  const json queue = VoleJson({"review", journey.project});
  REQUIRE(!queue.empty());
  Program program(Command({"predict", journey.project}));
  const std::string episode = queue[0]["episode"].dump();
  VoleJson({"import", journey.project, "--format", "coco", ManyLabels(journey, 3)});
  const Outcome review = Vole({"review", journey.project, "skip", episode});
  const Outcome outcome = program.Wait();
  INFO(tests::Show(outcome));
  CHECK(outcome.code == 0);
  // The queue may have been replaced by the new prediction's meanwhile; then it says so.
  INFO(tests::Show(review));
  CHECK((review.code == 0 || review.err.find("not in the review queue") != std::string::npos));
  CHECK(Labels(journey.project) >= labels + 600);
  CheckWhole(journey.project);
}

TEST_CASE("A full disk is named in one line, and the project stays as it was") {
  const Journey journey(20);
  const int before = Labels(journey.project);
  const std::string many = ManyLabels(journey, 1000);
  const auto little_disk = [&] {
    const rlim_t bytes = SizeOf(journey.project) + 200000;
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
  };
  tests::CheckFails({"import", journey.project, "--format", "coco", many}, 1, {"p.vole"},
                    little_disk);
  CHECK(Labels(journey.project) == before);
  CheckWhole(journey.project);
  VoleJson({"import", journey.project, "--format", "coco", many});
  CHECK(Labels(journey.project) == before + 20000);
}

TEST_CASE("A second Ctrl-C, or one before the work began, ends at once") {
  const Journey journey(20);
  Program program(Command({"train", journey.project, "--steps", "100000", "--batch", "1"}));
  REQUIRE(program.WaitUntil([&] { return LastState(journey.project, "train") == "running"; }));
  program.Signal(SIGINT);
  program.Signal(SIGINT);
  CHECK(program.Wait().code == 130);
  CheckWhole(journey.project);
}

}  // namespace interrupted_test
