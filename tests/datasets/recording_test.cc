// Videos that become part of a project while they are recorded.
#include "datasets/recording.h"

#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/recorded_job.h"
#include "datasets/store/copy.h"
#include "datasets/store/writer.h"
#include "datasets/verify.h"
#include "datasets/video/fingerprint.h"
#include "tests/support/other_process.h"
#include "tests/support/temp_dir.h"

namespace recording_test {

using datasets::Id;
using datasets::Project;
using datasets::Recording;
using datasets::Writer;

namespace {

cv::Mat Picture(int frame) {
  cv::Mat picture(64, 96, CV_8UC3, cv::Scalar(120, 150, 140));
  cv::circle(picture, {10 + frame % 80, 30}, 9, cv::Scalar::all(40), -1);
  return picture;
}

Id Job(Project& project) {
  Id id = 0;
  project.Write([&](Writer& writer) {
    datasets::JobRow job;
    job.kind = "predict";
    job.state = "running";
    id = writer.InsertJob(job);
  });
  return id;
}

std::string Findings(const Project& project) {
  datasets::Job job;
  std::string text;
  for (const auto& finding : datasets::Verify(project, job)) text += finding.text + "\n";
  return text;
}

Recording::Work Predict(Id job, Id video, int frame) {
  return [=](Writer& writer) {
    datasets::PredictionRow row;
    row.job_id = job;
    row.video_id = video;
    row.frame_index = frame;
    row.category_id = writer.FindOrInsertCategory("animal");
    row.box = {1, 2, 3, 4};
    writer.InsertPrediction(row);
  };
}

}  // namespace

TEST_CASE(
    "A recording is in the project from its first frame, can be read while it grows, and ends") {
  tests::TempDir folder;
  const auto file = folder / "p.vole";
  auto project = Project::Create(file);
  const Id job = Job(*project);
  datasets::Job work;
  Recording recording(*project, folder / "live.mkv", 25, job);
  for (int frame = 0; frame < 60; ++frame) {
    recording.Write(Picture(frame), frame * 40);
    if (frame == 0) CHECK(project->VideoByName("live").frame_count == 1);
    if (frame == 29) recording.Commit(Predict(job, recording.video_id(), 29));
  }
  const auto other = Project::Open(file);  // which leaves it alone
  CHECK(other->VideoByName("live").frame_count == 30);
  CHECK(Findings(*other) == "");
  auto reader = other->OpenVideo(other->VideoByName("live"));
  CHECK(std::abs(cv::mean(reader.Read(29))[0] - cv::mean(Picture(29))[0]) < 2);
  recording.Finish(Predict(job, recording.video_id(), 59), work);
  const datasets::VideoRow video = project->VideoByName("live");
  CHECK(video.frame_count == 60);
  CHECK(video.fps == doctest::Approx(25));
  CHECK(video.fingerprint == datasets::FingerprintFile(folder / "live.mkv"));
  CHECK(project->CountPredictedFrames(job, video.id) == 2);
  CHECK(project->AddVideo(folder / "live.mkv", work).id == video.id);
  CHECK(Findings(*project) == "");
}

TEST_CASE(
    "A killed recording ends with what was committed, and the project is whole at every moment") {
  tests::TempDir folder;
  const auto file = folder / "p.vole";
  { Project::Create(file); }
  const int status = tests::InChild([&] {
    const auto project = Project::Open(file);
    const Id job = Job(*project);
    Recording recording(*project, folder / "live.mkv", 25, job);
    for (int frame = 0; frame < 200; ++frame) {
      recording.Write(Picture(frame), frame * 40);
      if (frame == 99) recording.Commit(Predict(job, recording.video_id(), 99));
    }
    kill(getpid(), SIGKILL);
    return 0;
  });
  CHECK(status == 1000 + SIGKILL);
  CHECK(Findings(*Project::Open(file, Project::Access::kReadOnly)) == "");
  const auto project = Project::Open(file);
  const datasets::VideoRow video = project->VideoByName("live");
  CHECK(video.frame_count == 100);
  CHECK(video.fingerprint == datasets::FingerprintFile(folder / "live.mkv"));
  CHECK(Findings(*project) == "");
  auto reader = project->OpenVideo(video);
  CHECK(std::abs(cv::mean(reader.Read(99))[0] - cv::mean(Picture(99))[0]) < 2);
  CHECK(project->Jobs().front().state == "interrupted");
}

TEST_CASE(
    "A recording of which nothing was stored leaves no file, and a picture of another size ends "
    "it") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "p.vole");
  const Id job = Job(*project);
  { Recording none(*project, folder / "none.mkv", 25, job); }
  CHECK_FALSE(std::filesystem::exists(folder / "none.mkv"));
  Recording recording(*project, folder / "live.mkv", 25, job);
  recording.Write(Picture(0), 0);
  CHECK_THROWS_WITH_AS(recording.Write(cv::Mat(32, 96, CV_8UC3, cv::Scalar()), 40),
                       doctest::Contains("from 96 x 64 to 96 x 32"), datasets::Error);
}

TEST_CASE("A copy of a project that is opened while the project records leaves the file alone") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "p.vole");
  const Id job = Job(*project);
  Recording recording(*project, folder / "live.mkv", 25, job);
  const auto record = [&](int from, int to) {
    for (int frame = from; frame < to; ++frame) recording.Write(Picture(frame), frame * 40);
    recording.Commit(Predict(job, recording.video_id(), to - 1));
  };
  record(0, 50);
  const auto copied = folder / "copy.vole";
  project->Read([&](datasets::Connection& connection) { datasets::CopyTo(connection, copied); });
  record(50, 150);
  // As on another machine, where no process has that job.
  Project::Open(copied)->Write([&](Writer& writer) { writer.FinishJob(job, "interrupted"); });
  const auto bytes = std::filesystem::file_size(folder / "live.mkv");
  CHECK(Project::Open(copied)->VideoByName("live").frame_count == 50);
  CHECK(std::filesystem::file_size(folder / "live.mkv") == bytes);
  CHECK(project->VideoByName("live").frame_count == 150);
  CHECK(Findings(*project) == "");
}

TEST_CASE("A recording that was replaced after its end was lost is asked about once, not always") {
  tests::TempDir folder;
  const auto file = folder / "p.vole";
  { Project::Create(file); }
  tests::InChild([&] {
    const auto project = Project::Open(file);
    Recording recording(*project, folder / "live.mkv", 25, Job(*project));
    for (int frame = 0; frame < 20; ++frame) recording.Write(Picture(frame), frame * 40);
    recording.Commit({});
    kill(getpid(), SIGKILL);
    return 0;
  });
  {
    std::filesystem::remove(folder / "live.mkv");
    auto other = Project::Create(folder / "other.vole");
    Recording recording(*other, folder / "live.mkv", 25, Job(*other));
    for (int frame = 0; frame < 30; ++frame) recording.Write(Picture(frame), frame * 40);
    datasets::Job work;
    recording.Finish({}, work);
  }
  const auto project = Project::Open(file);
  const datasets::VideoRow video = project->VideoByName("live");
  CHECK(video.frame_count == 20);
  CHECK(datasets::GrowingBytes(video.fingerprint) == 0);
  CHECK(Findings(*project).find("is not the one that was added") != std::string::npos);
}

}  // namespace recording_test
