#include "datasets/video/frame_times.h"

#include <doctest/doctest.h>

#include <random>

#include "datasets/behavior/budget.h"
#include "datasets/behavior/motion_tables.h"
#include "datasets/files/json_entries.h"
#include "datasets/formats/behaviors/behaviors.h"
#include "tests/support/coco_sample.h"

namespace frame_times_test {

using namespace tests;  // the vocabulary of these tests
using datasets::FrameTimes;
using datasets::Job;
using datasets::VideoIndex;

namespace {

// 30 frames at 10 frames/s, then 30 at 30 frames/s, in ticks of 1/300 s, as a phone may write.
VideoIndex Phone() {
  VideoIndex index;
  index.width = 64;
  index.height = 48;
  index.time_base_den = 300;
  for (int i = 0; i < 60; ++i) index.pts.push_back(i < 30 ? 30 * i : 900 + 10 * (i - 30));
  index.fps = 59 / (index.pts.back() / 300.0);
  index.key_frames = {0};
  index.fingerprint = "phone";
  return index;
}

std::unique_ptr<datasets::Project> PhoneProject(const TempDir& folder) {
  auto project = datasets::Project::Create(folder / "phone.vole");
  const VideoIndex index = Phone();
  datasets::VideoRow row;
  row.name = "phone";
  row.path = "phone.mp4";
  row.fingerprint = index.fingerprint;
  row.width = index.width;
  row.height = index.height;
  row.frame_count = index.frame_count();
  row.fps = index.fps;
  project->Write(
      [&](datasets::Writer& writer) { writer.InsertVideo(row, index, datasets::Background{}); });
  return project;
}

std::vector<std::pair<int, int>> Spans(const datasets::Project& project) {
  std::vector<std::pair<int, int>> spans;
  for (const auto& row : project.BehaviorIntervals(project.VideoByName("phone").id)) {
    spans.emplace_back(row.start_frame, row.end_frame);
  }
  return spans;
}

}  // namespace

TEST_CASE("evenly spaced stamps, rounded to their ticks, are times of frame / fps") {
  VideoIndex index;
  index.time_base_den = 1000;  // as Matroska rounds 30000/1001 frames/s
  for (int i = 0; i < 500; ++i) index.pts.push_back(17 + std::lround(i * 1001 / 30.0));
  index.fps = 30000.0 / 1001;
  const FrameTimes times(index);
  CHECK(times.even());
  CHECK(times.Start(450) == 450 / index.fps);
  CHECK(times.Between(3, 33) == 30 / index.fps);
  CHECK(times.Nearest(450 / index.fps) == 450);
  CHECK(FrameTimes(0).Start(5) == 5);
  CHECK(FrameTimes(10).Nearest(1e300) == INT32_MAX);
  CHECK(FrameTimes(10).Nearest(-3) == 0);
}

TEST_CASE("frames of a varying rate are shown at their own time stamps") {
  const FrameTimes times(Phone());
  CHECK(!times.even());
  CHECK(times.Start(0) == 0);
  CHECK(times.Start(30) == doctest::Approx(3));
  CHECK(times.Start(45) == doctest::Approx(3.5));
  CHECK(times.Start(60) == doctest::Approx(4));  // the last is shown as long as the one before
  CHECK(times.Between(29, 31) == doctest::Approx(0.1 + 1 / 30.0));
  CHECK(times.Nearest(3.0) == 30);
  CHECK(times.Nearest(3.5) == 45);
  CHECK(times.Nearest(0.04) == 0);
  CHECK(times.Nearest(0.06) == 1);
  CHECK(times.Nearest(1e9) > 60);
}

TEST_CASE("every frame of any video comes back from its time as tables write it") {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    VideoIndex index;
    index.time_base_den = 1000;
    int64_t stamp = static_cast<int64_t>(random() % 100) - 50;
    for (int i = 0; i < 300; ++i) index.pts.push_back(stamp += 1 + random() % (1 + 5 * round));
    index.fps = 30;
    const FrameTimes times(index);
    for (int frame = 0; frame <= 300; ++frame) {
      CHECK(times.Nearest(std::round(times.Start(frame) * 1e4) / 1e4) == frame);
    }
  }
}

TEST_CASE("seconds of tables are those of the video's own frames, in and out") {
  const std::map<std::string, std::string> files = {
      {"behaviors", "video,subject,behavior,start_s,stop_s\nphone.mp4,Ada,groom,3.0,3.5\n"},
      {"boris",
       "Observation id,Media file name,Total length,FPS,Subject,Behavior,Behavior type,Start (s),"
       "Stop (s)\no1,phone.mp4,4.0,14.9,Ada,groom,STATE,3.0,3.5\n"}};
  for (const auto& [format, text] : files) {
    const auto& shown = format;
    CAPTURE(shown);
    TempDir folder;
    auto project = PhoneProject(folder);
    Job job;
    Import(*project, format, WriteText(folder, text, "in.csv"), {}, job);
    CHECK(Spans(*project) == std::vector<std::pair<int, int>>{{30, 45}});
    for (const std::string out : {"b.csv", "o.csv", "o.boris"}) {
      CAPTURE(out);
      TempDir second;
      auto copy = PhoneProject(second);
      const std::string to = out == "b.csv" ? "behaviors" : "boris";
      Export(*project, to, folder / out, {}, job);
      Import(*copy, to, folder / out, {}, job);
      CHECK(Spans(*copy) == Spans(*project));
    }
    CHECK(datasets::ReadTextFile(folder / "b.csv", "b").find(",30,44,3,3.5,") != std::string::npos);
    datasets::ImportOptions asked;  // a rate that was asked for stands for itself
    asked.fps = 10;
    TempDir third;
    auto other = PhoneProject(third);
    Import(*other, format, WriteText(folder, text, "in.csv"), asked, job);
    CHECK(Spans(*other) == std::vector<std::pair<int, int>>{{30, 35}});
  }
}

TEST_CASE("tracks, COCO files and reports tell the time of a frame by its stamp") {
  TempDir folder;
  auto project = PhoneProject(folder);
  Job job;
  const json labels = {
      {"images", {{{"id", 1}, {"file_name", "phone_000030.png"}, {"width", 64}, {"height", 48}}}},
      {"categories", {{{"id", 1}, {"name", "Ada"}}}},
      {"annotations",
       {{{"id", 1}, {"image_id", 1}, {"category_id", 1}, {"segmentation", Square(4, 4, 10)}}}}};
  Import(*project, "coco", WriteText(folder, labels.dump()), {}, job);
  Export(*project, "tracks", folder / "t.csv", {}, job);
  CHECK(datasets::ReadTextFile(folder / "t.csv", "t").find("phone.mp4,30,3,Ada") !=
        std::string::npos);
  Export(*project, "coco", folder / "c.json", {}, job);
  CHECK(datasets::ReadJsonFile(folder / "c.json", "c")["images"][0]["time_s"] ==
        doctest::Approx(3));

  Import(*project, "behaviors",
         WriteText(folder, "subject,behavior,start_frame,stop_frame\na,dig,20,39\na,dig,42,59\n",
                   "b.csv"),
         {}, job);
  datasets::BehaviorScores scores =
      datasets::ScoresFromProject(*project, datasets::ScoreSource::kLabels);
  datasets::BudgetOptions bins;
  bins.bin_s = 2.5;
  const auto rows = datasets::TimeBudget(scores, bins);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].end_frame == 25);
  CHECK(rows[0].seconds == doctest::Approx(0.5));
  CHECK(*rows[0].latency_s == doctest::Approx(2));
  CHECK(rows[1].start_s == doctest::Approx(2.5));
  CHECK(rows[1].seconds == doctest::Approx(0.5 + 10 / 30.0 + 18 / 30.0));
  datasets::MergeShortGaps(scores, 0.11, 0);  // 2 frames of 1/30 s lie between the bouts
  CHECK(scores.series.at(0).bouts.size() == 1);

  datasets::MotionMeter meter("phone", {"Ada"}, {}, FrameTimes(Phone()), 0, 60, {});
  const auto mask = [](int x) {
    return datasets::RlePolygons({{{x * 1.0, 4}, {x + 10.0, 4}, {x + 10.0, 14}, {x * 1.0, 14}}}, 48,
                                 64);
  };
  meter.Add(30, {{0, mask(4)}});
  const auto moved = meter.Add(31, {{0, mask(14)}});
  CHECK(*moved.at(0).speed_px_s == doctest::Approx(300));  // 10 pixels in 1/30 s
  CHECK(datasets::MotionCsvLine("phone", {"Ada"}, {}, FrameTimes(Phone()), moved[0])
            .find("phone,31,3.0333,Ada") == 0);
}

}  // namespace frame_times_test
