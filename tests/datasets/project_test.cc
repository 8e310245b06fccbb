#include "datasets/project.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/base/suggest.h"
#include "datasets/store/connection.h"
#include "datasets/store/schema/schema.h"
#include "datasets/store/writer.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace project_test {

namespace {

using datasets::Id;
using datasets::PredictionView;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;

TEST_CASE("a new project opens again and holds nothing") {
  tests::TempDir folder;
  { auto project = Project::Create(folder / "a.vole"); }
  auto project = Project::Open(folder / "a.vole");
  CHECK(project->Videos().empty());
  CHECK(project->Images().empty());
  CHECK(project->folder() == std::filesystem::absolute(folder.path()));
  CHECK(project->Setting("no such", "fallback") == "fallback");
  // Nothing else is left in the folder but SQLite's own companions.
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    CHECK(entry.path().filename().string().rfind("a.vole", 0) == 0);
  }
}

TEST_CASE("a project is not made over an existing file or in a missing folder") {
  tests::TempDir folder;
  std::ofstream(folder / "a.vole") << "precious";
  CHECK(MessageOf([&] { Project::Create(folder / "a.vole"); }).find("exists already") !=
        std::string::npos);
  std::string kept;
  std::ifstream(folder / "a.vole") >> kept;
  CHECK(kept == "precious");
  CHECK(MessageOf([&] { Project::Create(folder / "none" / "a.vole"); }).find("does not exist") !=
        std::string::npos);
}

TEST_CASE("every kind of label comes back as it was written") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  datasets::AnnotationRow written = tests::Square(0, 0, 10.123456789012345, 20.5, 30);
  Id video = 0, image = 0, category = 0;
  project->Write([&](Writer& writer) {
    video = tests::InsertVideo(writer, "one", 100);
    category = writer.FindOrInsertCategory("vole_1", "vole");
    image = writer.FindOrInsertImage(video, 7, 64, 48);
    CHECK(writer.FindOrInsertImage(video, 7, 64, 48) == image);
    CHECK(writer.FindOrInsertCategory("vole_1") == category);
    written.image_id = image;
    written.category_id = category;
    written.track_id = writer.FindOrInsertTrack(video, category, 17);
    CHECK(writer.FindOrInsertTrack(video, category, 17) == written.track_id);
    CHECK(writer.FindOrInsertTrack(video, category, 18) != written.track_id);
    cv::Mat mask = cv::Mat::zeros(48, 64, CV_8UC1);
    cv::rectangle(mask, {10, 10, 20, 20}, 255, cv::FILLED);
    cv::rectangle(mask, {15, 15, 5, 5}, 0, cv::FILLED);
    written.rle = datasets::EncodeMask(mask);
    written.iscrowd = true;
    written.keyframe = false;
    written.occluded = true;
    written.source = datasets::LabelSource::kImported;
    written.author = "Grüße 'quoted'";
    written.key_points = {{"nose", 1.5, 2.25, 2}, {"tail", 3, 4, 1}};
    written.extra_json = R"({"source_frame":12})";
    written.id = writer.InsertAnnotation(written);
    writer.SetImageState(image, datasets::ImageState::kDone);
    writer.SetImageSplit(image, "val");
  });
  const auto images = project->ImagesOfVideo(video);
  REQUIRE(images.size() == 1);
  CHECK(images[0].frame_index == 7);
  CHECK(images[0].state == datasets::ImageState::kDone);
  CHECK(images[0].split == "val");
  const auto rows = project->AnnotationsAt(video, 7);
  REQUIRE(rows.size() == 1);
  const auto& read = rows[0];
  CHECK(read.id == written.id);
  CHECK(read.polygons == written.polygons);  // to the last bit
  REQUIRE(read.rle);
  CHECK(read.rle->counts == written.rle->counts);
  CHECK(read.box.x == written.box.x);
  CHECK(read.area == written.area);
  CHECK(read.track_id == written.track_id);
  CHECK((read.iscrowd && !read.keyframe && read.occluded));
  CHECK(read.source == written.source);
  CHECK(read.author == written.author);
  REQUIRE(read.key_points.size() == 2);
  CHECK(read.key_points[1].name == "tail");
  CHECK(read.key_points[0].y == 2.25);
  CHECK(read.extra_json == written.extra_json);
  CHECK(project->Tracks(video).size() == 2);
  CHECK(project->CountLabeledFrames(video) == 1);
  int visited = 0;
  project->ForEachAnnotation(video, [&](const auto& visited_image, const auto& annotations) {
    CHECK(visited_image.id == image);
    CHECK(annotations.size() == 1);
    ++visited;
  });
  CHECK(visited == 1);
}

TEST_CASE("pictures have no video and are visited apart from frames") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  project->Write([&](Writer& writer) {
    const Id video = tests::InsertVideo(writer, "one", 10);
    writer.FindOrInsertImage(video, 3, 64, 48);
    const Id picture = writer.FindOrInsertPicture("pictures/a.png", 8, 9);
    CHECK(writer.FindOrInsertPicture("pictures/a.png", 8, 9) == picture);
  });
  std::vector<std::string> paths;
  project->ForEachAnnotation(0, [&](const datasets::ImageRow& image, const auto& annotations) {
    paths.push_back(image.path.value());
    CHECK(annotations.empty());
  });
  CHECK(paths == std::vector<std::string>{"pictures/a.png"});
}

TEST_CASE("behaviors, intervals, models and settings come back as they were written") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  Id video = 0;
  project->Write([&](Writer& writer) {
    video = tests::InsertVideo(writer, "one", 100);
    const Id chase = writer.FindOrInsertBehavior({0, "chase", false, "move", 0x123456, "c"});
    datasets::BehaviorIntervalRow interval;
    interval.video_id = video;
    interval.subject = "vole_1";
    interval.behavior_id = chase;
    interval.start_frame = 5;
    interval.end_frame = 9;
    interval.present = false;
    writer.InsertBehaviorInterval(interval);
    datasets::ModelRow model;
    model.name = "first";
    model.config_json = R"({"a":1})";
    const Id parent = writer.InsertModel(model);
    model.parent_id = parent;
    writer.InsertModel(model);
    writer.SetSetting("theme", "dark");
    writer.SetSetting("theme", "light");
  });
  REQUIRE(project->Behaviors().size() == 1);
  CHECK(project->Behaviors()[0].exclusion_group == "move");
  CHECK(project->Behaviors()[0].color == 0x123456);
  const auto intervals = project->BehaviorIntervals(video);
  REQUIRE(intervals.size() == 1);
  CHECK(intervals[0].subject == "vole_1");
  CHECK(intervals[0].end_frame == 9);
  CHECK_FALSE(intervals[0].present);
  CHECK(project->Models()[1].parent_id == project->Models()[0].id);
  CHECK(project->Setting("theme") == "light");
}

TEST_CASE("a prediction that found no animal counts once it has ended, one of behavior does not") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  Id video = 0, found = 0, found_none = 0;
  datasets::ReviewItemRow missing;
  project->Write([&](Writer& writer) {
    missing.video_id = video = tests::InsertVideo(writer, "one", 100);
    found = writer.InsertJob(tests::PredictJob());
    writer.InsertPrediction(
        tests::Prediction(found, video, 3, writer.FindOrInsertCategory("vole_1")));
    writer.FinishJob(found, "done");
    found_none = writer.InsertJob(tests::PredictJob());
    missing.job_id = found_none;
    missing.end_frame = 100;
    missing.reason_code = "missing";
    missing.reason = "vole_1 is missing";
    writer.InsertReviewItem(missing);
  });
  CHECK(project->LatestPredictJob(video) == found);  // the other still runs
  project->Write([&](Writer& writer) { writer.FinishJob(found_none, "done"); });
  CHECK(project->LatestPredictJob(video) == found_none);
  project->Write([&](Writer& writer) {
    datasets::BehaviorRow behavior;
    behavior.name = "rear";
    missing.behavior_id = writer.FindOrInsertBehavior(behavior);
    missing.job_id = writer.InsertJob(tests::PredictJob());
    writer.InsertReviewItem(missing);
    writer.FinishJob(missing.job_id, "done");
  });
  CHECK(project->LatestPredictJob(video) == found_none);
}

TEST_CASE("a prediction that runs or was cancelled does not take the place of a whole one") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  Id video = 0;
  const auto predict = [&](const std::string& state) {
    Id job = 0;
    project->Write([&](Writer& writer) {
      if (video == 0) video = tests::InsertVideo(writer, "one", 100);
      job = writer.InsertJob(tests::PredictJob());
      writer.InsertPrediction(
          tests::Prediction(job, video, 3, writer.FindOrInsertCategory("vole_1")));
      if (!state.empty()) writer.FinishJob(job, state);
    });
    return job;
  };
  predict("cancelled");
  const Id second = predict("cancelled");
  CHECK(project->LatestPredictJob(video) == second);  // better than nothing
  const Id whole = predict("done");
  predict("cancelled");
  predict("failed");
  predict("");
  CHECK(project->LatestPredictJob(video) == whole);
  const Id next = predict("done");
  CHECK(project->LatestPredictJob(video) == next);
}

TEST_CASE("predictions are read by frame, in order, with masks exact and outlines near") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  Id video = 0, job = 0, cat = 0;
  project->Write([&](Writer& writer) {
    video = tests::InsertVideo(writer, "one", 100);
    cat = writer.FindOrInsertCategory("vole_1");
    job = writer.InsertJob(tests::PredictJob());
    for (const int frame : {9, 3, 5}) {
      writer.InsertPrediction(tests::Prediction(job, video, frame, cat));
      writer.InsertPrediction(tests::Prediction(job, video, frame, cat));
    }
    writer.FinishJob(job, "done");
  });
  CHECK(project->LatestPredictJob(video) == job);
  CHECK_FALSE(project->LatestPredictJob(video + 1));
  CHECK(project->Jobs()[0].state == "done");
  CHECK(project->Jobs()[0].finished_at);
  CHECK(project->CountPredictedFrames(job, video) == 3);
  const auto rows = project->PredictionsAt(job, video, 5);
  REQUIRE(rows.size() == 2);
  const auto expected = tests::Prediction(job, video, 5, cat);
  CHECK(rows[0].rle->counts == expected.rle->counts);
  REQUIRE(rows[0].polygons.size() == expected.polygons.size());
  for (size_t i = 0; i < expected.polygons[0].size(); ++i) {
    CHECK(cv::norm(rows[0].polygons[0][i] - expected.polygons[0][i]) < 0.05);
  }
  CHECK(rows[0].confidence == expected.confidence);
  std::vector<int> frames;
  project->ForEachPrediction(job, video, 3, 9, [&](int frame, const auto& predictions) {
    frames.push_back(frame);
    CHECK(predictions.size() == 2);
  });
  CHECK(frames == std::vector<int>{3, 5});
  project->Write([&](Writer& writer) { writer.DeletePredictions(job, video, 0, 6); });
  CHECK(project->PredictionsAt(job, video, 5).empty());
  CHECK(project->PredictionsAt(job, video, 9).size() == 2);
}

TEST_CASE("corrections of predictions apply in order and leave the originals") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  Id video = 0, job = 0, a = 0, b = 0;
  using Kind = datasets::PredictionCorrectionRow::Kind;
  project->Write([&](Writer& writer) {
    video = tests::InsertVideo(writer, "one", 100);
    a = writer.FindOrInsertCategory("a");
    b = writer.FindOrInsertCategory("b");
    job = writer.InsertJob(tests::PredictJob());
    for (int frame = 0; frame < 10; ++frame) {
      writer.InsertPrediction(tests::Prediction(job, video, frame, a));
      writer.InsertPrediction(tests::Prediction(job, video, frame, b));
    }
    writer.InsertPredictionCorrection({0, job, video, 2, 10, Kind::kSwap, a, b, {}, {}, ""});
    writer.InsertPredictionCorrection({0, job, video, 5, 6, Kind::kReject, a, {}, {}, {}, ""});
    writer.InsertPredictionCorrection({0, job, video, 4, 8, Kind::kSwap, b, a, {}, {}, ""});
    writer.InsertPredictionCorrection({0, job, video, 9, 10, Kind::kReject, {}, {}, {}, {}, ""});
  });
  const auto names = [&](int frame, PredictionView view) {
    std::vector<Id> result;
    for (const auto& row : project->PredictionsAt(job, video, frame, view)) {
      result.push_back(row.rejected ? -row.category_id : row.category_id);
    }
    return result;
  };
  using Names = std::vector<Id>;
  CHECK(names(1, PredictionView::kCorrected) == Names{a, b});
  CHECK(names(2, PredictionView::kCorrected) == Names{b, a});
  CHECK(names(4, PredictionView::kCorrected) == Names{a, b});  // swapped twice
  CHECK(names(5, PredictionView::kCorrected) == Names{a});     // what was called a is gone
  CHECK(names(5, PredictionView::kAll) == Names{a, -b});
  CHECK(names(8, PredictionView::kCorrected) == Names{b, a});
  CHECK(names(9, PredictionView::kCorrected).empty());
  for (int frame = 0; frame < 10; ++frame) {
    CHECK(names(frame, PredictionView::kAsWritten) == Names{a, b});
  }
}

TEST_CASE("the queue is read by score with the latest verdict, also after it was built anew") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  Id job = 0;
  project->Write([&](Writer& writer) {
    const Id video = tests::InsertVideo(writer, "one", 100);
    job = writer.InsertJob(tests::PredictJob());
    datasets::ReviewItemRow low{0,          job,  video,      1,  3,  "jump",
                                "it jumps", 0.25, R"(["a"])", "", {}, ""};
    datasets::ReviewItemRow high{0,    job, video, 5,  9, "missing", "one is missing",
                                 0.75, "",  "",    {}, ""};
    writer.InsertReviewItem(low);
    high.id = writer.InsertReviewItem(high);
    writer.InsertReviewDecision(high, "skipped", "me", 1.5);
    writer.InsertReviewDecision(high, "accepted", "me", 2.5);
    writer.ReplaceReviewItems(job, {});
    writer.InsertReviewItem(low);
    writer.InsertReviewItem(high);
  });
  const auto items = project->ReviewItems(job);
  REQUIRE(items.size() == 2);
  CHECK(items[0].reason_code == "missing");
  CHECK(items[0].verdict == "accepted");
  CHECK(items[1].verdict == "");
  CHECK(items[1].animals_json == R"(["a"])");
  const auto decisions = project->ReviewDecisions(0);
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[1].seconds == 2.5);
  CHECK(decisions[1].score == 0.75);
}

TEST_CASE("an exception inside a write undoes all of it") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  CHECK_THROWS_WITH(project->Write([&](Writer& writer) {
    writer.FindOrInsertCategory("ghost");
    throw std::runtime_error("changed my mind");
  }),
                    "changed my mind");
  CHECK(project->Categories().empty());
  // A dangling reference is refused with one line.
  const std::string message = MessageOf([&] {
    project->Write([&](Writer& writer) {
      writer.FindOrInsertCategory("ghost");
      auto annotation = tests::Square(99, 99, 1, 1, 5);
      writer.InsertAnnotation(annotation);
    });
  });
  CHECK(message.find("does not fit") != std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(project->Categories().empty());
}

TEST_CASE("NaN never enters the store") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  for (int which = 0; which < 3; ++which) {
    CHECK_THROWS_AS(project->Write([&](Writer& writer) {
      const Id video = tests::InsertVideo(writer, "one", 100);
      auto row = tests::Square(writer.FindOrInsertImage(video, 0, 64, 48),
                               writer.FindOrInsertCategory("a"), 1, 1, 5);
      const double nan = std::nan("");
      if (which == 0) row.area = nan;
      if (which == 1) row.polygons[0][1].y = nan;
      if (which == 2) row.key_points = {{"nose", nan, 0, 2}};
      writer.InsertAnnotation(row);
    }),
                    datasets::Error);
  }
  CHECK(project->Videos().empty());
}

TEST_CASE("the revision grows with changes of this project and of another one on the same file") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  auto other = Project::Open(folder / "a.vole");
  const int64_t first = project->Revision();
  CHECK(project->Revision() == first);
  project->Write([](Writer& writer) { writer.SetSetting("a", "1"); });
  const int64_t second = project->Revision();
  CHECK(second > first);
  other->Write([](Writer& writer) { writer.SetSetting("a", "2"); });
  CHECK(project->Revision() > second);
  CHECK(project->Setting("a") == "2");
}

TEST_CASE("readers go on while a write is open and see it only when it is committed") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  project->Write([&](Writer& writer) {
    writer.SetSetting("a", "new");
    std::thread([&] { CHECK(project->Setting("a", "old") == "old"); }).join();
    CHECK(project->Setting("a", "old") == "old");
  });
  std::thread([&] { CHECK(project->Setting("a", "old") == "new"); }).join();
}

TEST_CASE("many threads write at once and nothing is lost") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        project->Write([&](Writer& writer) {
          writer.FindOrInsertCategory(std::to_string(t) + "_" + std::to_string(i));
        });
        project->Categories();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(project->Categories().size() == 100);
}

TEST_CASE("a write inside a write is our own mistake") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  CHECK_THROWS_AS(project->Write([&](Writer&) { project->Write([](Writer&) {}); }),
                  std::logic_error);
}

TEST_CASE("a video's index and background come back exactly") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  datasets::VideoIndex index = tests::Index(500);
  for (size_t i = 0; i < index.pts.size(); ++i) {
    index.pts[i] = static_cast<int64_t>(10 * i + i * i % 7);
  }
  index.time_base_den = 12800;
  datasets::Background background;
  background.bgr = cv::Mat(48, 64, CV_8UC3);
  cv::randu(background.bgr, 0, 255);
  background.static_camera = true;
  background.residual = 1.25;
  datasets::VideoRow video = tests::Video("one", index);
  project->Write([&](Writer& writer) { video.id = writer.InsertVideo(video, index, background); });
  const auto read = project->IndexOf(video);
  CHECK(read.pts == index.pts);
  CHECK(read.key_frames == index.key_frames);
  CHECK(read.time_base_den == 12800);
  CHECK(read.fps == index.fps);
  const auto picture = project->BackgroundOf(video);
  CHECK(cv::norm(picture.bgr, background.bgr, cv::NORM_INF) == 0);
  CHECK(picture.residual == 1.25);
  CHECK(project->Videos()[0].static_camera);
  project->Write([&](Writer& writer) {
    video.name = "moving";
    video.id = writer.InsertVideo(video, index, {});
  });
  CHECK(project->BackgroundOf(video).bgr.empty());
}

TEST_CASE("a wrong video name gets a did-you-mean and the list") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  CHECK(MessageOf([&] { project->VideoByName(""); }).find("no video yet") != std::string::npos);
  project->Write([](Writer& writer) { tests::InsertVideo(writer, "arena_left", 10); });
  CHECK(project->VideoByName("").name == "arena_left");
  project->Write([](Writer& writer) { tests::InsertVideo(writer, "arena_right", 10); });
  CHECK(project->VideoByName("arena_right").name == "arena_right");
  CHECK(MessageOf([&] { project->VideoByName(""); }).find("--video") != std::string::npos);
  const std::string message = MessageOf([&] { project->VideoByName("arena_rihgt"); });
  CHECK(message.find("did you mean 'arena_right'?") != std::string::npos);
  CHECK(message.find("'arena_left'") != std::string::npos);
  CHECK(MessageOf([&] { project->VideoByName("zzz"); }).find("did you mean") == std::string::npos);
}

TEST_CASE("suggestions ignore case and stay silent when nothing is near") {
  CHECK(datasets::ClosestName("Import", {"export", "import"}) == "import");
  CHECK(datasets::ClosestName("trian", {"train", "predict"}) == "train");
  CHECK(datasets::ClosestName("xyz", {"train", "predict"}) == "");
  CHECK(datasets::ClosestName("x", {"ab"}) == "");
  CHECK(datasets::ClosestName("train", {}) == "");
  CHECK(datasets::QuotedNames({"a", "b", "c"}, 2) == "'a', 'b' and 1 more");
}

TEST_CASE("lookups by frame go through an index, however large the project grows") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  project->Read([](datasets::Connection& connection) {
    for (const char* sql :
         {"SELECT * FROM images WHERE video_id = 1 AND frame_index = 2",
          "SELECT * FROM annotations WHERE image_id = 1 ORDER BY id",
          "SELECT * FROM predictions WHERE job_id = 1 AND video_id = 1 AND frame_index >= 5 AND"
          " frame_index < 6 ORDER BY frame_index, id",
          "SELECT * FROM prediction_corrections WHERE job_id = 1 AND video_id = 1 ORDER BY id",
          "SELECT * FROM behavior_intervals WHERE video_id = 1 ORDER BY start_frame, id",
          "SELECT * FROM tracks WHERE video_id = 1",
          "SELECT * FROM edits WHERE state = 'done' ORDER BY id DESC LIMIT 1"}) {
      auto plan = connection.Query((std::string("EXPLAIN QUERY PLAN ") + sql).c_str());
      while (plan.Step()) {
        CAPTURE(sql);
        CAPTURE(plan.Text(3));
        CHECK(plan.Text(3).find("SCAN") == std::string::npos);
        CHECK(plan.Text(3).find("TEMP B-TREE FOR ORDER BY") == std::string::npos);
      }
    }
  });
}

}  // namespace

}  // namespace project_test
