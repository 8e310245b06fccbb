#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "datasets/score_writer.h"
#include "datasets/store/score_series.h"
#include "infer/behavior/predicted_bouts.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace behavior_bouts_test {

namespace {

using datasets::BehaviorIntervalRow;
using datasets::Id;
using datasets::Project;
using datasets::Writer;
using infer::BoutOptions;
using tests::MessageOf;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int kFrames = 3000;

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Walk and rear exclude each other, groom stands alone. vole_1 was scored by a job whose model held
// back frames 0..1500 of it.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id video = 0, job = 0, walk = 0, rear = 0, groom = 0;
  datasets::Job quiet;

  explicit Scene(const std::string& held_out = R"([{"video": "one", "subject": "vole_1",
                                                     "start_frame": 0, "end_frame": 1500}])") {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", kFrames);
      datasets::BehaviorRow behavior;
      behavior.exclusion_group = "posture";
      behavior.name = "walk";
      walk = writer.FindOrInsertBehavior(behavior);
      behavior.name = "rear";
      rear = writer.FindOrInsertBehavior(behavior);
      behavior = {};
      behavior.name = "groom";
      groom = writer.FindOrInsertBehavior(behavior);
      datasets::ModelRow model;
      model.name = "m";
      model.architecture = "behavior-frame";
      model.weights_path = "m.safetensors";
      if (!held_out.empty()) model.config_json = R"({"held_out": )" + held_out + "}";
      datasets::JobRow row = tests::PredictJob();
      row.kind = "behavior";
      row.model_id = writer.InsertModel(model);
      job = writer.InsertJob(row);
    });
  }
  // walk, rear, groom by frame.
  template <class ScoresAt>
  void Score(ScoresAt scores_at, const std::string& subject = "vole_1") {
    datasets::BehaviorScoreWriter writer(*project, job, video, subject, {walk, rear, groom});
    for (int frame = 0; frame < kFrames; ++frame) writer.Add(scores_at(frame));
    writer.Finish();
  }
  void Label(Id behavior, int start, int end, bool present = true) {
    BehaviorIntervalRow label;
    label.video_id = video;
    label.subject = "vole_1";
    label.behavior_id = behavior;
    label.start_frame = start;
    label.end_frame = end;
    label.present = present;
    project->Write([&](Writer& writer) { writer.InsertBehaviorInterval(label); });
  }
  infer::BehaviorSummary Finish(const BoutOptions& options = {}) {
    return infer::FinishBehaviors(*project, job, options, quiet);
  }
  std::vector<std::string> Bouts(Id behavior, const std::string& subject = "vole_1") const {
    std::vector<std::string> texts;
    for (const auto& bout : project->BehaviorPredictions(job, video)) {
      if (bout.behavior_id != behavior || bout.subject != subject) continue;
      texts.push_back(std::to_string(bout.start_frame) + ":" + std::to_string(bout.end_frame));
    }
    return texts;
  }
};

using Texts = std::vector<std::string>;

bool In(int frame, int start, int end) { return frame >= start && frame < end; }

TEST_CASE("scores become bouts, group by group, and the labels stay as they were") {
  Scene scene;
  scene.Score([](int frame) -> std::vector<float> {
    if (In(frame, 100, 200)) return {0.9f, 0.05f, 0.8f};
    if (In(frame, 200, 260)) return {0.2f, 0.75f, 0.8f};
    if (In(frame, 400, 403)) return {0.9f, 0.05f, 0};  // too short
    return {0.02f, 0.01f, 0.01f};
  });
  scene.Label(scene.walk, 100, 200);
  BoutOptions options;
  options.sigma_frames = 0;
  const auto summary = scene.Finish(options);
  CHECK(scene.Bouts(scene.walk) == Texts{"100:200"});
  CHECK(scene.Bouts(scene.rear) == Texts{"200:260"});
  CHECK(scene.Bouts(scene.groom) == Texts{"100:260"});
  CHECK(summary.bouts == 3);
  for (const auto& bout : scene.project->BehaviorPredictions(scene.job, scene.video)) {
    if (bout.behavior_id == scene.rear) CHECK(bout.score == doctest::Approx(0.75).epsilon(1e-3));
  }
  CHECK(scene.project->BehaviorIntervals(scene.video).size() == 1);
  // The same again replaces, and adds nothing.
  CHECK(scene.Finish(options).bouts == 3);
  CHECK(scene.project->BehaviorPredictions(scene.job, scene.video).size() == 3);
  options.min_bout_frames = 3;
  CHECK(scene.Finish(options).bouts == 4);
  CHECK(infer::BoutOptionsOf(*scene.project, scene.job).min_bout_frames == 3);
}

TEST_CASE("smoothing bridges a moment of doubt, and frames nobody saw end a bout") {
  Scene scene;
  scene.Score([](int frame) -> std::vector<float> {
    if (In(frame, 150, 152)) return {0.1f, 0, 0};
    if (In(frame, 300, 320)) return {kNaN, kNaN, kNaN};
    return {In(frame, 100, 400) ? 1.0f : 0.0f, 0, 0};
  });
  scene.Finish();
  CHECK(scene.Bouts(scene.walk) == Texts{"100:300", "320:400"});
}

TEST_CASE("the most likely sequence follows the labels' habits") {
  Scene scene;
  for (int start = 0; start < 2900; start += 200) scene.Label(scene.walk, start, start + 100);
  scene.Score([](int frame) -> std::vector<float> {
    if (In(frame, 1001, 1100)) return {frame % 4 == 0 ? 0.3f : 0.8f, 0.1f, 0};
    return {frame % 50 == 0 ? 0.7f : 0.1f, 0.1f, 0};
  });
  BoutOptions options;
  options.sigma_frames = 0;
  options.min_bout_frames = 1;
  scene.Finish(options);
  CHECK(scene.Bouts(scene.walk).size() > 60);
  options.viterbi = true;
  scene.Finish(options);
  CHECK(scene.Bouts(scene.walk) == Texts{"1000:1101"});
}

TEST_CASE("a confidence says how often such bouts are right in what the training held back") {
  Scene scene;
  // Says 0.9 for every second hundred; a person agrees with 3 of 5 on the held-out half.
  scene.Score([](int frame) -> std::vector<float> {
    return {frame / 50 % 2 ? 0.9f : 0.02f, 0.01f, 0.01f};
  });
  for (int bout = 0; bout < 30; ++bout) {
    if (bout % 5 < 3) scene.Label(scene.walk, 50 + bout * 100, 100 + bout * 100);
  }
  const auto summary = scene.Finish();
  CHECK(summary.held_out_frames == 1500);
  CHECK(summary.checked_bouts == 15);
  CHECK(summary.frame_calibration != "none");
  double mean = 0;
  const auto bouts = scene.project->BehaviorPredictions(scene.job, scene.video);
  REQUIRE(bouts.size() == 30);
  for (const auto& bout : bouts) {
    CHECK(bout.score > 0.8);  // what the network says stays
    mean += bout.confidence / 30;
  }
  CHECK(mean == doctest::Approx(0.6).epsilon(0.1));
  BoutOptions options;
  options.calibration = "none";
  scene.Finish(options);
  CHECK(scene.project->BehaviorPredictions(scene.job, scene.video)[0].confidence ==
        doctest::Approx(bouts[0].score));
}

TEST_CASE("without held-out labels the network is taken at its word") {
  for (const char* held_out : {"", "[]"}) {
    Scene scene(held_out);
    scene.Label(scene.walk, 0, 10);
    scene.Score([](int frame) -> std::vector<float> {
      return {In(frame, 100, 200) ? 0.7f : 0.0f, 0, 0};
    });
    BoutOptions options;
    options.sigma_frames = 0;
    const auto summary = scene.Finish(options);
    CHECK(summary.frame_calibration == "none");
    CHECK(summary.checked_bouts == 0);
    CHECK(summary.expected_calibration_error == -1);
    CHECK(scene.project->BehaviorPredictions(scene.job, scene.video)[0].confidence ==
          doctest::Approx(0.7).epsilon(1e-3));
  }
}

TEST_CASE(
    "doubtful and nearly missed bouts join the queue with a reason, sure ones only by chance") {
  Scene scene("");
  scene.Score([](int frame) -> std::vector<float> {
    if (In(frame, 100, 200)) return {0.55f, 0.4f, 0};  // doubtful, with a rival
    if (In(frame, 500, 540)) return {0, 0.35f, 0};     // nearly
    if (In(frame, 1000, 1400)) return {0, 0, 0.99f};   // sure
    return {0, 0, 0};
  });
  BoutOptions options;
  options.sigma_frames = 0;
  scene.Finish(options);
  const auto items = scene.project->ReviewItems(scene.job);
  REQUIRE(items.size() == 3);
  CHECK(items[0].reason_code == "doubtful_behavior");
  CHECK(items[0].score == doctest::Approx(0.45).epsilon(1e-3));
  CHECK(items[0].start_frame == 100);
  CHECK(items[0].subject == "vole_1");
  CHECK(items[0].behavior_id == scene.walk);
  CHECK(Has(items[0].reason, "vole_1: 'walk' is doubtful: probability 0.55 over 100 frames"));
  CHECK(Has(items[0].reason, "'rear' is nearly as likely (0.40)"));
  CHECK(items[1].reason_code == "missed_behavior");
  CHECK(items[1].start_frame == 500);
  CHECK(items[1].end_frame == 540);
  CHECK(items[1].behavior_id == scene.rear);
  CHECK(items[2].reason_code == "audit");
  CHECK(items[2].behavior_id == scene.groom);
}

TEST_CASE("what was decided stays decided when the bouts are made anew, and teaches confidence") {
  Scene scene("");
  scene.Score([](int frame) -> std::vector<float> { return {frame / 50 % 2 ? 0.7f : 0.0f, 0, 0}; });
  BoutOptions options;
  options.sigma_frames = 0;
  CHECK(scene.Finish(options).bouts == 30);
  const auto items = scene.project->ReviewItems(scene.job);
  REQUIRE(items.size() == 30);
  int decided = 0;
  scene.project->Write([&](Writer& writer) {
    for (const auto& item : items) {
      if (++decided > 20) break;
      writer.InsertReviewDecision(item, decided <= 10 ? "accepted" : "rejected", "me", 1);
    }
  });
  options.min_bout_frames = 7;
  const auto summary = scene.Finish(options);
  CHECK(summary.checked_bouts == 20);
  int open = 0, closed = 0;
  for (const auto& item : scene.project->ReviewItems(scene.job)) {
    ++(item.verdict.empty() ? open : closed);
  }
  CHECK(closed == 20);
  CHECK(open == 10);
  for (const auto& bout : scene.project->BehaviorPredictions(scene.job, scene.video)) {
    CHECK(bout.confidence < 0.65);  // said 0.7, and half of them were wrong
  }
}

TEST_CASE("subjects are judged apart") {
  Scene scene("");
  const auto walks_at = [&](int start) {
    return [start](int frame) -> std::vector<float> {
      return {In(frame, start, start + 100) ? 1.0f : 0.0f, 0, 0};
    };
  };
  scene.Score(walks_at(100), "vole_1");
  scene.Score(walks_at(150), "vole_2");
  scene.Finish();
  CHECK(scene.Bouts(scene.walk, "vole_1") == Texts{"100:200"});
  CHECK(scene.Bouts(scene.walk, "vole_2") == Texts{"150:250"});
}

TEST_CASE("what makes no sense is one clear line, and leaves the bouts there were") {
  Scene scene("");
  CHECK(Has(MessageOf([&] { scene.Finish(); }), "has scored no behavior"));
  scene.Score([](int frame) -> std::vector<float> {
    return {In(frame, 100, 200) ? 1.0f : 0.0f, 0, 0};
  });
  scene.Finish();
  const auto refused = [&](const std::string& thresholds) {
    BoutOptions options;
    options.thresholds = thresholds;
    return MessageOf([&] { scene.Finish(options); });
  };
  CHECK(Has(refused("wlak=0.4"), "did you mean 'walk'?"));
  CHECK(Has(refused("walk=1.4"), "walk=1.4"));
  CHECK(Has(refused("walk"), "number from 0 to 1"));
  CHECK(Has(refused("walk=0.4x"), "number from 0 to 1"));
  BoutOptions options;
  options.calibration = "magic";
  CHECK(Has(MessageOf([&] { scene.Finish(options); }), "magic"));
  options = {};
  options.min_bout_frames = 0;
  CHECK(Has(MessageOf([&] { scene.Finish(options); }), "min-bout-frames"));
  scene.quiet.Cancel();
  CHECK_THROWS_AS(scene.Finish(), datasets::Cancelled);
  CHECK(scene.Bouts(scene.walk) == Texts{"100:200"});
  Scene damaged(R"([{"video": 7}])");
  damaged.Score([](int) -> std::vector<float> { return {0, 0, 0}; });
  CHECK(Has(MessageOf([&] { damaged.Finish(); }), "held back cannot be read"));
}

TEST_CASE("thresholds of single behaviors decide for themselves") {
  Scene scene("");
  scene.Score([](int frame) -> std::vector<float> {
    return {In(frame, 100, 200) ? 0.45f : 0.0f, 0, In(frame, 300, 400) ? 0.6f : 0.0f};
  });
  BoutOptions options;
  options.thresholds = "walk=0.4,groom=0.7";
  scene.Finish(options);
  CHECK(scene.Bouts(scene.walk).size() == 1);
  CHECK(scene.Bouts(scene.groom).empty());
}

}  // namespace

}  // namespace behavior_bouts_test
