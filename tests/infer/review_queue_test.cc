#include "infer/review/review_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "datasets/store/connection.h"
#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"
#include "infer/review/review_data.h"
#include "infer/review/review_examples.h"
#include "infer/review/review_job.h"
#include "infer/run/infer_job.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace review_queue_test {

using datasets::Writer;
using infer::ConfidenceModel;
using infer::MakeEpisodes;
using infer::PriorModel;
using infer::QueueOptions;
using infer::ReviewAnimal;
using infer::ReviewData;
using infer::Sign;

namespace {

float& At(ReviewAnimal& animal, Sign sign) { return animal.signs[static_cast<size_t>(sign)]; }

// Two voles in every frame, nothing suspicious.
ReviewData Calm(int frames) {
  ReviewData data;
  data.video_id = 1;
  data.end_frame = frames;
  data.classes = {"vole_1", "vole_2"};
  data.categories = {1, 2};
  data.max_instances = {1, 1};
  data.tracklets = {{0, frames, 1, 0.99f}, {0, frames, 0, 0.99f}};
  for (int frame = 0; frame < frames; ++frame) {
    for (int k = 0; k < 2; ++k) {
      ReviewAnimal animal;
      animal.prediction = frame * 2 + k + 1;
      animal.frame = frame;
      animal.class_index = k;
      animal.tracklet = k;
      data.animals.push_back(animal);
    }
  }
  return data;
}

ReviewAnimal& AnimalAt(ReviewData& data, int frame, int k) {
  for (ReviewAnimal& animal : data.animals) {
    if (animal.frame == frame && animal.class_index == k) return animal;
  }
  throw std::logic_error("no such animal");
}

std::vector<datasets::ReviewItemRow> WithoutAudit(std::vector<datasets::ReviewItemRow> items) {
  items.erase(std::remove_if(items.begin(), items.end(),
                             [](const auto& item) { return item.reason_code == "audit"; }),
              items.end());
  return items;
}

}  // namespace

TEST_CASE("a calm video has an empty queue but for the audit") {
  const auto items = MakeEpisodes(Calm(500), PriorModel(), 0.9, {});
  REQUIRE(items.size() == 1);
  CHECK(items[0].reason_code == "audit");
}

TEST_CASE("neighboring frames with one reason become one episode, in plain words with figures") {
  ReviewData data = Calm(500);
  At(AnimalAt(data, 190, 0), Sign::kTouching) = 1;
  for (int frame = 200; frame < 240; ++frame) {
    At(AnimalAt(data, frame, 0), Sign::kNameDoubt) = 0.9f;
  }
  for (int frame = 300; frame < 303; ++frame) {
    At(AnimalAt(data, frame, 1), Sign::kOddArea) = 1;
    AnimalAt(data, frame, 1).area_ratio = 0.4f;
  }
  const auto items = WithoutAudit(MakeEpisodes(data, PriorModel(), 0.9, {}));
  REQUIRE(items.size() == 2);
  CHECK(items[0].reason_code == "low_identity_margin");
  CHECK(items[0].start_frame == 200);
  CHECK(items[0].end_frame == 240);
  CHECK(items[0].reason ==
        "vole_1 and vole_2 may be swapped: the chance that the name is right is 0.55 after they "
        "touched at frame 190");
  CHECK(items[0].animals_json == R"(["vole_1","vole_2"])");
  CHECK(items[1].reason_code == "odd_area");
  CHECK(items[1].reason == "the outline of vole_2 has 0.40 times its usual area");
  CHECK(items[0].score > items[1].score);
}

TEST_CASE("an animal whose name is unknown is told by its number, and nobody asks who it is") {
  ReviewData data = Calm(500);
  data.tracklets[0].unknown = 17;
  for (int frame = 300; frame < 303; ++frame) {
    At(AnimalAt(data, frame, 0), Sign::kOddArea) = 1;
    AnimalAt(data, frame, 0).area_ratio = 0.4f;
  }
  const auto items = WithoutAudit(MakeEpisodes(data, PriorModel(), 0.9, {}));
  REQUIRE(items.size() == 1);
  CHECK(items[0].reason == "the outline of unknown animal 17 has 0.40 times its usual area");
  CHECK(items[0].animals_json == R"(["unknown","unknown animal 17"])");
  for (const auto& item : MakeEpisodes(data, PriorModel(), 0.9, {})) {
    if (item.reason_code != "audit") continue;
    CHECK(item.animals_json == R"(["vole_1","vole_2","unknown","unknown animal 17"])");
  }
}

TEST_CASE("two animals without a name are two episodes, not one") {
  ReviewData data = Calm(500);
  data.tracklets[0].unknown = 17;
  data.tracklets[1].unknown = 4;
  for (int frame = 300; frame < 310; ++frame) {
    At(AnimalAt(data, frame, frame < 305 ? 0 : 1), Sign::kOddArea) = 1;
  }
  const auto items = WithoutAudit(MakeEpisodes(data, PriorModel(), 0.9, {}));
  REQUIRE(items.size() == 2);
  CHECK(items[0].animals_json != items[1].animals_json);
}

TEST_CASE("where one without a name is seen, nobody says which of the animals is missing") {
  ReviewData data = Calm(100);
  data.tracklets[0].unknown = 0;
  data.animals.erase(std::remove_if(data.animals.begin(), data.animals.end(),
                                    [](const ReviewAnimal& animal) {
                                      return animal.class_index == 1 && animal.frame >= 40 &&
                                             animal.frame < 50;
                                    }),
                     data.animals.end());
  const auto items = WithoutAudit(MakeEpisodes(data, PriorModel(), 0.9, {}));
  REQUIRE(items.size() == 1);
  CHECK(items[0].reason.find("an animal not found in 10 frames") == 0);
  CHECK(items[0].animals_json == R"(["vole_1","vole_2"])");
}

TEST_CASE("frames without one of the animals are asked about, by the name that is missing") {
  ReviewData data = Calm(100);
  data.animals.erase(std::remove_if(data.animals.begin(), data.animals.end(),
                                    [](const ReviewAnimal& animal) {
                                      return animal.class_index == 1 && animal.frame >= 40 &&
                                             animal.frame < 50;
                                    }),
                     data.animals.end());
  CHECK(infer::ShareOfFullFrames(data) == doctest::Approx(0.9));
  const auto items = WithoutAudit(MakeEpisodes(data, PriorModel(), 0.9, {}));
  REQUIRE(items.size() == 1);
  CHECK(items[0].reason_code == "animal_missing");
  CHECK(items[0].start_frame == 40);
  CHECK(items[0].end_frame == 50);
  CHECK(items[0].reason.find("vole_2 not found in 10 frames") == 0);
  CHECK(items[0].animals_json == R"(["vole_2"])");
}

TEST_CASE("the chance of a frame is that any of its animals is wrong") {
  ReviewData data = Calm(100);
  const auto chance = [&] { return infer::FrameSuspicion(data, PriorModel(), 0.9)[50]; };
  At(AnimalAt(data, 50, 0), Sign::kOddArea) = 1;
  const double one = chance();
  At(AnimalAt(data, 50, 1), Sign::kOddArea) = 1;
  const double own = PriorModel().Wrong(AnimalAt(data, 50, 1).signs);
  CHECK(chance() == doctest::Approx(1 - (1 - own) * (1 - own)));
  CHECK(chance() > one);
  const auto items = WithoutAudit(MakeEpisodes(data, PriorModel(), 0.9, {}));
  REQUIRE(items.size() == 1);
  CHECK(items[0].score == doctest::Approx(chance()));
  // Who of the two is who is one question.
  data = Calm(100);
  At(AnimalAt(data, 50, 0), Sign::kNameDoubt) = 0.8f;
  const double name = chance();
  At(AnimalAt(data, 50, 1), Sign::kNameDoubt) = 0.8f;
  CHECK(chance() == doctest::Approx(name).epsilon(0.02));
}

TEST_CASE("an episode is cut where the suspicion changes, so that the worst frames come first") {
  ReviewData data = Calm(100);
  for (int frame = 10; frame < 60; ++frame) {
    At(AnimalAt(data, frame, 0), Sign::kNameDoubt) = frame < 50 ? 0.5f : 1;
  }
  const auto items = WithoutAudit(MakeEpisodes(data, PriorModel(), 0.9, {}));
  REQUIRE(items.size() == 2);
  CHECK(items[0].start_frame == 50);
  CHECK(items[0].end_frame == 60);
  CHECK(items[1].start_frame == 10);
}

TEST_CASE("a moment's change of suspicion does not cut an episode") {
  ReviewData data = Calm(100);
  for (int frame = 10; frame < 60; ++frame) {
    At(AnimalAt(data, frame, 0), Sign::kNameDoubt) = frame == 30 || frame == 45 ? 1 : 0.6f;
  }
  const auto items = WithoutAudit(MakeEpisodes(data, PriorModel(), 0.9, {}));
  REQUIRE(items.size() == 1);
  CHECK(items[0].start_frame == 10);
  CHECK(items[0].end_frame == 60);
}

TEST_CASE("a tenth of the queue is drawn at random, the same for the same seed") {
  ReviewData data = Calm(2000);
  for (int frame = 0; frame < 1800; frame += 10) {
    At(AnimalAt(data, frame, 0), Sign::kOddArea) = 1;
  }
  QueueOptions options;
  const auto spans = [&](uint64_t seed) {
    options.seed = seed;
    std::set<int> starts;
    size_t all = 0;
    for (const auto& item : MakeEpisodes(data, PriorModel(), 0.9, options)) {
      ++all;
      if (item.reason_code == "audit") starts.insert(item.start_frame);
    }
    CHECK(all == 200);
    return starts;
  };
  CHECK(spans(1).size() == 20);
  CHECK(spans(1) == spans(1));
  CHECK(spans(1) != spans(2));
}

TEST_CASE("what the queue is built from comes back from the project as it was") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  ReviewData data = Calm(30000);
  data.tracklets[1].margin = 0.25f;
  data.tracklets[1].runner_up = -1;
  data.tracklets[1].unknown = 12;
  At(AnimalAt(data, 7, 1), Sign::kJump) = 0.5f;
  AnimalAt(data, 7, 1).area_ratio = 2;
  infer::SaveReviewData(*project, 5, data);
  const auto loaded = infer::LoadReviewData(*project, 5);
  REQUIRE(loaded.has_value());
  CHECK(loaded->classes == data.classes);
  CHECK(loaded->end_frame == 30000);
  CHECK(loaded->tracklets[1].margin == doctest::Approx(0.25));
  CHECK(loaded->tracklets[1].runner_up == -1);
  CHECK(loaded->tracklets[0].unknown == -1);
  CHECK(loaded->tracklets[1].unknown == 12);
  REQUIRE(loaded->animals.size() == data.animals.size());
  for (size_t a = 0; a < data.animals.size(); ++a) {
    REQUIRE(loaded->animals[a].prediction == data.animals[a].prediction);
    REQUIRE(loaded->animals[a].frame == data.animals[a].frame);
    REQUIRE(loaded->animals[a].class_index == data.animals[a].class_index);
  }
  const ReviewAnimal& jumper = loaded->animals[15];
  CHECK(jumper.signs[static_cast<size_t>(Sign::kJump)] == doctest::Approx(0.5).epsilon(0.01));
  CHECK(jumper.area_ratio == doctest::Approx(2));
  CHECK_FALSE(infer::LoadReviewData(*project, 6).has_value());
  project->Write([](datasets::Writer& writer) { writer.SetSetting("review_data/5/0", "AAA="); });
  CHECK_THROWS_AS(infer::LoadReviewData(*project, 5), datasets::Error);
}

TEST_CASE("what a prediction from before knows of doubts is read, though it knew one sign fewer") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  ReviewData data = Calm(1);
  data.animals.resize(1);
  data.animals[0].signs.fill(1);
  infer::SaveReviewData(*project, 5, data);
  nlohmann::json head = nlohmann::json::parse(project->Setting("review_data/5"));
  CHECK(head.at("signs") == infer::kSigns);
  head["signs"] = infer::kSigns - 1;
  // Four letters hold three bytes; one animal has six bytes and one for each sign.
  const std::string chunk = project->Setting("review_data/5/0");
  static_assert((6 + infer::kSigns - 1) % 3 == 0, "else the text cannot simply be cut");
  project->Write([&](datasets::Writer& writer) {
    writer.SetSetting("review_data/5", head.dump());
    writer.SetSetting("review_data/5/0", chunk.substr(0, (6 + infer::kSigns - 1) / 3 * 4));
  });
  const auto before = infer::LoadReviewData(*project, 5);
  REQUIRE(before.has_value());
  REQUIRE(before->animals.size() == 1);
  CHECK(before->animals[0].signs[0] == 1);
  CHECK(before->animals[0].signs[infer::kSigns - 2] == 1);
  CHECK(before->animals[0].signs[infer::kSigns - 1] == 0);
}

namespace {

// A project with predictions and labels of squares; in `wrong_share` of the labeled frames the
// label is somewhere else, and those frames show a sign of trouble.
struct Labeled {
  Labeled(int frames, int wrong_every, const std::string& split) {
    project = tests::LabelProject(folder.path(), frames);
    data = Calm(frames);
    project->Write([&](datasets::Writer& writer) {
      data.video_id = project->VideoByName("clip").id;
      data.categories = {writer.FindOrInsertCategory("vole_1"),
                         writer.FindOrInsertCategory("vole_2")};
      datasets::JobRow job;
      job.kind = "predict";
      job.state = "done";
      job_id = writer.InsertJob(job);
      for (ReviewAnimal& animal : data.animals) {
        datasets::PredictionRow row;
        row.job_id = job_id;
        row.video_id = data.video_id;
        row.frame_index = animal.frame;
        row.category_id = data.categories[static_cast<size_t>(animal.class_index)];
        row.score = 0.9;
        const cv::Mat square(10, 10, CV_8UC1, cv::Scalar(255));
        const cv::Rect place(5 + 30 * animal.class_index, 5, 10, 10);
        row.rle = datasets::EncodeMaskAt(square, place, 48, 64);
        writer.InsertPrediction(row);
        if (animal.frame % 2 == 0) {
          const bool wrong = animal.class_index == 0 && animal.frame % wrong_every == 0;
          if (wrong) At(animal, Sign::kJump) = 1;
          datasets::AnnotationRow label;
          label.image_id = writer.FindOrInsertImage(data.video_id, animal.frame, 64, 48);
          writer.SetImageSplit(label.image_id, split);
          label.category_id = row.category_id;
          const cv::Rect truth = wrong ? place + cv::Point(8, 8) : place;
          label.rle = datasets::EncodeMaskAt(square, truth, 48, 64);
          label.box = datasets::RleBox(*label.rle);
          label.area = 100;
          label.author = "test";
          writer.InsertAnnotation(label);
        } else if (animal.class_index == 0 && (animal.frame - 1) % wrong_every == 0) {
          At(animal, Sign::kJump) = 1;
        }
      }
    });
    int64_t id = 0;  // ids as the store gave them
    for (ReviewAnimal& animal : data.animals) animal.prediction = ++id;
    infer::SaveReviewData(*project, job_id, data);
  }
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project;
  ReviewData data;
  datasets::Id job_id = 0;
};

}  // namespace

TEST_CASE("naming an animal that had no name does not say that its outline was wrong") {
  Labeled labeled(40, 1000, "val");
  labeled.project->Write([&](datasets::Writer& writer) {
    const datasets::Id unknown = datasets::FindOrInsertUnknown(writer);
    writer.connection().Run("UPDATE predictions SET category_id = ?", unknown);
    // Vole 1 is the one that was guessed to be vole 2, and the other way round.
    writer.connection().Run("UPDATE annotations SET category_id = ? - category_id",
                            labeled.data.categories[0] + labeled.data.categories[1]);
  });
  for (auto& tracklet : labeled.data.tracklets) tracklet.unknown = 0;
  const auto wrong = [&] {
    const auto examples =
        infer::CollectExamples(*labeled.project, labeled.job_id, labeled.data).animals;
    REQUIRE(examples.size() >= 19);
    return std::count_if(examples.begin(), examples.end(), [](const auto& e) { return e.wrong; });
  };
  CHECK(wrong() == 1);  // in frame 0 its outline is elsewhere
  // Whoever has labeled one animal of a frame has said nothing about the other.
  labeled.project->Write([&](datasets::Writer& writer) {
    writer.connection().Run("DELETE FROM annotations WHERE category_id = ?",
                            labeled.data.categories[0]);
  });
  CHECK(wrong() <= 1);
}

TEST_CASE("labels that were not learned from calibrate the confidences") {
  Labeled labeled(400, 8, "val");
  datasets::Job job;
  const int episodes = infer::RebuildReviewQueue(*labeled.project, labeled.job_id, job);
  CHECK(episodes > 50);  // every frame with a jump
  const auto rows = labeled.project->PredictionsAt(labeled.job_id, labeled.data.video_id, 9);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].confidence < 0.5);  // the unlabeled twin of a wrong frame
  CHECK(rows[1].confidence > 0.95);
  const infer::Calibration calibration = infer::CalibrationOf(*labeled.project, labeled.job_id);
  CHECK(calibration.basis == "labels");
  CHECK(calibration.frames == 200);
  CHECK(calibration.expected_calibration_error >= 0);
  CHECK(calibration.expected_calibration_error < 0.05);
}

TEST_CASE("labels that were learned from prove nothing") {
  Labeled labeled(400, 8, "train");
  const infer::Calibration calibration = infer::CalibrationOf(*labeled.project, labeled.job_id);
  CHECK(calibration.basis == "prior");
  CHECK(calibration.expected_calibration_error == -1);
}

TEST_CASE("labels that the model's record does not list as learned count in full") {
  Labeled labeled(400, 8, "train");
  std::vector<int> learned;
  for (int frame = 0; frame < 100; ++frame) learned.push_back(frame);
  labeled.project->Write([&](datasets::Writer& writer) {
    datasets::ModelRow model;
    model.name = "day1";
    model.architecture = "idseg";
    model.config_json =
        nlohmann::json{
            {"videos", {labeled.data.video_id}},
            {"record", {{"labels", {{"learned_frames", nlohmann::json::array({learned})}}}}}}
            .dump();
    model.metrics_json = "{}";
    const datasets::Id id = writer.InsertModel(model);
    writer.connection().Run("UPDATE jobs SET model_id = ? WHERE id = ?", id, labeled.job_id);
  });
  const infer::Calibration calibration = infer::CalibrationOf(*labeled.project, labeled.job_id);
  CHECK(calibration.basis == "labels");
  CHECK(calibration.frames == 150);  // every second frame is labeled
}

TEST_CASE("decisions move the confidences, and are not asked for again") {
  Labeled labeled(400, 1000, "train");
  for (ReviewAnimal& animal : labeled.data.animals) {
    if (animal.frame % 4 == 1) At(animal, Sign::kOddArea) = 1;
  }
  infer::SaveReviewData(*labeled.project, labeled.job_id, labeled.data);
  datasets::Job job;
  infer::RebuildReviewQueue(*labeled.project, labeled.job_id, job);
  const auto before = labeled.project->PredictionsAt(labeled.job_id, labeled.data.video_id, 301);
  const auto items = labeled.project->ReviewItems(labeled.job_id);
  int decided = 0;
  labeled.project->Write([&](datasets::Writer& writer) {
    for (const auto& item : items) {
      if (item.reason_code != "odd_area" || item.start_frame > 200) continue;
      writer.InsertReviewDecision(item, "accepted", "test", 1);
      ++decided;
    }
  });
  REQUIRE(decided > 30);
  infer::RebuildReviewQueue(*labeled.project, labeled.job_id, job);
  const auto after = labeled.project->PredictionsAt(labeled.job_id, labeled.data.video_id, 301);
  CHECK(after[0].confidence > before[0].confidence + 0.05);  // odd areas turned out to be right
  int still_decided = 0;
  for (const auto& item : labeled.project->ReviewItems(labeled.job_id)) {
    still_decided += !item.verdict.empty();
    if (item.verdict.empty() && item.reason_code == "odd_area") CHECK(item.start_frame > 200);
  }
  CHECK(still_decided == decided);
  CHECK(infer::CalibrationOf(*labeled.project, labeled.job_id).basis == "labels and reviews");
}

TEST_CASE("random frames calibrate though accepting them has made labels of them") {
  Labeled labeled(400, 1000, "train");
  datasets::Job job;
  infer::RebuildReviewQueue(*labeled.project, labeled.job_id, job, 120);
  int answered = 0, wrong = 0;
  annotate::History history(*labeled.project, "test");
  for (const auto& item : labeled.project->ReviewItems(labeled.job_id)) {
    if (item.reason_code != "audit") continue;
    const bool reject = ++answered % 20 == 0;
    wrong += reject;
    history.Apply(annotate::DecideEpisode(
        item, reject ? annotate::Verdict::kRejected : annotate::Verdict::kAccepted, 0));
  }
  REQUIRE(wrong > 3);
  const infer::Calibration calibration = infer::CalibrationOf(*labeled.project, labeled.job_id);
  CHECK(calibration.basis == "audit");
  CHECK(calibration.frames == answered);
  CHECK(calibration.expected_calibration_error < 0.15);  // nearly all were right, as was said
}

namespace {

datasets::ReviewItemRow Episode(const Labeled& scene, std::string_view code, int start, int end) {
  datasets::ReviewItemRow item;
  item.job_id = scene.job_id;
  item.video_id = scene.data.video_id;
  item.start_frame = start;
  item.end_frame = end;
  item.reason_code = code;
  return item;
}

void Decide(Labeled& scene, const datasets::ReviewItemRow& item, const std::string& verdict) {
  scene.project->Write(
      [&](Writer& writer) { writer.InsertReviewDecision(item, verdict, "test", 1); });
}

infer::ReviewExamples Examples(Labeled& scene) {
  return infer::CollectExamples(*scene.project, scene.job_id, scene.data);
}

int WrongOnes(const infer::ReviewExamples& examples) {
  return static_cast<int>(std::count_if(examples.animals.begin(), examples.animals.end(),
                                        [](const auto& example) { return example.wrong; }));
}

}  // namespace

TEST_CASE("decisions about key points and bouts say nothing about outlines") {
  Labeled scene(40, 1000, "val");
  const auto before = Examples(scene);
  Decide(scene, Episode(scene, "point_jump", 11, 12), "corrected");
  Decide(scene, Episode(scene, "sides_exchanged", 13, 14), "accepted");
  auto bout = Episode(scene, "audit", 15, 16);
  scene.project->Write([&](Writer& writer) {
    datasets::BehaviorRow behavior;
    behavior.name = "walk";
    bout.behavior_id = writer.FindOrInsertBehavior(behavior);
  });
  Decide(scene, bout, "rejected");
  const auto after = Examples(scene);
  CHECK(after.decisions == 0);
  CHECK(after.animals.size() == before.animals.size());
  CHECK(after.audit_frames == 0);
  Decide(scene, Episode(scene, "odd_area", 11, 12), "corrected");
  CHECK(Examples(scene).decisions == 1);
}

TEST_CASE("a missing animal says nothing against the outlines of those that were found") {
  Labeled scene(40, 1000, "val");
  scene.data.animals.erase(std::remove_if(scene.data.animals.begin(), scene.data.animals.end(),
                                          [](const ReviewAnimal& animal) {
                                            return animal.class_index == 1 && animal.frame == 11;
                                          }),
                           scene.data.animals.end());
  const auto before = Examples(scene);
  Decide(scene, Episode(scene, "animal_missing", 9, 12), "corrected");
  auto after = Examples(scene);
  CHECK(after.animals.size() == before.animals.size());
  CHECK(WrongOnes(after) == WrongOnes(before));
  CHECK(after.short_frames == doctest::Approx(before.short_frames + 1));  // frame 11
  CHECK(after.truly_missing == doctest::Approx(before.truly_missing + 1));
  Decide(scene, Episode(scene, "animal_missing", 9, 12), "accepted");  // none was, after all
  after = Examples(scene);
  CHECK(after.decisions == 1);
  CHECK(after.short_frames == doctest::Approx(before.short_frames + 1));
  CHECK(after.truly_missing == doctest::Approx(before.truly_missing));
}

TEST_CASE("of several decisions about one episode the newest counts") {
  Labeled scene(40, 1000, "val");
  const auto episode = Episode(scene, "odd_area", 11, 12);
  const int before = WrongOnes(Examples(scene));
  Decide(scene, episode, "rejected");
  CHECK(WrongOnes(Examples(scene)) == before + 1);
  Decide(scene, episode, "accepted");
  CHECK(WrongOnes(Examples(scene)) == before);
  Decide(scene, episode, "skipped");  // which says nothing
  CHECK(WrongOnes(Examples(scene)) == before);
  CHECK(Examples(scene).decisions == 1);
}

TEST_CASE("what is predicted in a frame that is marked as empty is wrong") {
  Labeled scene(40, 1000, "val");
  const auto before = Examples(scene);
  scene.project->Write([&](Writer& writer) {
    const auto image = writer.FindOrInsertImage(scene.data.video_id, 11, 64, 48);
    writer.SetImageState(image, datasets::ImageState::kEmpty);
    writer.SetImageSplit(image, "val");
  });
  const auto after = Examples(scene);
  CHECK(WrongOnes(after) == WrongOnes(before) + 2);
  CHECK(after.frames == before.frames + 1);
}

TEST_CASE("whoever mends one outline of a frame has not said that the others are wrong") {
  Labeled scene(40, 1000, "val");
  const auto before = Examples(scene);
  datasets::Id image = 0;
  scene.project->Write([&](Writer& writer) {
    image = writer.FindOrInsertImage(scene.data.video_id, 11, 64, 48);
    writer.SetImageState(image, datasets::ImageState::kStarted);
    writer.SetImageSplit(image, "val");
    datasets::AnnotationRow label;
    label.image_id = image;
    label.category_id = scene.data.categories[0];
    label.polygons = {{{5, 5}, {15, 5}, {15, 15}, {5, 15}}};
    label.box = {5, 5, 10, 10};
    label.area = 100;
    writer.InsertAnnotation(label);
  });
  auto after = Examples(scene);
  CHECK(after.animals.size() == before.animals.size() + 1);
  CHECK(WrongOnes(after) == WrongOnes(before));
  CHECK(after.short_frames == before.short_frames);
  // Once it is said to be done, what was predicted beside the label is wrong.
  scene.project->Write(
      [&](Writer& writer) { writer.SetImageState(image, datasets::ImageState::kDone); });
  after = Examples(scene);
  CHECK(after.animals.size() == before.animals.size() + 2);
  CHECK(WrongOnes(after) == WrongOnes(before) + 1);
}

}  // namespace review_queue_test
