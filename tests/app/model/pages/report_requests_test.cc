#include "app/model/requests/report_requests.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

#include "app/model/results/report_planner.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/says.h"
#include "tests/support/temp_dir.h"

namespace report_requests_test {

namespace {

using tests::Says;

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<app::Session> session;
  std::shared_ptr<app::ExchangeNews> news = std::make_shared<app::ExchangeNews>();
  app::ReportChoice choice;

  explicit Scene(bool with_bout = true) {
    auto project = tests::LabelProject(folder.path());
    if (with_bout) {
      project->Write([&](datasets::Writer& writer) {
        datasets::BehaviorRow groom;
        groom.name = "groom";
        datasets::BehaviorIntervalRow bout;
        bout.video_id = 1;
        bout.behavior_id = writer.FindOrInsertBehavior(groom);
        bout.end_frame = 10;
        writer.InsertBehaviorInterval(bout);
      });
    }
    session = std::make_unique<app::Session>(std::move(project), [] {});
    choice.folder = (folder / "out" / "report").string();
  }
  app::ExchangeNews::Text Make() {
    app::RequestReport(*session, choice, news);
    REQUIRE(tests::Eventually([&] { return session->Poll(), news->Now().text != ""; }));
    return news->Now();
  }
};

}  // namespace

TEST_CASE("a report from the window makes its folder, and says what lies in it") {
  Scene scene;
  const app::ExchangeNews::Text news = scene.Make();
  CHECK_FALSE(news.failed);
  CHECK(news.text == "Written to " + scene.choice.folder + ":\nbudget.csv\nethogram.svg");
  CHECK(std::filesystem::exists(std::filesystem::path(scene.choice.folder) / "budget.csv"));
}

TEST_CASE("why there is no report is one line, and no file is left half done") {
  Scene scene;
  std::ofstream(scene.folder / "out") << "a file";
  app::ExchangeNews::Text news = scene.Make();
  CHECK(news.failed);
  CHECK(Says(news.text, "cannot be made"));
  CHECK(news.text.find('\n') == std::string::npos);
  Scene other(false);
  other.choice.motion_summary = true;
  news = other.Make();
  CHECK(news.failed);
  CHECK(Says(news.text, "no video has predictions"));
  CHECK(std::filesystem::is_empty(other.choice.folder));
  other.choice = {};
  other.news = std::make_shared<app::ExchangeNews>();
  CHECK(Says(other.Make().text, "no folder"));
}

TEST_CASE("what a report would write is looked up aside, for the newest choice") {
  Scene scene;
  app::ReportPlanner planner(scene.session->project_file(), [] {});
  const auto asked = [&](int64_t revision) {
    std::shared_ptr<const app::ReportOutlook> outlook;
    CHECK(tests::Eventually(
        [&] { return (outlook = planner.Ask(scene.choice, revision)) != nullptr; }));
    return outlook;
  };
  CHECK(asked(1)->plan.files.size() == 2);
  scene.choice.ethogram = false;
  CHECK(asked(1)->plan.files.size() == 1);
  scene.choice.contacts = true;
  CHECK(Says(asked(1)->error, "no video has predictions"));
  CHECK(asked(1)->plan.files.empty());
}

TEST_CASE(
    "what a report would write stays in view while a job makes one revision after the other") {
  Scene scene;
  app::ReportPlanner planner(scene.session->project_file(), [] {});
  int64_t revision = 0;
  CHECK(tests::Eventually([&] { return planner.Ask(scene.choice, ++revision) != nullptr; }));
  for (int i = 0; i < 100; ++i) CHECK(planner.Ask(scene.choice, ++revision));
  scene.session->Post("Rest", [](datasets::Project& project) {
    project.Write([](datasets::Writer& writer) {
      datasets::BehaviorRow rest;
      rest.name = "rest";
      datasets::BehaviorIntervalRow bout;
      bout.video_id = 1;
      bout.behavior_id = writer.FindOrInsertBehavior(rest);
      bout.start_frame = 20;
      bout.end_frame = 30;
      writer.InsertBehaviorInterval(bout);
    });
  });
  CHECK(tests::Eventually(
      [&] { return planner.Ask(scene.choice, ++revision)->plan.budget.size() == 2; }));
}

TEST_CASE("a typed folder is the one that a person means, and its whole path is said") {
  Scene scene;
  const std::string home = getenv("HOME") ? getenv("HOME") : "";
  setenv("HOME", scene.folder.path().c_str(), 1);
  scene.choice.folder = "~/reports/one";
  const app::ExchangeNews::Text news = scene.Make();
  setenv("HOME", home.c_str(), 1);
  CHECK_FALSE(news.failed);
  CHECK(Says(news.text, "Written to " + (scene.folder / "reports" / "one").string()));
  CHECK(std::filesystem::exists(scene.folder / "reports" / "one" / "budget.csv"));
  CHECK(app::ReportFolder("reports", "/data/mice.vole") == "/data/reports");
  CHECK(app::ReportFolder(" /else/where ", "/data/mice.vole") == "/else/where");
  CHECK(app::ReportFolder("  ", "/data/mice.vole") == "");
}

TEST_CASE("options that hold are listed where they are not what they usually are") {
  app::ReportChoice choice;
  choice.motion_summary = true;
  choice.request.options.what = "labels";
  CHECK(app::ChangedOptions(choice).empty());
  choice.request.start_frame = 100;
  choice.request.options.bin_frames = 60;
  choice.request.options.exclusive = true;
  choice.request.motion_files.zones = "zones.json";
  CHECK(app::ChangedOptions(choice) == std::vector<std::string>{"frames 100 to the end",
                                                                "bin-frames 60", "exclusive",
                                                                "zones zones.json"});
  choice.request.end_frame = 200;
  CHECK(app::ChangedOptions(choice)[0] == "frames 100 to 199");
}

TEST_CASE("the folder of a report is opened by the desktop's program, or it is said where it is") {
  tests::TempDir folder;
  const std::string path = getenv("PATH");
  std::ofstream(folder / "xdg-open")
      << "#!/bin/sh\necho \"$1\" >" << (folder / "opened").string() << ".new\nmv "
      << (folder / "opened").string() << ".new " << (folder / "opened").string() << "\n";
  chmod((folder / "xdg-open").c_str(), 0755);
  setenv("PATH", (folder.path().string() + ":" + path).c_str(), 1);
  app::OpenFolder("/some where/\u9f20");
  setenv("PATH", path.c_str(), 1);
  CHECK(tests::Eventually([&] { return std::filesystem::exists(folder / "opened"); }));
  std::string opened;
  std::ifstream in(folder / "opened");
  std::getline(in, opened);
  CHECK(opened == "/some where/\u9f20");
}

}  // namespace report_requests_test
