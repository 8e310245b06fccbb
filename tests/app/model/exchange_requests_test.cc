#include "app/model/requests/exchange_requests.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace exchange_requests_test {

namespace {

constexpr char kBouts[] =
    "video,subject,behavior,start_frame,stop_frame\nclip,a,walk,10,20\nclip,a,rear,30,40\n";

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<app::Session> session;
  datasets::Project* project = nullptr;
  std::shared_ptr<app::ExchangeNews> news = std::make_shared<app::ExchangeNews>();

  Scene() {
    auto opened = tests::LabelProject(folder.path());
    project = opened.get();
    std::ofstream(folder / "bouts.csv") << kBouts;
    session = std::make_unique<app::Session>(std::move(opened), [] {});
  }
  std::string News() {
    REQUIRE(tests::Eventually([&] { return session->Poll(), news->Now().text != ""; }));
    return news->Now().text;
  }
  size_t Bouts() const { return project->BehaviorIntervals(project->Videos()[0].id).size(); }
  size_t Files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder.path()),
                                             std::filesystem::directory_iterator()));
  }
};

}  // namespace

TEST_CASE("what an import would bring is said before anything is changed") {
  Scene scene;
  const size_t files = scene.Files();
  const std::string path = (scene.folder / "bouts.csv").string();
  app::RequestTryImport(*scene.session, "behaviors", path, {}, scene.news);
  CHECK(scene.News() == "Would bring 2 bouts, 2 new behaviors");
  CHECK(scene.Bouts() == 0);
  CHECK(scene.Files() == files);  // the copy is gone
  scene.news = std::make_shared<app::ExchangeNews>();
  app::RequestImport(*scene.session, "behaviors", path, {}, scene.news);
  CHECK(scene.News() == "Imported 2 bouts, 2 new behaviors");
  CHECK(scene.Bouts() == 2);
}

TEST_CASE("a file whose format nobody has said is recognized, and as what is told") {
  Scene scene;
  const std::string path = (scene.folder / "bouts.csv").string();
  app::RequestTryImport(*scene.session, "", path, {}, scene.news);
  CHECK(scene.News() == "Would bring 2 bouts, 2 new behaviors\nIt was recognized as behaviors.");
  CHECK(scene.Bouts() == 0);
  scene.news = std::make_shared<app::ExchangeNews>();
  app::RequestImport(*scene.session, "", path, {}, scene.news);
  CHECK(scene.News() == "Imported 2 bouts, 2 new behaviors\nIt was recognized as behaviors.");
  CHECK(scene.Bouts() == 2);
  std::ofstream(scene.folder / "notes.txt") << "fed at nine\n";
  scene.news = std::make_shared<app::ExchangeNews>();
  app::RequestImport(*scene.session, "", (scene.folder / "notes.txt").string(), {}, scene.news);
  CHECK(scene.News().find("notes.txt") != std::string::npos);
  CHECK(scene.news->Now().failed);
}

TEST_CASE("why a file cannot be imported is said where it was asked for") {
  Scene scene;
  std::ofstream(scene.folder / "bouts.csv")
      << "video,subject,behavior,start_frame\nclip,a,walk,x\n";
  app::RequestTryImport(*scene.session, "behaviors", (scene.folder / "bouts.csv").string(), {},
                        scene.news);
  CHECK(scene.News().find("bouts.csv") != std::string::npos);
  CHECK(scene.news->Now().failed);
  CHECK(scene.Bouts() == 0);
}

TEST_CASE("an export says what it wrote") {
  Scene scene;
  const std::string path = (scene.folder / "bouts.csv").string();
  app::RequestImport(*scene.session, "behaviors", path, {}, scene.news);
  scene.News();
  scene.news = std::make_shared<app::ExchangeNews>();
  const std::string out = (scene.folder / "out.csv").string();
  app::RequestExport(*scene.session, "behaviors", out, {}, scene.news);
  CHECK(scene.News().find("2 bouts") != std::string::npos);
  CHECK(std::filesystem::exists(out));
}

}  // namespace exchange_requests_test
