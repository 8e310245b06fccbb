#include "app/model/overview/video_table.h"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <set>

#include "app/model/overview/overview_feed.h"
#include "app/model/requests/note_requests.h"
#include "datasets/unknown_name.h"
#include "datasets/video/video.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace video_table_test {

namespace {

using app::VideoColumn;
using app::VideoFilter;
using app::VideoQuery;

// Three videos: b (labeled, val), a (predicted, flagged frame), c (lost, noted).
app::ProjectView View() {
  app::ProjectView view;
  const char* names[] = {"b", "A", "\u9f20"};
  for (datasets::Id id = 1; id <= 3; ++id) {
    datasets::VideoRow video;
    video.id = id;
    video.name = names[id - 1];
    video.frame_count = static_cast<int>(100 * (4 - id));
    video.fps = 25;
    view.videos.push_back(video);
  }
  datasets::ImageRow labeled;
  labeled.state = datasets::ImageState::kDone;
  labeled.split = "val";
  datasets::ImageRow proposed;
  view.images[1] = {labeled, labeled, proposed};
  view.predict_job[2] = 7;
  datasets::ReviewItemRow item;
  item.video_id = 2;
  view.review_items = {item, item};
  view.review_items[0].verdict = "accepted";
  datasets::NoteRow of_frame;
  of_frame.video_id = 2;
  of_frame.frame_index = 5;
  of_frame.flagged = true;
  datasets::NoteRow of_video;
  of_video.video_id = 3;
  of_video.note = "Dim light";
  view.notes = {of_frame, of_video};
  view.missing_videos = {3};
  return view;
}

std::string Found(VideoQuery query) {
  const app::ProjectView view = View();
  const app::PredictedFrames predicted = {{{{7, 2}, 150}, {{6, 1}, 20}}, 0};
  std::string text;
  for (const size_t place : app::FindVideos(view, app::FactsOf(view, &predicted), query)) {
    text += view.videos[place].name + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("the table of videos counts what is done, and says what is not counted yet") {
  const app::ProjectView view = View();
  app::FactsByVideo facts = app::FactsOf(view, nullptr);
  CHECK(facts[1].labeled == 2);
  CHECK(facts[1].proposed == 1);
  CHECK(facts[1].val == 2);
  CHECK(facts[2].predicted);
  CHECK(facts[2].predicted_frames == -1);
  CHECK(facts[2].to_review == 1);
  CHECK(facts[2].flags == 1);
  CHECK_FALSE(facts[2].flagged);
  CHECK(facts[3].missing);
  CHECK(facts[3].note == "Dim light");
  app::PredictedFrames predicted = {{{{7, 2}, 150}, {{6, 1}, 20}}, 0};
  facts = app::FactsOf(view, &predicted);
  CHECK(facts[2].predicted_frames == 150);
  CHECK(facts[1].predicted_frames == 0);  // of another job than its newest
  CHECK(facts[2].unknown == 0);
  predicted.unknown[{7, 2}] = {200, 50};
  CHECK(app::FactsOf(view, &predicted)[2].unknown == 0.25);
  CHECK(app::FactsOf(view, nullptr)[2].unknown == -1);
  app::ProjectView later = View();
  later.revision = 5;
  later.predict_job[2] = 8;  // begun after the count
  CHECK(app::FactsOf(later, &predicted)[2].predicted_frames == -1);
  predicted.revision = 5;
  CHECK(app::FactsOf(later, &predicted)[2].predicted_frames == 0);
}

TEST_CASE("videos are found by name, note and state, and put in order") {
  CHECK(Found({}) == "b A \u9f20 ");
  CHECK(Found({"dim", VideoFilter::kAll}) == "\u9f20 ");
  CHECK(Found({"a", VideoFilter::kAll}) == "A ");
  CHECK(Found({"\u9f20", VideoFilter::kAll}) == "\u9f20 ");
  CHECK(Found({"nobody", VideoFilter::kAll}) == "");
  CHECK(Found({"", VideoFilter::kUnlabeled}) == "A \u9f20 ");
  CHECK(Found({"", VideoFilter::kUnpredicted}) == "b \u9f20 ");
  CHECK(Found({"", VideoFilter::kToReview}) == "A ");
  CHECK(Found({"", VideoFilter::kFlagged}) == "A ");
  CHECK(Found({"", VideoFilter::kLost}) == "\u9f20 ");
  CHECK(Found({"", VideoFilter::kAll, VideoColumn::kName, true}) == "A b \u9f20 ");
  CHECK(Found({"", VideoFilter::kAll, VideoColumn::kLength, true}) == "\u9f20 A b ");
  CHECK(Found({"", VideoFilter::kAll, VideoColumn::kLabeled, false}) == "b A \u9f20 ");
  CHECK(Found({"", VideoFilter::kAll, VideoColumn::kPredicted, false}) == "A b \u9f20 ");
  CHECK(Found({"", VideoFilter::kAll, VideoColumn::kNote, true}) == "\u9f20 b A ");
}

TEST_CASE("noted places are walked through over all videos, around the end") {
  app::ProjectView view = View();
  datasets::BehaviorRow groom;
  groom.id = 4;
  groom.name = "groom";
  view.behaviors = {groom};
  datasets::BehaviorIntervalRow bout;
  bout.id = 9;
  bout.video_id = 1;
  bout.behavior_id = 4;
  bout.start_frame = 30;
  bout.end_frame = 40;
  bout.flagged = true;
  view.intervals[1] = {bout};
  const auto places = app::NotedPlaces(view);
  REQUIRE(places.size() == 3);
  CHECK(places[0].what == "groom, frames 30 to 39");
  CHECK(places[2].what == "the video");
  const auto next = [&](datasets::Id video, int frame, int direction) {
    const auto* place = app::NextFlagged(places, video, frame, std::nullopt, direction);
    REQUIRE(place);
    return std::pair(place->video_id, place->frame);
  };
  CHECK(next(1, 0, 1) == std::pair<datasets::Id, int>(1, 30));
  CHECK(next(1, 30, 1) == std::pair<datasets::Id, int>(2, 5));
  CHECK(next(2, 5, 1) == std::pair<datasets::Id, int>(1, 30));
  CHECK(next(1, 30, -1) == std::pair<datasets::Id, int>(2, 5));
  CHECK(app::NextFlagged({}, 1, 0, std::nullopt, 1) == nullptr);
}

TEST_CASE("of several flagged places at one frame none is passed by") {
  app::ProjectView view = View();
  datasets::NoteRow whole = view.notes[1];
  whole.video_id = 1;
  whole.flagged = true;
  datasets::BehaviorIntervalRow bout;
  bout.id = 9;
  bout.video_id = 1;
  bout.end_frame = 4;
  bout.flagged = true;
  datasets::BehaviorIntervalRow second = bout;
  second.id = 10;
  view.notes = {whole, view.notes[0]};
  view.intervals[1] = {bout, second};
  const auto places = app::NotedPlaces(view);
  REQUIRE(places.size() == 4);
  for (const int direction : {1, -1}) {
    std::set<std::pair<datasets::Id, std::string>> seen;
    std::optional<app::FlaggedPlace> last;
    std::pair<datasets::Id, int> here(2, 5);
    for (int i = 0; i < 4; ++i) {
      const auto* place = app::NextFlagged(places, here.first, here.second, last, direction);
      REQUIRE(place);
      last = *place;
      here = {place->video_id, place->frame};
      seen.insert({place->interval_id, place->what});
    }
    CHECK(seen.size() == 4);
  }
  // Somewhere else in the meantime: from there on.
  const auto* next = app::NextFlagged(places, 1, 3, places[0], 1);
  REQUIRE(next);
  CHECK(next->video_id == 2);
}

TEST_CASE("videos are put in order by the part of them that is predicted, as the table says it") {
  app::ProjectView view = View();
  view.predict_job = {{1, 6}, {2, 7}};
  const app::PredictedFrames predicted = {{{{6, 1}, 60}, {{7, 2}, 50}}, 0};  // 20 %, 25 %
  const auto found = app::FindVideos(view, app::FactsOf(view, &predicted),
                                     {"", VideoFilter::kAll, VideoColumn::kPredicted, true});
  CHECK(found == std::vector<size_t>{2, 0, 1});
}

TEST_CASE("predicted frames of each video are counted aside, and pictures made of those in sight") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const datasets::Id clip = project->Videos()[0].id;
  datasets::Id job = 0;
  project->Write([&](datasets::Writer& writer) {
    const datasets::Id ann = writer.FindOrInsertCategory("ann");
    job = writer.InsertJob(tests::PredictJob());
    for (int frame = 0; frame < 30; ++frame) {
      writer.InsertPrediction(tests::Prediction(job, clip, frame, ann));
      writer.InsertPrediction(tests::Prediction(job, clip, frame, ann));
    }
  });
  app::OverviewFeed feed(
      project->file(), [] {}, [](const std::string&) {});
  feed.WantCounts(1);
  feed.WantPictures({clip, 99});
  REQUIRE(tests::Eventually([&] { return feed.counts() && feed.PictureOf(99); }));
  CHECK(feed.counts()->counts.at({job, clip}) == 30);
  CHECK(feed.counts()->revision == 1);
  CHECK(feed.PictureOf(clip)->empty());  // its file is not there
  CHECK_FALSE(feed.PictureOf(98));
}

namespace {

// Counts how often connections that are made while it lives are asked for jobs and corrections.
std::atomic<int> asked{0};
int CountAsked(unsigned, void*, void*, void* text) {
  const std::string sql = static_cast<const char*>(text);
  const bool counts = sql.find("prediction_corrections") != std::string::npos ||
                      sql.find("FROM jobs") != std::string::npos;
  if (counts) ++asked;
  return 0;
}
int CountOf(sqlite3* connection, const char**, const void*) {
  return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, CountAsked, nullptr);
}
struct AskedCount {
  AskedCount() { sqlite3_auto_extension(Entry()); }
  ~AskedCount() { sqlite3_cancel_auto_extension(Entry()); }
  static void (*Entry())() { return reinterpret_cast<void (*)()>(CountOf); }
};

}  // namespace

TEST_CASE("animals without a name are counted again without a question for each video") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  constexpr int kVideos = 60;
  for (int v = 0; v < kVideos; ++v) {
    tests::AddVideoRow(*project, "video" + std::to_string(v), 100, 64, 48);
  }
  const datasets::Id first = project->Videos()[0].id;
  datasets::Id job = 0;
  const auto predict = [&](datasets::Id video) {
    project->Write([&](datasets::Writer& writer) {
      const datasets::Id unknown = datasets::FindOrInsertUnknown(writer);
      if (job == 0) job = writer.InsertJob(tests::PredictJob());
      writer.InsertPrediction(tests::Prediction(job, video, 0, unknown));
      writer.InsertPrediction(tests::Prediction(job, video, 1, unknown));
    });
  };
  for (const datasets::VideoRow& video : project->Videos()) predict(video.id);
  const AskedCount count;
  app::OverviewFeed feed(
      project->file(), [] {}, [](const std::string&) {});
  const auto counted = [&](int64_t revision) {
    feed.WantCounts(revision);
    return tests::Eventually([&] { return feed.counts() && feed.counts()->revision == revision; });
  };
  REQUIRE(counted(1));
  CHECK(feed.counts()->unknown.size() == kVideos + 1);
  project->Write([&](datasets::Writer& writer) {
    datasets::PredictionCorrectionRow reject;
    reject.job_id = job;
    reject.video_id = first;
    reject.end_frame = 1;
    reject.kind = datasets::PredictionCorrectionRow::Kind::kReject;
    reject.category_id = datasets::UnknownOf(project->Categories());
    writer.InsertPredictionCorrection(reject);
  });
  asked = 0;
  REQUIRE(counted(2));
  const auto facts = feed.counts();
  CHECK(facts->unknown.at({job, first}).unknown == 1);  // the correction was seen
  CHECK(asked > 0);
  CHECK(asked < 10);
}

TEST_CASE("a picture that could not be made is made when the file has come back") {
  tests::TempDir folder;
  auto project = datasets::Project::Create(folder / "a.vole");
  const std::string file = folder / "clip.mp4";
  datasets::VideoWriter film(file, 64, 48, 25);
  for (int i = 0; i < 12; ++i) film.Write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(20 * i)));
  film.Close();
  datasets::Job job;
  const datasets::Id clip = project->AddVideo(file, job).id;
  project->Write([&](datasets::Writer& writer) {
    writer.connection().Run(
        "UPDATE video_data SET background = NULL");  // the first picture is shown
  });
  std::filesystem::rename(file, folder / "away.mp4");
  app::OverviewFeed feed(
      project->file(), [] {}, [](const std::string&) {}, std::chrono::milliseconds(50));
  const auto shows = [&](bool any) {
    return tests::Eventually([&] {
      feed.WantPictures({clip});  // as each drawing of the table does
      const auto picture = feed.PictureOf(clip);
      return picture && picture->empty() != any;
    });
  };
  CHECK(shows(false));
  std::filesystem::rename(folder / "away.mp4", file);
  CHECK(shows(true));
}

TEST_CASE("a thousand videos are counted and put in order within a redraw's time") {
  app::ProjectView view;
  for (datasets::Id id = 1; id <= 1000; ++id) {
    datasets::VideoRow video;
    video.id = id;
    video.name = "video " + std::to_string((id * 7919) % 1000);
    view.videos.push_back(video);
  }
  const auto started = std::chrono::steady_clock::now();
  const auto facts = app::FactsOf(view, nullptr);
  CHECK(app::FindVideos(view, facts, {"", VideoFilter::kAll, VideoColumn::kName}).size() == 1000);
  const auto took = std::chrono::steady_clock::now() - started;
  CHECK(took < std::chrono::milliseconds(200));  // 2 ms on two cores; a slow machine may need more
}

}  // namespace video_table_test
