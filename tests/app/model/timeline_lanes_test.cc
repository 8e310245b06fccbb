#include "app/model/timeline/timeline_lanes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "datasets/score_writer.h"
#include "datasets/store/notes/note_store.h"
#include "datasets/store/score_series.h"
#include "datasets/store/writer.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace timeline_lanes_test {

using app::FoldSpans;
using app::MinPyramid;
using app::TimelineSpan;

std::vector<TimelineSpan> Ordered(std::vector<TimelineSpan> spans) {
  app::OrderSpans(&spans);
  return spans;
}

TimelineSpan Span(int start, int end, datasets::Id id, bool machine = false) {
  TimelineSpan span;
  span.start_frame = start;
  span.end_frame = end;
  span.id = id;
  span.machine = machine;
  return span;
}

TEST_CASE("a long bout shows behind short ones that end within it, wherever the view begins") {
  const auto spans = Ordered({Span(10, 20, 2, true), Span(0, 1000, 1), Span(2000, 2010, 3)});
  for (const int frame : {0, 5, 15, 30, 999}) {
    CAPTURE(frame);
    const size_t first = app::FirstSpanAfter(spans, frame);
    REQUIRE(first < spans.size());
    CHECK(spans[first].id == 1);
    CHECK(FoldSpans(spans, frame, 1, 1)[0].span != nullptr);
  }
  CHECK(spans[app::FirstSpanAfter(spans, 1000)].id == 3);
  CHECK(app::FirstSpanAfter(spans, 2010) == 3);
  CHECK(FoldSpans(spans, 1500, 1, 1)[0].span == nullptr);
}

TEST_CASE("the mouse takes hold of the span on top, and of a predicted one where it is drawn") {
  const auto spans = Ordered({Span(0, 100, 1), Span(10, 20, 2, true), Span(50, 60, 3)});
  const auto at = [&](double frame, bool lower, double slack = 0) {
    const TimelineSpan* span = app::SpanAt(spans, frame, slack, lower);
    return span ? span->id : 0;
  };
  CHECK(at(15, true) == 2);
  CHECK(at(15, false) == 1);
  CHECK(at(25, true) == 1);
  CHECK(at(55, false) == 3);
  CHECK(at(61, false, 3) == 1);  // within the long one, beside the short one
  CHECK(at(102, false, 3) == 1);
  CHECK(at(104, false, 3) == 0);
  const auto alone = Ordered({Span(10, 20, 2, true)});
  CHECK(app::SpanAt(alone, 15, 0, false)->id == 2);
  CHECK(app::SpanAt(alone, 22, 3, false)->id == 2);
}

TEST_CASE("the least confidence of any span equals a plain search") {
  std::vector<uint8_t> values(1000);
  uint32_t random = 7;
  for (uint8_t& value : values) {
    random = random * 1664525u + 1013904223u;
    value = static_cast<uint8_t>(random >> 24);
  }
  const MinPyramid pyramid(values);
  for (int start = -3; start < 1000; start += 37) {
    for (int end = start; end < 1010; end += 53) {
      uint8_t least = MinPyramid::kNothing;
      for (int i = std::max(start, 0); i < std::min(end, 1000); ++i) {
        least = std::min(least, values[static_cast<size_t>(i)]);
      }
      REQUIRE(pyramid.Least(start, end) == least);
    }
  }
}

TEST_CASE("a folded curve is the least value of each pixel, for every view") {
  std::vector<uint8_t> values;
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<uint8_t>(i * 37 % 255));
  const MinPyramid curve(values);
  const auto holds = [&](double from, double frames, int pixels) {
    const std::vector<uint8_t> folded = app::FoldCurve(curve, from, frames, pixels);
    REQUIRE(folded.size() == static_cast<size_t>(pixels));
    for (int x = 0; x < pixels; ++x) {
      const int start = static_cast<int>(std::floor(from + x * (frames / pixels)));
      const int end = static_cast<int>(std::floor(from + x * (frames / pixels) + frames / pixels));
      CHECK(folded[static_cast<size_t>(x)] == curve.Least(start, std::max(start + 1, end)));
    }
  };
  holds(0, 1000, 50);
  holds(100.5, 30.25, 50);  // closer than a frame a pixel
  holds(-20, 1100, 70);
  CHECK(app::FoldCurve(curve, 0, 10, 0).empty());
}

TEST_CASE("a one-frame mark in a million frames still shows in its pixel") {
  TimelineSpan mark;
  mark.start_frame = 500000;
  mark.end_frame = 500001;
  const auto cover = FoldSpans(Ordered({mark}), 0, 1000000, 1000);
  REQUIRE(cover.size() == 1000);
  CHECK(cover[500].part > 0);
  CHECK(cover[500].span != nullptr);
  CHECK(std::count_if(cover.begin(), cover.end(), [](const auto& p) { return p.part > 0; }) == 1);
}

TEST_CASE("a zoomed-in span covers exactly its pixels, with parts at the edges") {
  TimelineSpan span;
  span.start_frame = 10;
  span.end_frame = 15;
  const auto cover =
      FoldSpans(Ordered({span}), 8.5, 10, 100);  // 10 pixels a frame; starts at pixel 15
  CHECK(cover[14].part == 0);
  CHECK(cover[15].part == doctest::Approx(1));
  CHECK(cover[64].part == doctest::Approx(1));
  CHECK(cover[65].part == 0);
  CHECK(FoldSpans(Ordered({span}), 0, 10, 0).empty());
}

TEST_CASE("the timeline of a project has its marks, confidences and behavior rows") {
  const tests::TempDir folder;
  auto project = datasets::Project::Create(folder / "p.vole");
  datasets::Id video = 0, job = 0, animal = 0;
  project->Write([&](datasets::Writer& writer) {
    datasets::VideoRow row;
    row.name = "v";
    row.path = "v.mp4";
    row.fingerprint = "f";
    row.width = row.height = 64;
    row.frame_count = 5;
    row.fps = 25;
    datasets::VideoIndex index;
    index.width = index.height = 64;
    index.fps = 25;
    index.fingerprint = "f";
    for (int i = 0; i < 5; ++i) index.pts.push_back(i);
    index.key_frames = {0};
    video = writer.InsertVideo(row, index, {});
    animal = writer.FindOrInsertCategory("vole_1");
    writer.SetImageState(writer.FindOrInsertImage(video, 2, 64, 64), datasets::ImageState::kDone);
    datasets::JobRow job_row;
    job_row.kind = "predict";
    job_row.options_json = "{}";
    job_row.state = "done";
    job = writer.InsertJob(job_row);
    for (int frame : {0, 1, 3}) {
      datasets::PredictionRow prediction;
      prediction.job_id = job;
      prediction.video_id = video;
      prediction.frame_index = frame;
      prediction.category_id = animal;
      prediction.confidence = frame == 1 ? 0.25 : 1.0;
      prediction.rle = datasets::Rle{64, 64, {64 * 64}};
      writer.InsertPrediction(prediction);
    }
    datasets::BehaviorRow groom;
    groom.name = "groom";
    datasets::BehaviorIntervalRow interval;
    interval.video_id = video;
    interval.subject = "vole_1";
    interval.behavior_id = writer.FindOrInsertBehavior(groom);
    interval.start_frame = 1;
    interval.end_frame = 4;
    writer.InsertBehaviorInterval(interval);
  });
  const auto content = app::LoadTimeline(*project, video, 1);
  using Kind = app::TimelineLane::Kind;
  const auto lane = [&](Kind kind) -> const app::TimelineLane& {
    const auto it = std::find_if(content->lanes.begin(), content->lanes.end(),
                                 [kind](const app::TimelineLane& l) { return l.kind == kind; });
    REQUIRE(it != content->lanes.end());
    return *it;
  };
  CHECK(lane(Kind::kFrameMarks).spans.at(0).start_frame == 2);
  CHECK(lane(Kind::kConfidence).confidence->at(1) == 64);
  CHECK(lane(Kind::kConfidence).confidence->at(2) == MinPyramid::kNothing);
  CHECK(lane(Kind::kBehavior).spans.at(0).end_frame == 4);
  CHECK(lane(Kind::kBehavior).title == "vole_1: groom");
}

TEST_CASE(
    "a prediction that still runs shows where it has found animals, and at its end how sure it "
    "is") {
  const tests::TempDir folder;
  auto project = datasets::Project::Create(folder / "p.vole");
  datasets::Id video = 0, job = 0;
  project->Write([&](datasets::Writer& writer) {
    video = tests::InsertVideo(writer, "v", 6);
    job = writer.InsertJob(tests::PredictJob());
    const datasets::Id animal = writer.FindOrInsertCategory("vole_1");
    for (int frame : {0, 1, 3}) {
      writer.InsertPrediction(tests::Prediction(job, video, frame, animal));
    }
  });
  const auto lane = [&] {
    const auto content = app::LoadTimeline(*project, video, 1);
    for (const app::TimelineLane& one : content->lanes) {
      if (one.kind == app::TimelineLane::Kind::kConfidence) return one;
    }
    FAIL("no row");
    return app::TimelineLane();
  };
  const app::TimelineLane running = lane();
  CHECK(running.title == "vole_1: found so far");
  REQUIRE(running.spans.size() == 2);
  CHECK(running.spans[0].start_frame == 0);
  CHECK(running.spans[0].end_frame == 2);
  CHECK(running.spans[1].start_frame == 3);
  project->Write([&](datasets::Writer& writer) { writer.FinishJob(job, "done"); });
  const app::TimelineLane done = lane();
  CHECK(done.confidence);
  CHECK(done.spans.empty());
}

TEST_CASE("probabilities of behaviors are curves of their rows, read once when their job is done") {
  const tests::TempDir folder;
  auto project = datasets::Project::Create(folder / "p.vole");
  datasets::Id video = 0, job = 0, walk = 0;
  project->Write([&](datasets::Writer& writer) {
    video = tests::InsertVideo(writer, "v", 3000);
    datasets::BehaviorRow behavior;
    behavior.name = "walk";
    walk = writer.FindOrInsertBehavior(behavior);
    datasets::JobRow row;
    row.kind = "behavior";
    row.state = "running";
    job = writer.InsertJob(row);
  });
  datasets::BehaviorScoreWriter scores(*project, job, video, "vole_1", {walk});
  for (int frame = 0; frame < 2000; ++frame) scores.Add({frame == 700 ? 1.0f : 0.5f});
  scores.Finish();
  project->Write([&](datasets::Writer& writer) {
    datasets::BehaviorPredictionRow bout;
    bout.job_id = job;
    bout.video_id = video;
    bout.subject = "vole_1";
    bout.behavior_id = walk;
    bout.start_frame = 690;
    bout.end_frame = 710;
    writer.InsertBehaviorPrediction(bout);
    datasets::ReviewItemRow item;
    item.job_id = job;
    item.video_id = video;
    item.start_frame = 690;
    item.end_frame = 710;
    item.behavior_id = walk;
    item.subject = "vole_1";
    writer.InsertReviewItem(item);
  });
  const auto row = [](const app::TimelineContent& content) -> const app::TimelineLane& {
    const auto found =
        std::find_if(content.lanes.begin(), content.lanes.end(), [](const app::TimelineLane& one) {
          return one.kind == app::TimelineLane::Kind::kBehavior && one.subject == "vole_1";
        });
    REQUIRE(found != content.lanes.end());
    return *found;
  };
  const auto running = app::LoadTimeline(*project, video, 1);
  CHECK(running->behavior_job == job);
  CHECK_FALSE(running->scores_are_final);
  const app::TimelineLane& lane = row(*running);
  REQUIRE(lane.scores);
  CHECK(lane.scores->Peak(0, 3000) == 254);
  CHECK(lane.scores->Peak(701, 1999) == 127);
  CHECK(lane.scores->Peak(700, 701) == 254);
  CHECK(lane.scores->Peak(2000, 3000) == MinPyramid::kNothing);
  REQUIRE(lane.spans.size() == 1);
  CHECK(lane.spans[0].machine);
  const bool queued =
      std::any_of(running->lanes.begin(), running->lanes.end(), [](const app::TimelineLane& one) {
        return one.kind == app::TimelineLane::Kind::kQueue && one.spans.size() == 1;
      });
  CHECK(queued);
  project->Write([&](datasets::Writer& writer) { writer.FinishJob(job, "done"); });
  const auto again = app::LoadTimeline(*project, video, 2, nullptr, running.get());
  CHECK(row(*again).scores != lane.scores);  // it was still being written
  CHECK(again->scores_are_final);
  const auto later = app::LoadTimeline(*project, video, 3, nullptr, again.get());
  CHECK(row(*later).scores == row(*again).scores);
}

TEST_CASE("a curve of bins of several frames finds the highest of the bins that a span meets") {
  const app::ScoreCurve curve({10, 200, MinPyramid::kNothing, 30}, 10);
  CHECK(curve.Peak(0, 10) == 10);
  CHECK(curve.Peak(5, 11) == 200);
  CHECK(curve.Peak(20, 30) == MinPyramid::kNothing);
  CHECK(curve.Peak(20, 35) == 30);
  CHECK(curve.Peak(-5, 1000) == 200);
}

TEST_CASE("the timeline knows what people flagged, and when each frame is shown") {
  tests::TempDir folder;
  auto project = datasets::Project::Create(folder / "a.vole");
  datasets::Id video = 0;
  project->Write([&](datasets::Writer& writer) {
    video = tests::InsertVideo(writer, "clip", 100);
    datasets::BehaviorRow behavior;
    behavior.name = "groom";
    datasets::BehaviorIntervalRow bout;
    bout.video_id = video;
    bout.behavior_id = writer.FindOrInsertBehavior(behavior);
    for (const bool flagged : {false, true}) {
      bout.start_frame = flagged ? 50 : 10;
      bout.end_frame = bout.start_frame + 5;
      bout.flagged = flagged;
      writer.InsertBehaviorInterval(bout);
    }
    for (const int frame : {40, 7, 30}) {
      datasets::NoteRow note;
      note.video_id = video;
      note.frame_index = frame;
      note.note = "x";
      note.flagged = frame != 30;
      datasets::InsertNote(writer.connection(), note);
    }
  });
  const auto content = app::LoadTimeline(*project, video, 1);
  CHECK(content->flagged_frames == std::vector<int>{7, 40});
  REQUIRE(content->lanes.back().spans.size() == 2);
  CHECK_FALSE(content->lanes.back().spans[0].flagged);
  CHECK(content->lanes.back().spans[1].flagged);
  const datasets::FrameTimes times(project->IndexOf(project->VideoById(video)));
  CHECK(content->times.Start(99) == times.Start(99));
}

}  // namespace timeline_lanes_test
