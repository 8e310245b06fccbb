#include "app/model/requests/note_requests.h"

#include <doctest/doctest.h>

#include "app/model/requests/behavior_requests.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace note_requests_test {

namespace {

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<app::Session> session;
  datasets::Project* project = nullptr;
  datasets::Id clip = 0, groom = 0;

  Scene() {
    auto opened = tests::LabelProject(folder.path());
    project = opened.get();
    clip = project->Videos()[0].id;
    tests::AddVideoRow(*project, "unlabeled", 50, 64, 48);
    project->Write([&](datasets::Writer& writer) {
      datasets::BehaviorRow behavior;
      behavior.name = "groom";
      datasets::BehaviorIntervalRow bout;
      bout.video_id = clip;
      bout.behavior_id = writer.FindOrInsertBehavior(behavior);
      bout.start_frame = 10;
      bout.end_frame = 20;
      groom = writer.InsertBehaviorInterval(bout);
      const datasets::Id image = writer.FindOrInsertImage(clip, 3, 64, 48);
      writer.SetImageState(image, datasets::ImageState::kDone);
    });
    session = std::make_unique<app::Session>(std::move(opened), [] {});
    CHECK(tests::Eventually([&] { return session->Poll(), session->video() != nullptr; }));
  }
  bool IsFlagged() const { return project->BehaviorIntervals(clip)[0].flagged; }
  // The message that says so, or none.
  const app::Message* Hears(const std::string& part) {
    const app::Message* found = nullptr;
    tests::Eventually([&] {
      session->Poll();
      for (const app::Message& message : session->messages()) {
        if (message.text.find(part) != std::string::npos) found = &message;
      }
      return found != nullptr;
    });
    return found;
  }
};

}  // namespace

TEST_CASE("what is flagged is said, and the key pressed twice at once takes the flag off again") {
  Scene scene;
  app::RequestFlag(*scene.session, scene.groom);
  CHECK(scene.Hears("Flagged groom, frames 10 to 19"));
  CHECK(tests::Eventually([&] { return scene.IsFlagged(); }));
  scene.session->GoToFrame(42);
  app::RequestFlag(*scene.session, 0);
  app::RequestFlag(*scene.session, 0);
  CHECK(scene.Hears("Flagged frame 42"));
  CHECK(scene.Hears("Flag taken off frame 42"));
  app::RequestFlag(*scene.session, scene.groom + 1);  // gone
  CHECK(tests::Eventually([&] {
    scene.session->Poll();
    const auto& notes = scene.session->project_view()->notes;
    return notes.size() == 1 && notes[0].frame_index == 42 && notes[0].flagged;
  }));
  CHECK(scene.IsFlagged());
}

TEST_CASE("keeping videos for the test says what that means, and which could not be kept") {
  Scene scene;
  std::vector<datasets::Id> videos;
  for (const datasets::VideoRow& video : scene.project->Videos()) videos.push_back(video.id);
  app::RequestSplit(*scene.session, videos, "test");
  const app::Message* message = scene.Hears("Kept for the test: the labeled frames and bouts");
  REQUIRE(message);
  CHECK(message->text.find("no frame of them is labeled: unlabeled") != std::string::npos);
  CHECK(message->kind == app::Message::Kind::kError);  // stays until it was read
  CHECK(tests::Eventually(
      [&] { return scene.project->ImagesOfVideo(scene.clip)[0].split == "test"; }));
  app::RequestSplit(*scene.session, {videos[1]}, "val");
  message = scene.Hears("no frame of them is labeled; ");
  REQUIRE(message);
  CHECK(message->kind == app::Message::Kind::kError);
}

}  // namespace note_requests_test
