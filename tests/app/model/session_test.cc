#include "app/model/session/session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "datasets/store/connection.h"
#include "datasets/store/recording/recording_store.h"
#include "datasets/store/writer.h"
#include "datasets/video/video.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace session_test {

namespace {

using datasets::Id;
using datasets::Project;

constexpr int kWidth = 64, kHeight = 48;

// A project with two videos of one brightness each.
struct TwoVideos {
  tests::TempDir folder;
  Id dark = 0, light = 0;

  TwoVideos() {
    auto project = Project::Create(folder / "two.vole");
    dark = Add(*project, "dark", 20);
    light = Add(*project, "light", 200);
  }

 private:
  Id Add(Project& project, const std::string& name, int brightness) {
    const auto file = folder / (name + ".mp4");
    datasets::VideoWriter writer(file, kWidth, kHeight, 25, 4);
    for (int frame = 0; frame < 12; ++frame) {
      writer.Write(cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar::all(brightness + frame)));
    }
    writer.Close();
    datasets::Job job;
    return project.AddVideo(file, job).id;
  }
};

double Brightness(const app::Session& session) {
  const cv::Mat& picture = session.picture().bgr;
  return picture.empty() ? -1 : cv::mean(picture)[0];
}

}  // namespace

TEST_CASE("After another video is chosen nothing of the one before is shown or worked on") {
  TwoVideos scene;
  app::Session session(Project::Open(scene.folder / "two.vole"), [] {});
  const auto shows = [&](Id video, double brightness) {
    return tests::Eventually([&] {
      session.Poll();
      const auto view = session.frame_view();
      return view && view->video_id == video && session.background() &&
             std::abs(Brightness(session) - brightness) < 12;
    });
  };
  REQUIRE(shows(scene.dark, 20));
  // Both stand at frame 0, so the number of the frame does not tell them apart.
  for (int turn = 0; turn < 3; ++turn) {
    session.GoTo(scene.light, 0);
    CHECK(session.picture().bgr.empty());
    CHECK_FALSE(session.frame_view());
    CHECK_FALSE(session.background());
    REQUIRE(shows(scene.light, 200));
    CHECK(session.picture().video_id == scene.light);
    session.GoTo(scene.dark, 0);
    session.Poll();
    CHECK(std::abs(Brightness(session) - 200) > 100);
    REQUIRE(shows(scene.dark, 20));
  }
}

TEST_CASE("A span of one video that is played again and again is not one of the next video") {
  TwoVideos scene;
  app::Session session(Project::Open(scene.folder / "two.vole"), [] {});
  REQUIRE(tests::Eventually([&] { return session.Poll(), session.video() != nullptr; }));
  session.GoTo(scene.dark, 0);
  session.SetLoop(std::make_pair(8, 11));
  session.SetPlaying(true, 1);
  session.TickPlayback(10);
  CHECK(session.frame() == 8);
  session.GoTo(scene.light, 0);
  session.TickPlayback(10);
  CHECK(session.frame() == 11);
  CHECK_FALSE(session.playing());
}

TEST_CASE("A frame is shown when both its picture and its labels are there, and not before") {
  TwoVideos scene;
  app::Session session(Project::Open(scene.folder / "two.vole"), [] {});
  const auto shows = [&] {
    return tests::Eventually([&] { return session.Poll(), session.ShowsFrame(); });
  };
  CHECK_FALSE(session.ShowsFrame());
  REQUIRE(shows());
  session.GoTo(scene.dark, 7);
  CHECK_FALSE(session.ShowsFrame());  // what is seen is frame 0 of some video
  REQUIRE(shows());
  CHECK(session.picture().frame == 7);
  CHECK(session.frame_view()->frame == 7);
  session.GoToFrame(8);
  CHECK_FALSE(session.ShowsFrame());
  session.GoToFrame(7);  // the person has never seen another
  CHECK(session.ShowsFrame());
  session.GoTo(scene.light, 7);
  CHECK_FALSE(session.ShowsFrame());
  REQUIRE(shows());
}

TEST_CASE("Where a picture cannot be read none is shown, and labels there can be worked on") {
  TwoVideos scene;
  const auto file = scene.folder / "dark.mp4", elsewhere = scene.folder / "moved.mp4";
  app::Session session(Project::Open(scene.folder / "two.vole"), [] {});
  const auto shows = [&] {
    return tests::Eventually([&] { return session.Poll(), session.ShowsFrame(); });
  };
  REQUIRE(shows());
  session.GoTo(scene.light, 3);
  REQUIRE(shows());
  std::filesystem::rename(file, elsewhere);
  session.GoTo(scene.dark, 5);
  REQUIRE(shows());
  CHECK(session.picture().frame == 5);
  CHECK(session.picture().bgr.empty());
  session.GoToFrame(6);
  REQUIRE(shows());
  CHECK(session.picture().bgr.empty());
  std::filesystem::rename(elsewhere, file);
  session.GoToFrame(6);  // asked again, it is there
  CHECK(tests::Eventually([&] { return session.Poll(), Brightness(session) > 0; }));
  CHECK(session.ShowsFrame());
}

TEST_CASE("A video that grows while it is looked at is shown to its new end") {
  TwoVideos scene;
  auto other = Project::Open(scene.folder / "two.vole");
  const datasets::VideoIndex whole = other->IndexOf(other->VideoById(scene.light));
  datasets::VideoIndex half = whole;
  half.pts.resize(6);
  half.key_frames = {0};
  const auto grow = [&](const datasets::VideoIndex& index) {
    other->Write(
        [&](datasets::Writer& writer) { datasets::GrowVideo(writer, scene.light, index); });
  };
  grow(half);
  app::Session session(Project::Open(scene.folder / "two.vole"), [] {});
  const auto shows = [&](int frame) {
    return tests::Eventually([&] {
      session.Poll();
      return session.ShowsFrame() && session.frame() == frame && !session.picture().bgr.empty();
    });
  };
  REQUIRE(shows(0));
  session.GoTo(scene.light, 5);
  REQUIRE(shows(5));
  grow(whole);
  REQUIRE(tests::Eventually([&] { return session.Poll(), session.frame_count() == 12; }));
  session.GoToFrame(11);
  CHECK(shows(11));
  CHECK(std::abs(Brightness(session) - 211) < 12);
  CHECK(session.messages().empty());
}

TEST_CASE("A video is shown again where it was left") {
  TwoVideos scene;
  app::Session session(Project::Open(scene.folder / "two.vole"), [] {});
  REQUIRE(tests::Eventually([&] { return session.Poll(), session.video() != nullptr; }));
  session.GoTo(scene.dark, 5);
  session.GoToVideo(scene.light);
  CHECK(session.frame() == 0);
  session.GoToFrame(3);
  session.GoToVideo(scene.dark);
  CHECK(session.frame() == 5);
  session.GoToVideo(scene.light);
  CHECK(session.frame() == 3);
}

namespace {

// A project of one video that exists as a row only, with one label of one animal.
struct Labeled {
  tests::TempDir folder;
  std::unique_ptr<Project> other;  // what another program sees and does
  Id video = 0, label = 0;

  Labeled() {
    other = tests::LabelProject(folder.path());
    video = other->Videos().front().id;
    annotate::History history(*other);
    history.Apply(annotate::AddCategory("a"));
    datasets::AnnotationRow row;
    row.category_id = other->Categories().front().id;
    row.polygons = {{{5, 5}, {15, 5}, {15, 15}, {5, 15}}};
    label = history.Apply(annotate::AddAnnotation(video, 3, row)).InsertedId("annotations");
  }
  std::filesystem::path file() const { return folder / "test.vole"; }
};

bool Says(app::Session& session, const std::string& text) {
  session.Poll();
  for (const app::Message& message : session.messages()) {
    if (message.text.find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("What a change says is heard once it is carried out, and of one that fails only why") {
  Labeled scene;
  app::Session session(Project::Open(scene.file()), [] {});
  session.Post("Try", [&](Project&) {
    session.SayLater(app::Message::Kind::kSuccess, "all is done");
    session.SayLater(app::Message::Kind::kError, "one is missing");
    throw datasets::Error("disk", "it is full");
  });
  CHECK(tests::Eventually([&] { return Says(session, "Try: disk: it is full"); }));
  CHECK(Says(session, "one is missing"));
  CHECK_FALSE(Says(session, "all is done"));
  session.Post("Try",
               [&](Project&) { session.SayLater(app::Message::Kind::kSuccess, "all is done"); });
  CHECK(tests::Eventually([&] { return Says(session, "all is done"); }));
}

TEST_CASE("An undo that another program has made impossible stands in the way of no older one") {
  Labeled scene;
  app::Session session(Project::Open(scene.file()), [] {});
  scene.other->Write([&](datasets::Writer& writer) { writer.DeleteAnnotation(scene.label); });
  session.Undo();
  REQUIRE(tests::Eventually([&] { return Says(session, "changed by another program"); }));
  CHECK(Says(session, "off the list"));
  session.Undo();
  REQUIRE(tests::Eventually([&] { return Says(session, "Undone: "); }));
  CHECK(scene.other->Categories().empty());
}

TEST_CASE("Of the jobs that have ended the session keeps the newest, and nothing that they held") {
  Labeled scene;
  app::Session session(Project::Open(scene.file()), [] {});
  auto held = std::make_shared<int>(0);
  int64_t last = 0;
  for (int i = 0; i < 40; ++i) {
    last = session.StartJob("job", [held](datasets::Project&, datasets::Job&) {});
  }
  REQUIRE(tests::Eventually([&] {
    const auto jobs = session.JobsNow();
    return jobs.back().id == last && jobs.back().state == app::Session::JobStatus::State::kDone;
  }));
  CHECK(session.JobsNow().size() == 30);
  CHECK(tests::Eventually([&] { return held.use_count() == 1; }));
}

TEST_CASE(
    "What cannot wait runs beside a long job, and the end of the session ends both in order") {
  Labeled scene;
  std::atomic<int> running{0}, ended{0};
  {
    app::Session session(Project::Open(scene.file()), [] {});
    const auto until_cancelled = [&](datasets::Project& project, datasets::Job& job) {
      ++running;
      while (!job.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      project.Write([](datasets::Writer&) {});  // what it has to put away
      ++ended;
    };
    session.StartJob("long", until_cancelled);
    session.StartJob("waits", until_cancelled);
    session.StartJob("recording", until_cancelled, app::Session::Lane::kAside);
    CHECK(tests::Eventually([&] { return running == 2; }));
    CHECK(session.JobsNow().size() == 3);
    const int64_t aside = session.JobsNow().back().id;
    CHECK_FALSE(session.JobsNow().back().RunsInTurn());  // nothing that cancels the others ends it
    session.CancelJob(aside);
    CHECK(tests::Eventually(
        [&] { return session.JobsNow().back().state == app::Session::JobStatus::State::kDone; }));
    CHECK(running == 2);  // the one that waits its turn still does
    session.StartJob("recording", until_cancelled, app::Session::Lane::kAside);
    CHECK(tests::Eventually([&] { return running == 3; }));
  }
  CHECK(running == 3);
  CHECK(ended == 3);
}

TEST_CASE("A row that cannot be read is said once, what can be read shows, and its mending too") {
  Labeled scene;
  std::string good;
  const auto damage = [&](const std::string& with) {
    scene.other->Write([&](datasets::Writer& writer) {
      auto row =
          writer.connection().Query("SELECT polygons FROM annotations WHERE id = ?", scene.label);
      if (row.Step() && good.empty()) good = row.Text(0);
      writer.connection().Run("UPDATE annotations SET polygons = ? WHERE id = ?", with,
                              scene.label);
    });
  };
  damage("[[\"a\"]]");
  app::Session session(Project::Open(scene.file()), [] {});
  REQUIRE(tests::Eventually([&] { return session.Poll(), session.video() != nullptr; }));
  session.GoToFrame(3);
  // That the video has no file is another matter.
  const auto said = [&] {
    session.Poll();
    return std::count_if(
        session.messages().begin(), session.messages().end(),
        [](const app::Message& message) { return message.text.find("clip") == std::string::npos; });
  };
  REQUIRE(tests::Eventually([&] { return said() > 0; }));
  CHECK(session.project_view()->categories.size() == 1);
  damage(good);
  REQUIRE(tests::Eventually([&] {
    session.Poll();
    const auto view = session.frame_view();
    return view && view->frame == 3 && view->labels.size() == 1;
  }));
  CHECK(said() == 1);
}

}  // namespace session_test
