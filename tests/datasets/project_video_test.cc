// Videos of a project, from real files.
#include <doctest/doctest.h>

#include <fstream>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/verify.h"
#include "tests/support/shared_data.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace project_video_test {

namespace {

using datasets::Project;
using tests::MessageOf;
namespace fs = std::filesystem;

// A grey arena with a dark disc that moves; `tone` makes another video of it.
void WriteVideo(const fs::path& file, int frames, int tone) {
  datasets::VideoWriter writer(file, 128, 96, 25);
  for (int i = 0; i < frames; ++i) {
    cv::Mat frame(96, 128, CV_8UC3, cv::Scalar(tone, tone, tone));
    cv::circle(frame, {20 + 2 * i, 48}, 9, cv::Scalar(20, 20, 20), cv::FILLED);
    writer.Write(frame);
  }
  writer.Close();
}

TEST_CASE("a video is added once, with index and background, under a name of its own") {
  tests::TempDir folder;
  fs::create_directories(folder / "other");
  WriteVideo(folder / "arena.mp4", 40, 180);
  WriteVideo(folder / "other" / "arena.mp4", 30, 120);
  auto project = Project::Create(folder / "a.vole");
  datasets::Job job;
  const auto first = project->AddVideo(folder / "arena.mp4", job);
  CHECK(first.name == "arena");
  CHECK(first.path == "arena.mp4");
  CHECK(first.frame_count == 40);
  CHECK(first.width == 128);
  CHECK(first.static_camera);
  CHECK(project->IndexOf(first).frame_count() == 40);
  CHECK(project->BackgroundOf(first).bgr.size() == cv::Size(128, 96));
  CHECK(project->AddVideo(folder / "arena.mp4", job).id == first.id);
  const auto second = project->AddVideo(folder / "other" / "arena.mp4", job);
  CHECK(second.name == "arena_2");
  CHECK(second.path == "other/arena.mp4");
  CHECK(project->Videos().size() == 2);
  CHECK(project->OpenVideo(second).Read(29).size() == cv::Size(128, 96));
  CHECK(datasets::Verify(*project, job).empty());
}

TEST_CASE("the project and its videos move together; a video that moved alone is found again") {
  tests::TempDir folder;
  fs::create_directories(folder / "old");
  WriteVideo(folder / "old" / "arena.mp4", 20, 180);
  datasets::Job job;
  Project::Create(folder / "old" / "a.vole")->AddVideo(folder / "old" / "arena.mp4", job);
  fs::rename(folder / "old", folder / "new");
  auto project = Project::Open(folder / "new" / "a.vole");
  auto video = project->VideoByName("");
  CHECK(project->OpenVideo(video).Read(3).rows == 96);
  fs::rename(folder / "new" / "arena.mp4", folder / "elsewhere.mp4");
  const std::string message = MessageOf([&] { project->OpenVideo(video); });
  CHECK(message.find("not there any more") != std::string::npos);
  CHECK(message.find("vole add-video") != std::string::npos);
  REQUIRE(datasets::Verify(*project, job).size() == 1);
  CHECK(datasets::Verify(*project, job)[0].code == "video_missing");
  const auto found = project->AddVideo(folder / "elsewhere.mp4", job);
  CHECK(found.id == video.id);
  CHECK(found.name == "arena");
  CHECK(found.path == "../elsewhere.mp4");
  CHECK(project->OpenVideo(found).Read(3).rows == 96);
}

TEST_CASE("another file in the place of a video is noticed and not taken for it") {
  tests::TempDir folder;
  WriteVideo(folder / "arena.mp4", 20, 180);
  datasets::Job job;
  auto project = Project::Create(folder / "a.vole");
  const auto video = project->AddVideo(folder / "arena.mp4", job);
  WriteVideo(folder / "arena.mp4", 25, 90);
  CHECK(MessageOf([&] { project->OpenVideo(video); }) != "");
  CHECK(MessageOf([&] {
          project->RelinkVideo(video.id, folder / "arena.mp4");
        }).find("another video") != std::string::npos);
  const auto findings = datasets::Verify(*project, job);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].code == "video_changed");
}

TEST_CASE("adding a video that was moved and whose place another has taken finds it again") {
  tests::TempDir folder;
  WriteVideo(folder / "arena.mp4", 20, 180);
  datasets::Job job;
  auto project = Project::Create(folder / "a.vole");
  const auto video = project->AddVideo(folder / "arena.mp4", job);
  fs::rename(folder / "arena.mp4", folder / "moved.mp4");
  WriteVideo(folder / "arena.mp4", 25, 90);
  const auto found = project->AddVideo(folder / "moved.mp4", job);
  CHECK(found.id == video.id);
  CHECK(found.path == "moved.mp4");
  CHECK(project->OpenVideo(found).Read(3).rows == 96);
}

TEST_CASE("a video that is replaced while it is open gives no picture of the other one") {
  for (const bool renamed : {true, false}) {
    CAPTURE(renamed);
    tests::TempDir folder;
    WriteVideo(folder / "arena.mp4", 30, 180);
    WriteVideo(folder / "other.mp4", 30, 90);
    datasets::Job job;
    auto project = Project::Create(folder / "a.vole");
    const auto video = project->AddVideo(folder / "arena.mp4", job);
    auto reader = project->OpenVideo(video);
    const cv::Mat picture = reader.Read(20).clone();
    fs::copy_file(folder / "arena.mp4", folder / "kept.mp4");
    if (renamed) {
      fs::rename(folder / "other.mp4", folder / "arena.mp4");
    } else {
      fs::copy_file(folder / "other.mp4", folder / "arena.mp4",
                    fs::copy_options::overwrite_existing);
    }
    for (const int frame : {21, 3}) {
      CHECK(MessageOf([&] { reader.Read(frame); }).find("taken its place") != std::string::npos);
    }
    fs::rename(folder / "kept.mp4", folder / "arena.mp4");
    CHECK(cv::norm(reader.Read(20), picture, cv::NORM_INF) == 0);
  }
}

TEST_CASE("a video whose name is in another encoding gets a name that can be read") {
  tests::TempDir folder;
  WriteVideo(folder / "a.mp4", 12, 180);
  fs::rename(folder / "a.mp4", folder / "M\xFCller.mp4");
  datasets::Job job;
  auto project = Project::Create(folder / "a.vole");
  const auto video = project->AddVideo(folder / "M\xFCller.mp4", job);
  CHECK(video.name == "M\xC3\xBCller");
  CHECK(video.path == "M\xFCller.mp4");
  CHECK(project->OpenVideo(video).Read(3).rows == 96);
}

TEST_CASE("files that are no videos and cancelled work leave the project as it was") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  std::ofstream(folder / "text.mp4") << "this is no video";
  datasets::Job job;
  CHECK(MessageOf([&] { project->AddVideo(folder / "text.mp4", job); }) != "");
  CHECK(MessageOf([&] { project->AddVideo(folder / "none.mp4", job); }) != "");
  std::filesystem::create_directory(folder / "pictures");
  const std::string said = MessageOf([&] { project->AddVideo(folder / "pictures", job); });
  CHECK(said.find("it is a folder") != std::string::npos);
  CHECK(said.find("disk") == std::string::npos);
  WriteVideo(folder / "arena.mp4", 20, 180);
  job.Cancel();
  CHECK_THROWS_AS(project->AddVideo(folder / "arena.mp4", job), datasets::Cancelled);
  CHECK(project->Videos().empty());
}

}  // namespace

}  // namespace project_video_test
