#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

#include "app/model/requests/label_requests.h"
#include "app/model/requests/note_requests.h"
#include "datasets/video/video.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace video_requests_test {

namespace {

namespace fs = std::filesystem;

void WriteBall(const fs::path& file, int tone) {
  datasets::VideoWriter writer(file, 128, 96, 25);
  for (int i = 0; i < 12; ++i) {
    cv::Mat frame(96, 128, CV_8UC3, cv::Scalar(tone, tone, tone));
    cv::circle(frame, {20 + 4 * i, 48}, 9, cv::Scalar(20, 20, 20), cv::FILLED);
    writer.Write(frame);
  }
  writer.Close();
}

// Whether a message comes that says so.
bool Hears(app::Session* session, const std::string& part) {
  return tests::Eventually([&] {
    session->Poll();
    for (const app::Message& message : session->messages()) {
      if (message.text.find(part) != std::string::npos) return true;
    }
    return false;
  });
}

app::Message::Kind KindOf(app::Session& session, const std::string& part) {
  for (const app::Message& message : session.messages()) {
    if (message.text.find(part) != std::string::npos) return message.kind;
  }
  return app::Message::Kind::kInfo;
}

}  // namespace

TEST_CASE("videos that were moved are found by name below a folder, others are named") {
  tests::TempDir folder;
  const fs::path moved = folder / "disk" / "day 1";
  fs::create_directories(moved);
  WriteBall(folder / "one.mp4", 180);
  WriteBall(folder / "two.mp4", 90);
  auto opened = datasets::Project::Create(folder / "a.vole");
  datasets::Project* project = opened.get();
  datasets::Job job;
  const datasets::Id one = project->AddVideo(folder / "one.mp4", job).id;
  const datasets::Id two = project->AddVideo(folder / "two.mp4", job).id;
  fs::rename(folder / "one.mp4", moved / "one.mp4");
  fs::remove(folder / "two.mp4");
  WriteBall(moved / "two.mp4", 30);  // another one of that name
  app::Session session(std::move(opened), [] {});
  app::RequestFindIn(session, {one, two}, (folder / "disk").string());
  CHECK(Hears(&session, "Found 1 of 2 lost videos"));
  CHECK(Hears(&session, "not there: two (other pictures)"));
  CHECK(KindOf(session, "not there: two") == app::Message::Kind::kError);  // to be closed by hand
  CHECK(fs::exists(project->VideoPath(project->VideoById(one))));
  CHECK_FALSE(fs::exists(project->VideoPath(project->VideoById(two))));
  app::RequestFindIn(session, {two}, (folder / "nowhere").string());
  CHECK(Hears(&session, "it cannot be read"));
}

TEST_CASE(
    "a video that is in place stays there, and a failing write is not said to be a lost video") {
  tests::TempDir folder;
  const fs::path copies = folder / "copies";
  fs::create_directories(copies);
  WriteBall(folder / "one.mp4", 180);
  WriteBall(folder / "two.mp4", 90);
  fs::copy_file(folder / "one.mp4", copies / "one.mp4");
  auto opened = datasets::Project::Create(folder / "a.vole");
  datasets::Project* project = opened.get();
  datasets::Job job;
  const datasets::Id one = project->AddVideo(folder / "one.mp4", job).id;
  const datasets::Id two = project->AddVideo(folder / "two.mp4", job).id;
  app::Session session(std::move(opened), [] {});
  app::RequestFindIn(session, {one}, copies.string());
  CHECK(Hears(&session, "all in place"));
  CHECK(project->VideoPath(project->VideoById(one)) == folder / "one.mp4");
  fs::rename(folder / "two.mp4", copies / "two.mp4");
  fs::copy_file(project->file(), folder / "copy.vole");
  fs::rename(folder / "copy.vole", project->file());  // it is noticed before the next write
  app::RequestFindIn(session, {one, two}, copies.string());
  CHECK(Hears(&session, "another file has taken its place"));
  for (const app::Message& message : session.messages()) {
    CHECK(message.text.find("not there") == std::string::npos);
  }
}

TEST_CASE("several videos are removed in one step, after a copy was made") {
  tests::TempDir folder;
  auto opened = tests::LabelProject(folder.path());
  datasets::Project* project = opened.get();
  tests::AddVideoRow(*project, "second", 50, 64, 48);
  tests::AddVideoRow(*project, "third", 50, 64, 48);
  const std::vector<datasets::VideoRow> videos = project->Videos();
  app::Session session(std::move(opened), [] {});
  app::RequestRemoveVideos(session, {videos[0], videos[2]});
  CHECK(Hears(&session, "Removed 2 videos; the project with them is kept as"));
  REQUIRE(project->Videos().size() == 1);
  CHECK(project->Videos()[0].name == "second");
  CHECK(fs::exists(project->file().string() + ".before-removal.bak"));
}

}  // namespace video_requests_test
