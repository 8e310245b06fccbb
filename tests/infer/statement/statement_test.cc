#include <doctest/doctest.h>

#include <set>

#include "datasets/store/meetings/meeting_store.h"
#include "infer/statement/statement_page.h"
#include "tests/infer/statement/predicted.h"

namespace statement_test {

using tests::Predicted;

TEST_CASE("a prediction that nobody checked is stated as not known") {
  const Predicted predicted;
  const infer::Statement statement = predicted.State();
  CHECK(statement.sample.drawn == 0);
  CHECK(statement.share_wrong == 1);
  CHECK(statement.one_animal);
  const std::string page = infer::StatementPage(statement, "1");
  CHECK(page.find("class='bound'>not known<") != std::string::npos);
  CHECK(page.find("nobody to exchange a name with") != std::string::npos);
}

TEST_CASE("random frames that were checked bound the others, wrong and skipped ones against it") {
  Predicted predicted;
  predicted.DrawRandom(60);
  predicted.Check({});
  const infer::Statement clean = predicted.State();
  CHECK(clean.sample.frames == 400);
  CHECK(clean.sample.drawn == 60);
  CHECK(clean.sample.wrong == 0);
  CHECK(clean.most_wrong == infer::MostWrong({400, 60, 0}));
  CHECK(clean.decisions.at("Ada") == 60);
  CHECK(clean.labels == 60);  // accepted
  CHECK(clean.known_frames == 0);

  // More of the same draw; half of them are wrong, one is skipped.
  predicted.DrawRandom(80);
  std::set<int> wrong;
  for (int frame = 0; frame < 400; frame += 2) wrong.insert(frame);
  predicted.Check(wrong, 19);
  annotate::History history(*predicted.project, "Bea");
  for (const auto& item : predicted.project->ReviewItems(predicted.job_id)) {
    if (item.verdict.empty() && item.reason_code == "audit") {
      history.Apply(annotate::DecideEpisode(item, annotate::Verdict::kSkipped, 0));
    }
  }
  const infer::Statement mixed = predicted.State();
  CHECK(mixed.sample.drawn == 80);
  CHECK(mixed.skipped == 1);
  CHECK(mixed.sample.wrong > 4);
  CHECK(mixed.most_wrong > clean.most_wrong);
  CHECK(mixed.decisions.at("Bea") == 1);
}

namespace {

void LabelFirst(int frames, Predicted& predicted, datasets::LabelSource source) {
  predicted.project->Write([&](datasets::Writer& writer) {
    for (int frame = 0; frame < frames; ++frame) {
      datasets::AnnotationRow label;
      label.image_id = writer.FindOrInsertImage(1, frame, 64, 48);
      label.category_id = writer.FindOrInsertCategory("vole");
      label.polygons = {{{5, 5}, {15, 5}, {15, 15}, {5, 15}}};
      label.box = {5, 5, 10, 10};
      label.area = 100;
      label.author = "Ada";
      label.source = source;
      label.keyframe = source != datasets::LabelSource::kInterpolated;
      writer.InsertAnnotation(label);
    }
  });
}

}  // namespace

TEST_CASE("frames that people labeled are no part of what the random ones speak for") {
  Predicted predicted;
  LabelFirst(100, predicted, datasets::LabelSource::kDrawn);
  predicted.DrawRandom(120);
  predicted.Check({});
  const infer::Statement statement = predicted.State();
  CHECK(statement.sample.frames == 300);
  CHECK(statement.known_frames == 100);
  CHECK(statement.sample.drawn < 120);
  CHECK(statement.sample.drawn > 60);
  CHECK(statement.share_wrong == doctest::Approx(infer::MostWrong(statement.sample) / 400.0));
}

TEST_CASE("where people drew every animal of every frame, that is what the page counts") {
  Predicted predicted;
  LabelFirst(400, predicted, datasets::LabelSource::kDrawn);
  const infer::Statement statement = predicted.State();
  CHECK(statement.known_frames == 400);
  CHECK(statement.share_wrong == 0);
  const std::string page = infer::StatementPage(statement, "1");
  CHECK(page.find("class='bound'>not known<") == std::string::npos);
  CHECK(page.find("0 frames are wrong") != std::string::npos);
  CHECK(page.find("more random frame") == std::string::npos);
}

TEST_CASE("frames with carried or interpolated labels are not known: nobody has looked at them") {
  Predicted predicted;
  LabelFirst(100, predicted, datasets::LabelSource::kInterpolated);
  predicted.DrawRandom(120);
  predicted.Check({});
  const infer::Statement statement = predicted.State();
  CHECK(statement.known_frames == 0);
  CHECK(statement.sample.frames == 400);
  CHECK(statement.labels == 120);  // those that the reviewer accepted
}

TEST_CASE("over many draws the bound covers what is really wrong") {
  std::set<int> wrong;
  for (int frame = 100; frame < 120; ++frame) wrong.insert(frame);  // in a row, as faults are
  int covered = 0;
  constexpr int kProjects = 20;
  for (int project = 0; project < kProjects; ++project) {
    Predicted predicted(project);
    predicted.DrawRandom(50);
    predicted.Check(wrong);
    covered += predicted.State().most_wrong >= static_cast<int>(wrong.size());
  }
  CHECK(covered >= 17);  // of 20 at 95 %: fewer has a probability of 2 %
}

TEST_CASE(
    "at a meeting that nobody can tell, the statement says so and not that a person decided") {
  Predicted predicted(0, 2);
  predicted.project->Write([&](datasets::Writer& writer) {
    const datasets::Id video = predicted.project->Videos().at(0).id;
    datasets::MeetingRow row;
    row.job_id = predicted.job_id;
    row.video_id = video;
    row.start_frame = 199;
    row.end_frame = 201;
    row.kind = "contact";
    row.exchange = 0.4;
    row.animals = {{predicted.categories[0], 0, 0, 199, 2, 200, {}},
                   {predicted.categories[1], 1, 1, 199, 3, 200, {}}};
    datasets::MeetingDecisionRow decision;
    decision.video_id = video;
    decision.job_id = predicted.job_id;
    decision.meeting_id = datasets::InsertMeeting(writer.connection(), row);
    decision.start_frame = 199;
    decision.end_frame = 201;
    decision.verdict = "unsure";
    datasets::InsertMeetingDecision(writer.connection(), decision);
    datasets::WriteNameEvidence(
        writer.connection(), predicted.job_id, video,
        R"({"version": 1, "fps": 25, "start_frame": 0, "end_frame": 400, "max_instances": [1, 1],
            "categories": [1, 2], "tracklets": [[0, 200, 0, 200, 0, 0, 0, [0, 0]],
            [0, 200, 0, 200, 1, 1, 0, [0, 0]], [200, 400, 200, 400, 0, 0, 0, [0, 0]],
            [200, 400, 200, 400, 1, 1, 0, [0, 0]]], "links": [], "labels": [], "obeyed": []})");
  });
  const infer::Statement statement = predicted.State();
  CHECK(statement.unsure == 1);
  CHECK(statement.by_person == 0);
  CHECK(infer::ToJson(statement, "1").at("exchanges").at("list").at(0).at("decided_by") ==
        "unsure");
  const std::string page = infer::StatementPage(statement, "1");
  CHECK(page.find("#D55E00") != std::string::npos);  // orange
  CHECK(page.find("#009E73") == std::string::npos);
}

TEST_CASE("the page escapes names of strangers and says what is missing for 1 and 0.1 percent") {
  Predicted predicted;
  predicted.DrawRandom(50);
  predicted.Check({});
  infer::Statement statement = predicted.State();
  statement.video = "<script>alert(1)</script>";
  const std::string page = infer::StatementPage(statement, "1");
  CHECK(page.find("<script>") == std::string::npos);
  CHECK(statement.more_for_1_percent > 0);
  CHECK(page.find(std::to_string(statement.more_for_1_percent) +
                  " more random frames without a fault would bring the bound to 1 %") !=
        std::string::npos);
  const auto json = infer::ToJson(statement, "1");
  CHECK(json.at("frames").at("drawn_at_random") == 50);
  CHECK(json.at("labels").at("sha256").get<std::string>().size() == 64);
}

}  // namespace statement_test
