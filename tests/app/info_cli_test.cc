// What `vole info` says of many videos at once is what is true of each alone.
#include <doctest/doctest.h>

#include "datasets/project.h"
#include "datasets/store/overview/overview.h"
#include "datasets/unknown_name.h"
#include "datasets/video/fingerprint.h"
#include "datasets/video_files.h"
#include "infer/meetings/meeting_review.h"
#include "infer/names/name_evidence.h"
#include "tests/support/journey.h"
#include "tests/support/store_data.h"
#include "tests/support/video_checks.h"

namespace info_cli_test {

using datasets::Id;
using datasets::Project;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr int kVideos = 24, kFrames = 20;

// Files that are there, gone or replaced, one recording in parts; predictions of six jobs of all
// kinds and states, some of them beside each other; labels, animals without a name, meetings.
struct Everything {
  tests::TempDir folder;
  fs::path file = folder / "all.vole";
  std::unique_ptr<Project> project = Project::Create(file);
  Id bob = 0;

  datasets::VideoRow Row(int v) {
    const datasets::VideoIndex index = tests::Index(kFrames);
    datasets::VideoRow video = tests::Video("video" + std::to_string(v), index);
    const fs::path place = folder / video.path;
    if (v % 3 != 0) tests::WriteBytes(place, "recording " + std::to_string(v));
    if (v % 3 == 1) video.fingerprint = datasets::FingerprintFile(place);
    return video;
  }

  Everything() {
    project->Write([&](datasets::Writer& writer) {
      const Id ann = writer.FindOrInsertCategory("ann");
      bob = writer.FindOrInsertCategory("bob");
      const Id unknown = datasets::FindOrInsertUnknown(writer);
      std::vector<Id> videos, jobs;
      for (int v = 0; v < kVideos; ++v) {
        videos.push_back(writer.InsertVideo(Row(v), tests::Index(kFrames), {}));
        for (int frame = 0; frame < v % 5; ++frame) {
          const Id image = writer.FindOrInsertImage(videos.back(), frame, 64, 48);
          if (frame == 1) writer.SetImageState(image, datasets::ImageState::kEmpty);
          if (frame == 2) writer.SetImageState(image, datasets::ImageState::kDone);
          if (frame == 3) writer.InsertAnnotation(tests::Square(image, ann, 4, 4, 10));
          if (frame == 3) writer.InsertAnnotation(tests::Square(image, ann, 20, 4, 10));
        }
      }
      writer.FindOrInsertPicture("alone.png", 64, 48);
      const auto index =
          datasets::JoinIndices({"a.mp4", "b.mp4"}, {tests::Index(kFrames), tests::Index(kFrames)});
      datasets::VideoRow joined = tests::Video("joined", index);
      joined.path = "a.mp4";
      joined.parts = index.parts;
      writer.InsertVideo(joined, index, {});
      for (int j = 0; j < 6; ++j) {
        datasets::JobRow job = tests::PredictJob();
        if (j == 2) job.kind = "train";
        jobs.push_back(writer.InsertJob(job));
        if (j != 4) writer.FinishJob(jobs.back(), j < 4 ? "done" : "failed");
      }
      for (int v = 0; v < kVideos; ++v) {
        for (int j = 0; j < 6; ++j) {
          const int kind = (3 * v + 2 * j + v * j * j + 1) % 13;
          for (int frame = 0; kind < 2 && frame < kFrames - v / 2; frame += 1 + kind) {
            for (int animal = 0; animal < 2; ++animal) {
              writer.InsertPrediction(tests::Prediction(jobs[j], videos[v], frame,
                                                        animal && v % 4 == 0 ? unknown : ann));
            }
          }
          if (kind != 2 && kind != 0) continue;
          datasets::ReviewItemRow item;
          item.job_id = jobs[j];
          item.video_id = videos[v];
          item.end_frame = 2;
          item.reason_code = "audit";
          item.animals_json = "[]";
          writer.InsertReviewItem(item);
        }
      }
    });
    for (const datasets::VideoRow& video : project->Videos()) {
      const auto job = project->LatestPredictJob(video.id);
      if (!job || video.id % 2) continue;
      infer::NameEvidence evidence;
      evidence.categories = {1};
      evidence.max_instances = {2};
      evidence.end_frame = kFrames;
      if (video.id % 4) {
        infer::SaveMeetings(*project, *job, video.id, evidence, {});
      } else {
        SaveOneMeeting(*job, video.id);
      }
      project->Write([&](datasets::Writer& writer) {
        datasets::PredictionCorrectionRow correction;
        correction.job_id = *job;
        correction.video_id = video.id;
        correction.end_frame = 5;
        correction.kind = datasets::PredictionCorrectionRow::Kind::kReject;
        correction.category_id = 1;
        writer.InsertPredictionCorrection(correction);
        if (video.id % 4) writer.InsertPredictionCorrection(correction);
      });
    }
  }

  // Halfway ann and bob may have become each other.
  void SaveOneMeeting(Id job, Id video) {
    infer::NameEvidence evidence;
    evidence.categories = {1, bob};
    evidence.max_instances = {1, 1};
    evidence.end_frame = kFrames;
    std::vector<infer::NamedTracklet> names;
    for (const bool after : {false, true}) {
      for (int animal = 0; animal < 2; ++animal) {
        infer::NamedRun run;
        run.number = run.class_index = animal;
        run.start_frame = after ? kFrames / 2 : 0;
        run.end_frame = after ? kFrames : kFrames / 2;
        run.body = 14;
        evidence.runs.push_back(run);
        infer::TrackletEvidence own{run.start_frame, run.end_frame, {0, 0}, 50};
        own.class_log_odds[static_cast<size_t>(animal)] = after ? 0.3 : 5;
        evidence.evidence.push_back(own);
        infer::NamedTracklet name;
        name.number = name.class_index = animal;
        name.probability = after ? 0.6 : 0.99;
        names.push_back(name);
      }
    }
    infer::SaveMeetings(*project, job, video, evidence, infer::MeetingsOf(evidence, names));
  }
};

}  // namespace

TEST_CASE("of many videos at once the same is known as of each alone") {
  Everything all;
  std::map<Id, Id> jobs;
  std::map<Id, int> labeled;
  std::map<std::pair<Id, Id>, std::vector<Id>> corrections;
  all.project->Read([&](datasets::Connection& connection) {
    jobs = datasets::LatestPredictJobs(connection);
    corrections = datasets::CorrectionIds(connection);
    labeled = datasets::CountLabeledFrames(connection);
  });
  size_t predicted = 0;
  std::set<Id> different;
  for (const datasets::VideoRow& video : all.project->Videos()) {
    CAPTURE(video.name);
    const auto job = all.project->LatestPredictJob(video.id);
    predicted += job ? 1 : 0;
    if (job) different.insert(*job);
    CHECK(jobs.count(video.id) == (job ? 1 : 0));
    if (job) CHECK(jobs[video.id] == *job);
    CHECK(labeled[video.id] == all.project->CountLabeledFrames(video.id));
    std::vector<Id> ids;
    if (job) {
      for (const auto& row : all.project->Corrections(*job, video.id)) ids.push_back(row.id);
    }
    CHECK(corrections.count({job.value_or(0), video.id}) == (ids.empty() ? 0 : 1));
    if (!ids.empty()) CHECK(corrections[{*job, video.id}] == ids);
  }
  CHECK(corrections.size() > 3);
  CHECK(jobs.size() == predicted);
  CHECK(predicted > 10);
  CHECK(predicted < kVideos);
  CHECK(different.size() > 3);
}

TEST_CASE("info says of each of many videos what is asked of it alone, in their order") {
  const Everything all;
  const Project& project = *all.project;
  const json videos = tests::VoleJson({"info", all.file.string()})["videos"];
  REQUIRE(videos.size() == kVideos + 1);
  std::map<std::string, int> files;
  int with_meetings = 0, unknown = 0;
  size_t meetings = 0, open = 0;
  for (size_t i = 0; i < videos.size(); ++i) {
    const json& said = videos[i];
    const datasets::VideoRow video = project.Videos()[i];
    CAPTURE(video.name);
    CHECK(said["name"] == video.name);
    const auto job = project.LatestPredictJob(video.id);
    CHECK(said["labeled"] == project.CountLabeledFrames(video.id));
    CHECK(said["predicted"] == (job ? project.CountPredictedFrames(*job, video.id) : 0));
    CHECK(said["unknown_frames"] ==
          (job ? datasets::CountUnknown(project, *job, video.id).unknown : 0));
    const infer::MeetingList list =
        job ? infer::ListMeetings(project, *job, video.id) : infer::MeetingList();
    const bool known = list.known;
    CHECK(said["meetings"] == (known ? json(list.meetings.size()) : json(nullptr)));
    CHECK(said["open_meetings"] == (known ? json(list.Open()) : json(nullptr)));
    meetings += list.meetings.size();
    open += static_cast<size_t>(list.Open());
    const auto lost = datasets::FirstLostFile(project, video);
    const std::string file = !lost                                          ? "found"
                             : lost->state == datasets::FileState::kMissing ? "missing"
                                                                            : "replaced";
    CHECK(said["file"] == file);
    CHECK(said["found"] == (file != "missing"));
    CHECK(said.contains("lost") == (video.name == "joined"));
    ++files[file];
    with_meetings += known;
    unknown += said["unknown_frames"] != 0;
  }
  CHECK(files.size() == 3);
  CHECK(with_meetings > 0);
  CHECK(meetings > 0);
  CHECK(meetings < static_cast<size_t>(with_meetings));
  CHECK(open > 0);
  const std::string text = tests::Vole({"info", all.file.string()}).out;
  CHECK(text.find(std::to_string(open) + " of " + std::to_string(meetings) +
                  " meetings are open: vole review") != std::string::npos);
  CHECK(unknown > 0);
}

}  // namespace info_cli_test
