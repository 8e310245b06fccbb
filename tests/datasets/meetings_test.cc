#include <doctest/doctest.h>

#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/writer.h"
#include "datasets/verify.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace meetings_test {

namespace {

using datasets::Connection;
using datasets::Id;
using datasets::Project;
using datasets::Writer;

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id video = 0, job = 0, meeting = 0, decision = 0;
  datasets::MeetingRow row;

  Scene() {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      job = writer.InsertJob(tests::PredictJob());
      row.job_id = job;
      row.video_id = video;
      row.start_frame = 10;
      row.end_frame = 31;
      row.kind = "contact";
      row.exchange = 0.25;
      row.animals = {{writer.FindOrInsertCategory("a"), 0, 1, 10, 5, 30, 0.75},
                     {writer.FindOrInsertCategory("b"), 1, {}, {}, 6, 30, {}}};
      row.ways = {{0, 0, 0.75, 1.5, 2}, {0, 1, 0.25, -1.5, -2}};
      meeting = datasets::InsertMeeting(writer.connection(), row);
      datasets::WriteNameEvidence(writer.connection(), job, video, R"({"version": 1})");
      datasets::MeetingDecisionRow made;
      made.video_id = video;
      made.job_id = job;
      made.meeting_id = meeting;
      made.start_frame = 10;
      made.end_frame = 31;
      made.verdict = "keep";
      decision = datasets::InsertMeetingDecision(writer.connection(), made);
      datasets::KnownPairRow pair;
      pair.decision_id = decision;
      pair.before_frame = 10;
      pair.after_frame = 30;
      pair.before_outline = {{{1, 1}, {9, 1}, {9, 9}}};
      pair.after_outline = {{{2, 1}, {9, 1.5}, {9, 9}}};
      datasets::InsertKnownPair(writer.connection(), pair);
    });
  }
  template <class Work>
  auto Read(const Work& work) {
    decltype(work(std::declval<Connection&>())) result;
    project->Read([&](Connection& connection) { result = work(connection); });
    return result;
  }
  void Run(const std::string& sql) {
    project->Write([&](Writer& writer) { writer.connection().Script(sql); });
  }
  std::vector<std::string> Findings() {
    datasets::Job quiet;
    std::vector<std::string> texts;
    for (const auto& finding : datasets::Verify(*project, quiet)) {
      if (finding.code != "video_missing") texts.push_back(finding.code + ": " + finding.text);
    }
    return texts;
  }
};

TEST_CASE("a meeting is read as it was written, with its animals and the ways out of it") {
  Scene scene;
  const auto read =
      scene.Read([&](Connection& c) { return datasets::ReadMeetings(c, scene.job, scene.video); });
  REQUIRE(read.size() == 1);
  CHECK(read[0].id == scene.meeting);
  CHECK(read[0].end_frame == 31);
  CHECK(read[0].kind == "contact");
  REQUIRE(read[0].animals.size() == 2);
  CHECK(read[0].animals[0].before_frame == 10);
  CHECK(read[0].animals[0].split_agreement == 0.75);
  CHECK_FALSE(read[0].animals[1].before_tracklet);
  CHECK(read[0].animals[1].after_tracklet == 6);
  CHECK_FALSE(read[0].animals[1].split_agreement);
  REQUIRE(read[0].ways.size() == 2);
  CHECK(read[0].ways[1].motion == -2);
  CHECK(scene.Findings().empty());
}

TEST_CASE("a meeting goes with its job, a person's decision about it stays") {
  Scene scene;
  scene.Run("DELETE FROM jobs");
  CHECK(scene.Read([&](Connection& c) { return datasets::ReadMeetings(c, scene.job, scene.video); })
            .empty());
  CHECK_FALSE(scene.Read(
      [&](Connection& c) { return datasets::ReadNameEvidence(c, scene.job, scene.video); }));
  const auto decisions =
      scene.Read([&](Connection& c) { return datasets::ReadMeetingDecisions(c, scene.video); });
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].meeting_id == scene.meeting);
  REQUIRE(decisions[0].pairs.size() == 1);
  CHECK(decisions[0].pairs[0].after_outline[0][1].y == 1.5);
  CHECK(scene.Findings().empty());
}

TEST_CASE("verification finds meetings that cannot be") {
  Scene scene;
  scene.Run("UPDATE meetings SET end_frame = 300");
  REQUIRE(scene.Findings().size() == 1);
  CHECK(scene.Findings()[0].find("meeting: row") == 0);
  CHECK(scene.Findings()[0].find("frame 10 to 300, outside of the video 'one'") !=
        std::string::npos);
  scene.Run("UPDATE meetings SET end_frame = 31; DELETE FROM meeting_animals WHERE number = 1");
  REQUIRE(scene.Findings().size() == 1);
  CHECK(scene.Findings()[0].find("a meeting of 1 animals") != std::string::npos);
  scene.Run("DELETE FROM meetings; UPDATE known_pairs SET after_frame = 100");
  REQUIRE(scene.Findings().size() == 1);
  CHECK(scene.Findings()[0].find("frames 10 and 100") != std::string::npos);
  scene.Run("UPDATE known_pairs SET after_frame = 30, before_outline = '[[1]]'");
  CHECK(scene.Findings().size() == 1);
}

}  // namespace

}  // namespace meetings_test
