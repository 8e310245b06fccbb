#include "app/model/requests/frame_requests.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "annotate/edits.h"
#include "annotate/edits_removal.h"
#include "app/model/timeline/timeline_lanes.h"
#include "datasets/video/video.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace frame_requests_test {

namespace {

using datasets::Id;

bool Says(app::Session& session, const std::string& part) {
  return std::any_of(
      session.messages().begin(), session.messages().end(),
      [&](const app::Message& message) { return message.text.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE(
    "the keys go to proposed frames of this video that nobody has labeled, after a restart too") {
  tests::TempDir folder;
  Id first = 0, second = 0;
  {
    auto project = tests::LabelProject(folder.path());
    first = project->Videos()[0].id;
    second = tests::AddVideoRow(*project, "other", 50, 64, 48);
    annotate::History history(*project, "me");
    history.Apply(annotate::ProposeFrames(first, {10, 30, 70}));
    history.Apply(annotate::ProposeFrames(second, {5}));
    history.Apply(annotate::SetImageState(first, 30, datasets::ImageState::kDone));
  }
  app::Session session(datasets::Project::Open(folder.path() / "test.vole"), [] {});
  REQUIRE(tests::Eventually([&] {
    session.Poll();
    return session.project_view() && session.video_id() == first;
  }));
  CHECK(app::ProposedFrames(*session.project_view(), first) == std::vector<int>{10, 70});
  app::GoToProposal(session, 1);
  CHECK(session.frame() == 10);
  app::GoToProposal(session, 1);
  CHECK(session.frame() == 70);
  app::GoToProposal(session, 1);
  CHECK(session.frame() == 10);
  app::GoToProposal(session, -1);
  CHECK(session.frame() == 70);
  session.GoToVideo(second);
  app::GoToProposal(session, 1);
  CHECK(session.frame() == 5);
  app::RequestDropProposals(session, second, {5});
  REQUIRE(tests::Eventually([&] {
    session.Poll();
    return app::ProposedFrames(*session.project_view(), second).empty();
  }));
  app::GoToProposal(session, 1);
  CHECK(Says(session, "Ctrl+P proposes some"));
  // The timeline has them, in a color of their own.
  const auto lanes =
      app::LoadTimeline(*datasets::Project::Open(folder.path() / "test.vole"), first, 1);
  int proposed = 0;
  for (const app::TimelineLane& lane : lanes->lanes) {
    if (lane.kind != app::TimelineLane::Kind::kFrameMarks) continue;
    for (const app::TimelineSpan& span : lane.spans) {
      proposed += span.color != app::kDoneColor && span.color != app::kStartedColor &&
                  span.color != app::kEmptyColor;
    }
  }
  CHECK(proposed == 2);
}

TEST_CASE("proposing in one video leaves the proposals of another, and those that are there") {
  tests::TempDir folder;
  auto project = datasets::Project::Create(folder.path() / "test.vole");
  std::vector<Id> videos;
  for (const char* name : {"a", "b"}) {
    const auto file = folder.path() / (std::string(name) + ".mp4");
    datasets::VideoWriter writer(file, 64, 48, 25, 4);
    for (int frame = 0; frame < 20; ++frame) {
      writer.Write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(10 * frame + (name[0] == 'a'))));
    }
    writer.Close();
    datasets::Job job;
    videos.push_back(project->AddVideo(file, job).id);
  }
  app::Session session(std::move(project), [] {});
  const auto proposed = [&](size_t video) {
    session.Poll();
    return session.project_view()
               ? app::ProposedFrames(*session.project_view(), videos[video]).size()
               : 0;
  };
  datasets::SampleOptions options;
  options.method = "stride";
  options.count = 4;
  REQUIRE(tests::Eventually([&] { return proposed(0) == 0 && session.video() != nullptr; }));
  app::RequestProposals(session, options);
  REQUIRE(tests::Eventually([&] { return proposed(0) == 4; }));
  session.GoToVideo(videos[1]);
  app::RequestProposals(session, options);
  REQUIRE(tests::Eventually([&] { return proposed(1) == 4; }));
  CHECK(proposed(0) == 4);
  session.GoToVideo(videos[0]);
  app::RequestProposals(session, options);
  REQUIRE(tests::Eventually([&] { return proposed(0) > 4; }));
  session.Undo();
  REQUIRE(tests::Eventually([&] { return proposed(0) == 4; }));
  CHECK(proposed(1) == 4);
}

}  // namespace frame_requests_test
