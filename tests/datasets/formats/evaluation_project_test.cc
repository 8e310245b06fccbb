// Animals without names of their own, in a project: which of them are whose, and what is wrong.
#include <doctest/doctest.h>

#include "datasets/evaluate/evaluation_files.h"
#include "tests/support/coco_sample.h"

namespace evaluation_project_test {

using namespace tests;  // the vocabulary of these tests
using datasets::CompareProject;
using datasets::EvaluateProject;
using datasets::EvaluationOptions;
using datasets::Id;
using datasets::Job;
using datasets::Ring;
using datasets::Writer;

namespace {

EvaluationOptions With(const std::string& metrics) {
  EvaluationOptions options;
  options.metrics = metrics;
  return options;
}

Ring Corners(double x, double y, double side) {
  return {{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}};
}

// Two mice that no name tells apart: 10 pixels wide, at x = 4 and x = 40, on frames 0 to 3.
struct Mice {
  TempDir folder;
  std::unique_ptr<datasets::Project> project = LabelProject(folder.path());
  Job job;
  Id job_id = 0;
  json truth = {{"videos", {{{"id", 1}, {"file_name", "clip.mp4"}}}},
                {"categories", {{{"id", 10}, {"name", "mouse"}}}}};

  Mice() {
    project->Write([&](Writer& writer) {
      datasets::JobRow row;
      row.kind = "predict";
      row.state = "done";
      job_id = writer.InsertJob(row);
    });
  }
  // `track` < 0: none.
  void Owe(int video, int frame, double x, int track) {
    json& images = truth["images"];
    const int id = 1000 * video + frame;
    if (std::none_of(images.begin(), images.end(), [&](const json& i) { return i["id"] == id; })) {
      images.push_back(
          {{"id", id}, {"video_id", video}, {"frame_index", frame}, {"width", 64}, {"height", 48}});
    }
    json label = {{"id", static_cast<int>(truth["annotations"].size()) + 1},
                  {"image_id", id},
                  {"category_id", 10},
                  {"segmentation", Square(x, 10, 10)}};
    if (track >= 0) label["track_id"] = track;
    truth["annotations"].push_back(label);
  }
  void Predict(const std::string& video, int frame, const Ring& ring, int tracklet,
               double score = 0.9) {
    project->Write([&](Writer& writer) {
      datasets::PredictionRow row;
      row.job_id = job_id;
      row.video_id = project->VideoByName(video).id;
      row.frame_index = frame;
      row.category_id = writer.FindOrInsertCategory("mouse");
      row.tracklet = tracklet;
      row.score = row.confidence = score;
      row.polygons = {ring};
      row.rle = datasets::RlePolygons(row.polygons, 48, 64);
      row.box = datasets::RleBox(*row.rle);
      writer.InsertPrediction(row);
    });
  }
  std::filesystem::path Truth() const { return WriteText(folder, truth.dump(), "truth.json"); }
  std::vector<int> Wrong(const EvaluationOptions& options) {
    std::vector<int> frames;
    for (const auto& frame :
         WrongFrames(CompareProject(*project, Truth(), options, job), options, job)) {
      frames.push_back(frame.frame_index);
    }
    return frames;
  }
};

}  // namespace

TEST_CASE("animals of two videos are never one animal, however their tracks are numbered") {
  Mice mice;
  AddVideoRow(*mice.project, "second", 100, 64, 48);
  mice.truth["videos"].push_back({{"id", 2}, {"file_name", "second.mp4"}});
  for (int frame = 0; frame < 4; ++frame) {
    for (const int video : {1, 2}) {
      mice.Owe(video, frame, 4, 1);
      mice.Owe(video, frame, 40, 2);
    }
    mice.Predict("clip", frame, Corners(4, 10, 10), 1);
    mice.Predict("clip", frame, Corners(40, 10, 10), 2);
    mice.Predict("second", frame, Corners(40, 10, 10), 1);
    mice.Predict("second", frame, Corners(4, 10, 10), 2);
  }
  for (const char* metrics : {"coco-segm", "mot"}) {
    const json figures = EvaluateProject(*mice.project, mice.Truth(), With(metrics), mice.job);
    CHECK(figures["idf1"] == doctest::Approx(1));
    CHECK(figures["hota"] == doctest::Approx(1));
    CHECK(figures["idsw"] == 0);
    CHECK(figures["mota"] == doctest::Approx(1));
    CHECK_FALSE(figures.contains("identity_accuracy"));  // numbers are no names
  }
}

TEST_CASE("wrong frames of animals without names or tracks are those that miss or invent one") {
  for (const int track : {-1, 0}) {  // without and with numbers, which are other ones than ours
    Mice mice;
    for (int frame = 0; frame < 4; ++frame) {
      mice.Owe(1, frame, 4, track < 0 ? track : 7);
      mice.Owe(1, frame, 40, track < 0 ? track : 9);
      mice.Predict("clip", frame, Corners(5, 10, 10), 3);
      if (frame != 1) mice.Predict("clip", frame, Corners(40, 10, 10), 4);
      if (frame == 2) mice.Predict("clip", frame, Corners(20, 30, 10), 5, 0.4);
    }
    CHECK(mice.Wrong(With("coco-segm")) == std::vector<int>{1, 2});
    CHECK(mice.Wrong(With("coco-bbox")) == std::vector<int>{1, 2});
    EvaluationOptions sure = With("coco-segm");
    sure.min_score = 0.5;
    CHECK(mice.Wrong(sure) == std::vector<int>{1});
    EvaluationOptions strict = With("coco-segm");
    strict.threshold = 0.95;  // the first mouse is one pixel off
    CHECK(mice.Wrong(strict) == std::vector<int>{0, 1, 2, 3});
  }
}

TEST_CASE("wrong frames of region and border figures are judged by outlines, not by boxes") {
  Mice mice;
  mice.Owe(1, 0, 4, 1);
  mice.Owe(1, 1, 4, 1);
  mice.Predict("clip", 0, Corners(4, 10, 10), 1);
  // The same box, and hardly anything in it.
  mice.Predict("clip", 1, {{4, 10}, {14, 10}, {14, 11}, {5, 11}, {5, 20}, {4, 20}}, 1);
  CHECK(mice.Wrong(With("davis")) == std::vector<int>{1});
  CHECK(mice.Wrong(With("coco-bbox")).empty());
}

TEST_CASE("a crowd of the truth neither is missed nor makes what is found in it wrong") {
  Mice mice;
  mice.Owe(1, 0, 4, -1);
  mice.truth["annotations"][0]["iscrowd"] = 1;
  mice.Owe(1, 1, 4, -1);
  mice.truth["annotations"][1]["iscrowd"] = 1;
  mice.Predict("clip", 1, Corners(5, 11, 3), 1);
  mice.Predict("clip", 1, Corners(9, 15, 3), 2);
  CHECK(mice.Wrong(With("coco-segm")).empty());
  CHECK(mice.Wrong(With("coco-bbox")).empty());
}

TEST_CASE("wrong frames are refused where the figures are of no single frame") {
  Mice mice;
  mice.Owe(1, 0, 4, 1);
  mice.Predict("clip", 0, Corners(4, 10, 10), 1);
  for (const char* metrics : {"voc", "points"}) {
    CHECK(Says(ErrorOf([&] { mice.Wrong(With(metrics)); }), {"coco-bbox"}));
  }
}

TEST_CASE("labels are not compared with themselves") {
  Mice mice;
  for (const char* what : {"final", "labels"}) {
    EvaluationOptions options = With("points");
    options.what = what;
    CHECK(Says(ErrorOf([&] { CompareLabels(*mice.project, options, mice.job); }),
               {what, "with themselves", "--truth"}));
  }
}

}  // namespace evaluation_project_test
