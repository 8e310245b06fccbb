// Meetings on the command line: listed, decided, counted.
#include <doctest/doctest.h>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "infer/meetings/meeting_review.h"
#include "infer/names/name_evidence.h"
#include "tests/support/journey.h"
#include "tests/support/store_data.h"

namespace meetings_cli_test {

namespace {

using datasets::Id;
using nlohmann::json;
using tests::CheckFails;
using tests::Vole;
using tests::VoleJson;

// Two animals that come together in frames 40 to 59 of 100, and a third that is always apart. Looks
// say little after it.
struct Scene {
  tests::TempDir folder;
  std::string project = (folder / "p.vole").string();

  explicit Scene(bool has_list = true) {
    const auto file = datasets::Project::Create(project);
    Id video = 0, job = 0;
    infer::NameEvidence evidence;
    file->Write([&](datasets::Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      job = writer.InsertJob(tests::PredictJob());
      for (const char* name : {"Ada", "Bea", "Cid"}) {
        evidence.categories.push_back(writer.FindOrInsertCategory(name));
      }
      for (int frame = 0; frame < 100; ++frame) {
        for (int animal = 0; animal < 3; ++animal) {
          auto row = tests::Prediction(job, video, frame, evidence.categories[animal]);
          row.tracklet = animal == 2 ? 6 : 3 * animal + (frame >= 40) + (frame >= 60);
          writer.InsertPrediction(row);
        }
      }
      writer.FinishJob(job, "done");
    });
    evidence.end_frame = 100;
    evidence.max_instances = {1, 1, 1};
    const auto add = [&](int number, int start, int end, float x, bool contact, double odds) {
      infer::NamedRun run;
      run.number = run.class_index = number;
      run.start_frame = start;
      run.end_frame = end;
      run.first = run.last = {x, 12};
      run.around = {x, 12, 0, 0};
      run.body = 14;
      run.contact = contact;
      evidence.runs.push_back(run);
      infer::TrackletEvidence own{start, end, {-odds, -odds, -odds}, 50};
      own.class_log_odds[static_cast<size_t>(number)] = odds;
      evidence.evidence.push_back(own);
    };
    for (int animal = 0; animal < 2; ++animal) {
      add(animal, 0, 40, 12.f + 12 * animal, false, 6);
      add(animal, 40, 60, 20.f + 4 * animal, true, 0);
      add(animal, 60, 100, 12.f + 12 * animal, false, 0.4);
    }
    add(2, 0, 100, 300, false, 9);
    evidence.links = {{0, 1, 8}, {3, 4, 8}, {1, 2, 0.3}, {4, 5, 0.3}};
    std::vector<infer::NamedTracklet> names(evidence.runs.size());
    for (size_t t = 0; t < names.size(); ++t) {
      names[t].number = names[t].class_index = evidence.runs[t].number;
      names[t].probability = 0.9;
    }
    if (has_list) {
      infer::SaveMeetings(*file, job, video, evidence, infer::MeetingsOf(evidence, names));
    }
  }
  json List(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"review", project, "meetings"});
    return VoleJson(more);
  }
};

TEST_CASE("meetings are listed with both sides, the ways out and what a decision is worth") {
  const Scene scene;
  const json all = scene.List();
  CHECK(all["total"] == 1);
  CHECK(all["open"] == 1);
  REQUIRE(all["meetings"].size() == 1);
  const json& meeting = all["meetings"][0];
  CHECK(meeting["start_frame"] == 39);
  CHECK(meeting["end_frame"] == 61);
  CHECK(meeting["kind"] == "contact");
  CHECK(meeting["decided_by"] == "none");
  CHECK(meeting["exchange"] > 0.05);
  CHECK(meeting["exchange"] < 0.5);
  CHECK(meeting["frames"] == 80);
  REQUIRE(meeting["animals"].size() == 2);
  CHECK(meeting["animals"][0]["name"] == "Ada");
  CHECK(meeting["animals"][0]["before_frame"] == 39);
  CHECK(meeting["animals"][1]["after_frame"] == 60);
  REQUIRE(meeting["ways"].size() == 4);
  CHECK(meeting["ways"][1]["enters"] == "Ada");
  CHECK(meeting["ways"][1]["leaves"] == "Bea");
  const auto text = Vole({"review", scene.project, "meetings"});
  CHECK(text.out.find("1 of 1 meetings are open") != std::string::npos);
  CHECK(text.out.find("Ada, Bea") != std::string::npos);
  const json info = VoleJson({"info", scene.project});
  CHECK(info["videos"][0]["open_meetings"] == 1);
  CHECK(Vole({"info", scene.project}).out.find("1 of 1 meetings are open") != std::string::npos);
}

TEST_CASE("keep, exchange and unsure decide a meeting by its number") {
  const Scene scene;
  const std::string number = std::to_string(scene.List()["meetings"][0]["meeting"].get<int>());
  const json exchanged = VoleJson({"review", scene.project, "exchange", number});
  REQUIRE(exchanged["decided"].size() == 1);
  CHECK(exchanged["decided"][0]["open"] == 0);
  CHECK(exchanged["decided"][0]["swaps"] ==
        json::parse(R"([{"start_frame": 60, "end_frame": 100, "animals": ["Ada", "Bea"]}])"));
  CHECK(scene.List()["meetings"].empty());
  json all = scene.List({"--all"});
  REQUIRE(all["meetings"].size() == 1);
  CHECK(all["decided_by_person"] == 1);
  CHECK(all["meetings"][0]["decision"]["verdict"] == "exchange");
  // The scene has no file of the video, which is all that verify finds.
  CHECK(json::parse(Vole({"verify", scene.project, "--json"}).out)["problems"].size() == 1);
  VoleJson({"review", scene.project, "exchange", number, "Bea", "Ada"});  // the same pair
  all = scene.List({"--all"});
  CHECK(all["meetings"][0]["decision"]["verdict"] == "exchange");
  VoleJson({"review", scene.project, "unsure", number});
  CHECK(scene.List({"--all"})["meetings"][0]["decision"]["verdict"] == "unsure");
  CHECK(Vole({"review", scene.project, "keep", number}).out.find("kept") != std::string::npos);
}

TEST_CASE("a decision is forgotten by its number, and the meeting is open again") {
  const Scene scene;
  const std::string number = std::to_string(scene.List()["meetings"][0]["meeting"].get<int>());
  VoleJson({"review", scene.project, "keep", number});
  const json decided = scene.List({"--all"})["meetings"][0]["decision"];
  const std::string decision = std::to_string(decided["decision"].get<int>());
  CheckFails({"review", scene.project, "forget"}, 2, {"which decision?"});
  CheckFails({"review", scene.project, "forget", "99"}, 1, {"no such decision"});
  CheckFails({"review", scene.project, "forget", decision, "99"}, 1, {"no such decision"});
  CHECK(scene.List()["open"] == 0);
  const json forgotten = VoleJson({"review", scene.project, "forget", decision});
  CHECK(forgotten["forgotten"][0]["verdict"] == "keep");
  CHECK(scene.List()["open"] == 1);
}

TEST_CASE("what cannot be decided is refused in one line that says why") {
  const Scene scene;
  const std::string number = std::to_string(scene.List()["meetings"][0]["meeting"].get<int>());
  CheckFails({"review", scene.project, "keep", "99"}, 1, {"no such meeting"});
  CheckFails({"review", scene.project, "exchange", number, "Ada", "Dan"}, 1, {"no such animal"});
  CheckFails({"review", scene.project, "exchange", number, "Ada", "Cid"}, 1, {"not in meeting"});
  CheckFails({"review", scene.project, "exchange", number, "Ada"}, 2, {"two animals or more"});
  CheckFails({"review", scene.project, "exchange"}, 2, {"which meeting"});
  CheckFails({"review", scene.project, "keep", "x"}, 2, {"no number"});
  CheckFails({"review", scene.project, "kep", number}, 2, {"keep"});
  CHECK(scene.List()["open"] == 1);
}

TEST_CASE("a prediction of an older Vole has no list, which is said and not guessed") {
  const Scene scene(false);
  const auto listed = Vole({"review", scene.project, "meetings"});
  CHECK(listed.code == 0);
  CHECK(listed.err.find("has no list of meetings") != std::string::npos);
  CHECK(scene.List()["without_list"] == json::parse(R"(["one"])"));
  CHECK(VoleJson({"info", scene.project})["videos"][0]["meetings"].is_null());
}

}  // namespace

}  // namespace meetings_cli_test
