#include "datasets/evaluate/evaluation_files.h"

#include <doctest/doctest.h>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/files/json_entries.h"
#include "datasets/metrics/davis.h"
#include "tests/support/coco_sample.h"
#include "tests/support/shared_data.h"

namespace evaluation_files_test {

using namespace tests;  // the vocabulary of these tests
using datasets::EvaluateFiles;
using datasets::EvaluateProject;
using datasets::EvaluationOptions;
using datasets::Job;

namespace {

EvaluationOptions With(const std::string& metrics) {
  EvaluationOptions options;
  options.metrics = metrics;
  return options;
}

void CheckFigures(const json& figures, const json& expected,
                  const std::vector<std::pair<const char*, const char*>>& keys) {
  for (const auto& [ours, theirs] : keys) {
    const std::string name = ours;
    CAPTURE(name);
    REQUIRE(figures.contains(ours));
    CHECK(figures[ours].get<double>() ==
          doctest::Approx(expected[theirs].get<double>()).epsilon(1e-9));
  }
}

// Perfect predictions of Dataset() as a results list.
json Results() {
  json results = json::array();
  const json dataset = Dataset();
  for (json label : dataset["annotations"]) {
    label.erase("id");
    label["score"] = 0.9;
    results.push_back(label);
  }
  return results;
}

}  // namespace

TEST_CASE("the published figures of the example predictions come out of the files") {
  const auto data = SharedData("predictions_example");
  const auto truth_data = SharedData("flies_pair");
  if (!data || !truth_data) return;
  const auto truth = *truth_data / "instances_every_frame.json";
  const json expected = datasets::ReadJsonFile(*data / "expected.json", "expected");
  Job job;
  const std::vector<std::pair<const char*, const char*>> detection = {
      {"ap", "AP"},    {"ap50", "AP50"},  {"ap75", "AP75"},
      {"ar1", "AR_1"}, {"ar10", "AR_10"}, {"ar100", "AR_100"}};
  const auto predictions = *data / "predictions.json";
  CheckFigures(EvaluateFiles(truth, predictions, With("coco-segm"), job), expected["segm"],
               detection);
  CheckFigures(EvaluateFiles(truth, predictions, With("coco-bbox"), job), expected["bbox"],
               detection);
  EvaluationOptions agnostic = With("coco-segm");
  agnostic.class_agnostic = true;
  CheckFigures(EvaluateFiles(truth, predictions, agnostic, job), expected["segm_class_agnostic"],
               detection);
  const std::vector<std::pair<const char*, const char*>> tracking = {
      {"mota", "MOTA"}, {"motp", "MOTP"}, {"idf1", "IDF1"}, {"hota", "HOTA"}, {"deta", "DetA"},
      {"assa", "AssA"}, {"idsw", "IDSW"}, {"fp", "CLR_FP"}, {"fn", "CLR_FN"}};
  const json& tracks = expected["tracking_on_boxes"]["trackeval"];
  CheckFigures(EvaluateFiles(*data / "gt.txt", *data / "predictions.txt", With("mot"), job), tracks,
               tracking);
  CheckFigures(EvaluateFiles(truth, predictions, With("mot"), job), tracks, tracking);
}

TEST_CASE("perfect results score one, missing ones count against it") {
  TempDir folder;
  const auto truth = WriteText(folder, Dataset().dump(), "truth.json");
  const auto perfect = WriteText(folder, Results().dump(), "perfect.json");
  json two = Results();
  two.erase(2);
  const auto missing = WriteText(folder, two.dump(), "missing.json");
  Job job;
  for (const std::string metrics : {"coco-segm", "coco-bbox"}) {
    const json figures = EvaluateFiles(truth, perfect, With(metrics), job);
    CHECK(figures["ap"] == doctest::Approx(1));
    CHECK(figures["mota"] == doctest::Approx(1));
    CHECK(figures["identity_accuracy"] == doctest::Approx(1));
    CHECK(figures["frames"] == 2);
    CHECK(EvaluateFiles(truth, missing, With(metrics), job)["mota"] == doctest::Approx(2.0 / 3));
  }
  const json voc = EvaluateFiles(truth, perfect, With("voc"), job);
  CHECK(voc["map_strict"] == doctest::Approx(1));
  CHECK(voc["f1"] == doctest::Approx(1));
  CHECK(voc["darknet_avg_iou"] == doctest::Approx(1));
  CHECK_FALSE(voc.contains("mean_iou"));  // which is the overlap of the animals found alone
  EvaluationOptions late = With("coco-segm");
  late.start_frame = 5;
  CHECK(EvaluateFiles(truth, perfect, late, job)["frames"] == 1);
}

TEST_CASE("a dataset of predictions is matched by frame and by name, not by number") {
  json predictions = Dataset();
  predictions["categories"] = {{{"id", 1}, {"name", "bob"}}, {{"id", 2}, {"name", "ann"}}};
  predictions["images"][0]["id"] = 50;
  predictions["images"][1]["id"] = 40;
  predictions["images"].push_back({{"id", 60}, {"video_id", 1}, {"frame_index", 50}});
  for (json& label : predictions["annotations"]) {
    label["image_id"] = label["image_id"] == 1 ? 50 : 40;
    label["category_id"] = label["category_id"] == 10 ? 2 : 1;
    label["score"] = 0.8;
  }
  predictions["annotations"].push_back({{"id", 9},
                                        {"image_id", 60},
                                        {"category_id", 1},
                                        {"bbox", {1, 1, 5, 5}}});  // on a frame without truth
  TempDir folder;
  Job job;
  const json figures =
      EvaluateFiles(WriteText(folder, Dataset().dump(), "truth.json"),
                    WriteText(folder, predictions.dump(), "p.json"), With("coco-segm"), job);
  CHECK(figures["ap"] == doctest::Approx(1));
  CHECK(figures["identity_accuracy"] == doctest::Approx(1));
  CHECK(figures["fp"] == 0);
}

TEST_CASE("evaluation refuses what it cannot compare") {
  TempDir folder;
  Job job;
  const auto truth = WriteText(folder, Dataset().dump(), "truth.json");
  json strange = Results();
  strange[0]["image_id"] = 77;
  const auto bad = WriteText(folder, strange.dump(), "bad.json");
  CHECK(Says(ErrorOf([&] { EvaluateFiles(truth, bad, With("coco-segm"), job); }),
             {"bad.json", "result 1", "image_id 77"}));
  CHECK(Says(ErrorOf([&] { EvaluateFiles(truth, truth, With("koko"), job); }), {"koko", "mot"}));
  CHECK(
      Says(ErrorOf([&] { EvaluateFiles(bad, bad, With("coco-segm"), job); }), {"list of results"}));
  CHECK(Says(ErrorOf([&] { EvaluateFiles(truth, folder / "none.json", With("mot"), job); }),
             {"none.json"}));
  WriteText(folder, "1,1,5,5\n", "short.txt");
  CHECK(Says(
      ErrorOf([&] { EvaluateFiles(folder / "short.txt", folder / "short.txt", With("mot"), job); }),
      {"short.txt', line 1", "4 fields"}));
}

TEST_CASE("behavior tables are compared frame by frame") {
  // Truth:  frames 0-3 walk, 4-5 none, 6-9 rest. Predicted: 0-2 walk, 3-5 none, 6-7 rest, 8-9 walk.
  // 7 of 10 agree. walk: tp 3 fp 2 fn 1, F1 6/9; rest: tp 2 fp 0 fn 2, F1 4/6;
  // none: tp 2 fp 1 fn 0, F1 4/5. Chance: (4*5 + 4*2 + 2*3) / 100 = 0.34, kappa 0.36 / 0.66.
  TempDir folder;
  const auto truth = WriteText(folder,
                               "video,subject,behavior,start_frame,stop_frame\n"
                               "v.mp4,ann,walk,0,3\nv.mp4,ann,rest,6,9\n",
                               "truth.csv");
  const auto predicted = WriteText(folder,
                                   "video;subject;behavior;start_s;stop_s;rater\r\n"
                                   "v;ann;walk;0;0.3;r1\r\nv;ann;rest;0.6;0.8;r1\r\n"
                                   "v;ann;walk;0.8;1.0;r1\r\nv;ann;walk;0;1;r2\r\n",
                                   "predicted.csv");
  Job job;
  EvaluationOptions options = With("behaviors");
  CHECK(Says(ErrorOf([&] { EvaluateFiles(truth, predicted, options, job); }), {"--fps"}));
  options.fps = 10;
  CHECK(Says(ErrorOf([&] { EvaluateFiles(truth, predicted, options, job); }),
             {"several raters: r1, r2", "--predictions-rater"}));
  options.predictions_rater = "r1";
  const json figures = EvaluateFiles(truth, predicted, options, job);
  CHECK(figures["frames"] == 10);
  CHECK(figures["accuracy"] == doctest::Approx(0.7));
  CHECK(figures["kappa"] == doctest::Approx(0.36 / 0.66));
  CHECK(figures["macro_f1"] == doctest::Approx(2.0 / 3));
  CHECK(figures["macro_f1_with_none"] == doctest::Approx((2.0 / 3 + 2.0 / 3 + 0.8) / 3));
  CHECK(figures["per_class"]["walk"]["f1"] == doctest::Approx(2.0 / 3));
}

TEST_CASE("mask folders give the same figures as the masks themselves") {
  TempDir folder;
  std::filesystem::create_directory(folder / "truth");
  std::filesystem::create_directory(folder / "predicted");
  std::vector<cv::Mat> truth, predicted;
  for (int i = 0; i < 6; ++i) {
    cv::Mat a = cv::Mat::zeros(60, 80, CV_8UC1), b = a.clone();
    cv::circle(a, {20 + 5 * i, 30}, 12, 255, -1);
    cv::circle(b, {21 + 5 * i, 30 + i % 2}, 12, 1, -1);
    truth.push_back(a);
    predicted.push_back(b);
    const std::string name = "0000" + std::to_string(i) + ".png";
    cv::imwrite((folder / "truth" / name).string(), a);
    cv::imwrite((folder / "predicted" / name).string(), b);
  }
  Job job;
  const json figures = EvaluateFiles(folder / "truth", folder / "predicted", With("davis"), job);
  const auto expected = datasets::EvaluateDavis(truth, predicted);
  CHECK(figures["j"].get<double>() == doctest::Approx(expected.j.mean));
  CHECK(figures["f"].get<double>() == doctest::Approx(expected.f.mean));
  CHECK(figures["t"].get<double>() == doctest::Approx(expected.t));
  CHECK(figures["frames"] == 6);
  CHECK(figures["j"].get<double>() > 0.8);
  std::filesystem::remove(folder / "predicted" / "00002.png");
  CHECK(EvaluateFiles(folder / "truth", folder / "predicted", With("davis"), job)["j"] <
        figures["j"]);
  std::filesystem::create_directory(folder / "nothing");
  CHECK(Says(
      ErrorOf([&] { EvaluateFiles(folder / "nothing", folder / "nothing", With("davis"), job); }),
      {"no PNG masks"}));
}

TEST_CASE("region and border figures follow names, or numbered animals once for the whole video") {
  TempDir folder;
  const auto square = [](int id, int image, int category, int track, int x) {
    return json{{"id", id},
                {"image_id", image},
                {"category_id", category},
                {"track_id", track},
                {"iscrowd", 0},
                {"area", 100},
                {"bbox", {x, 10, 10, 10}},
                {"segmentation", {{x, 10, x + 10, 10, x + 10, 20, x, 20}}}};
  };
  json truth = {{"categories", {{{"id", 1}, {"name", "ann"}}, {{"id", 2}, {"name", "bob"}}}}};
  json numbered = {{"categories", {{{"id", 1}, {"name", "animal"}}}}};
  json named = truth;
  for (int frame = 0; frame < 4; ++frame) {
    const json image = {{"id", frame + 1},
                        {"file_name", "f" + std::to_string(frame)},
                        {"frame_index", frame},
                        {"width", 64},
                        {"height", 48}};
    for (json* file : {&truth, &numbered, &named}) (*file)["images"].push_back(image);
    const int id = 2 * frame + 1;
    // Ann at 5 and Bob at 40; number 7 stands 5 pixels right of Bob, number 9 where Ann does.
    truth["annotations"].push_back(square(id, frame + 1, 1, 1, 5));
    truth["annotations"].push_back(square(id + 1, frame + 1, 2, 2, 40));
    numbered["annotations"].push_back(square(id, frame + 1, 1, 7, 45));
    numbered["annotations"].push_back(square(id + 1, frame + 1, 1, 9, 5));
    named["annotations"].push_back(square(id, frame + 1, 2, 2, 5));
    named["annotations"].push_back(square(id + 1, frame + 1, 1, 1, 40));
  }
  const auto truth_file = WriteText(folder, truth.dump(), "truth.json");
  const auto numbered_file = WriteText(folder, numbered.dump(), "numbered.json");
  const auto named_file = WriteText(folder, named.dump(), "named.json");
  Job job;
  const json once = EvaluateFiles(truth_file, numbered_file, With("davis"), job);
  CHECK(once["match"] == "once");
  CHECK(once["objects"] == 2);
  CHECK(once["j"].get<double>() == doctest::Approx((1 + 50.0 / 150) / 2));
  CHECK(once["t"].get<double>() == doctest::Approx(0));
  CHECK(once["f"].get<double>() > once["j"].get<double>() / 2);
  // Names that are the wrong way round are wrong, unless it was asked to find out who is who.
  const json wrong = EvaluateFiles(truth_file, named_file, With("davis"), job);
  CHECK(wrong["match"] == "names");
  CHECK(wrong["j"].get<double>() == doctest::Approx(0));
  EvaluationOptions asked = With("davis");
  asked.match = "once";
  CHECK(EvaluateFiles(truth_file, named_file, asked, job)["j"] == doctest::Approx(1));
  asked.match = "twice";
  CHECK(Says(ErrorOf([&] { EvaluateFiles(truth_file, named_file, asked, job); }), {"'twice'"}));
}

TEST_CASE("masks whose values no two files share are compared with a warning") {
  TempDir folder;
  const auto draw = [&](const std::string& name, int left, int right) {
    std::filesystem::create_directory(folder / name);
    cv::Mat mask = cv::Mat::zeros(48, 64, CV_8UC1);
    mask(cv::Rect(4, 10, 10, 10)) = left;
    mask(cv::Rect(40, 10, 10, 10)) = right;
    for (const char* frame : {"00000.png", "00001.png"}) {
      cv::imwrite((folder / name / frame).string(), mask);
    }
    return folder / name;
  };
  const auto truth = draw("truth", 1, 2), colors = draw("colors", 128, 38);
  Job job;
  const json apart = EvaluateFiles(truth, colors, With("davis"), job);
  CHECK(apart["j"] == 0.0);
  REQUIRE(apart["warnings"].size() == 1);
  CHECK(Says(apart["warnings"][0], {"truth", "1, 2", "38, 128"}));
  CHECK_FALSE(EvaluateFiles(truth, truth, With("davis"), job).contains("warnings"));
  CHECK_FALSE(EvaluateFiles(truth, draw("half", 1, 38), With("davis"), job).contains("warnings"));
}

TEST_CASE("steadiness is not said of an animal that was never found, nor over gaps of frames") {
  TempDir folder;
  Job job;
  // Ann, who changes her shape, and Bob, who is not found where `found` says so.
  const auto file = [&](const std::string& name, bool ann, bool bob, int frames, int apart) {
    json dataset = {{"categories", {{{"id", 1}, {"name", "ann"}}, {{"id", 2}, {"name", "bob"}}}},
                    {"images", json::array()},
                    {"annotations", json::array()}};
    int id = 0;
    const auto add = [&](int frame, int category, double x, double height) {
      dataset["annotations"].push_back(
          {{"id", ++id},
           {"image_id", frame + 1},
           {"category_id", category},
           {"segmentation", {{x, 5, x + 20, 5, x + 20, 5 + height, x, 5 + height}}}});
    };
    for (int frame = 0; frame < frames; ++frame) {
      dataset["images"].push_back({{"id", frame + 1},
                                   {"file_name", "f" + std::to_string(frame)},
                                   {"frame_index", frame * apart},
                                   {"width", 64},
                                   {"height", 48}});
      if (ann) add(frame, 1, 4, frame % 2 == 0 ? 10 : 36);
      if (bob) add(frame, 2, 36, 20);
    }
    return WriteText(folder, dataset.dump(), name);
  };
  const json alone = EvaluateFiles(file("t.json", true, false, 8, 1),
                                   file("p.json", true, false, 8, 1), With("davis"), job);
  REQUIRE(alone["t"].get<double>() > 0.01);
  const json missed = EvaluateFiles(file("t.json", true, true, 8, 1),
                                    file("p.json", true, false, 8, 1), With("davis"), job);
  CHECK(missed["objects"] == 2);
  CHECK(missed["j"].get<double>() == doctest::Approx(0.5));
  CHECK(missed["t"].get<double>() == doctest::Approx(alone["t"].get<double>()));
  const json nobody = EvaluateFiles(file("t.json", false, true, 8, 1),
                                    file("p.json", true, false, 8, 1), With("davis"), job);
  CHECK(nobody["j"] == 0.0);
  CHECK(nobody["t"].is_null());
  const json few = EvaluateFiles(file("t.json", true, false, 3, 1),
                                 file("p.json", true, false, 3, 1), With("davis"), job);
  CHECK(few["j"] == 1.0);
  CHECK(few["t"].is_null());
  const json sparse = EvaluateFiles(file("t.json", true, false, 8, 5),
                                    file("p.json", true, false, 8, 5), With("davis"), job);
  CHECK(sparse["j"] == 1.0);
  CHECK(sparse["t"].is_null());
}

TEST_CASE("a project's predictions are compared with a COCO file on the frames that it lists") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  const auto video = project->VideoByName("clip");
  Job job;
  const auto truth = WriteText(folder, Dataset().dump(), "truth.json");
  CHECK(Says(ErrorOf([&] { EvaluateProject(*project, truth, {}, job); }), {"vole predict"}));
  project->Write([&](datasets::Writer& writer) {
    datasets::JobRow row;
    row.kind = "predict";
    row.options_json = "{}";
    row.state = "running";
    const auto job_id = writer.InsertJob(row);
    const auto predict = [&](int frame, const std::string& name, double x, double y, double side) {
      datasets::PredictionRow prediction;
      prediction.job_id = job_id;
      prediction.video_id = video.id;
      prediction.frame_index = frame;
      prediction.category_id = writer.FindOrInsertCategory(name);
      prediction.score = 0.9;
      prediction.confidence = 0.8;
      prediction.polygons = {{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}}};
      prediction.rle = datasets::RlePolygons(prediction.polygons, 48, 64);
      prediction.box = datasets::RleBox(*prediction.rle);
      writer.InsertPrediction(prediction);
    };
    predict(3, "bob", 30, 20, 12);
    predict(3, "ann", 4, 4, 10);
    predict(5, "ann", 4, 4, 10);  // not in the truth's list: does not count
    predict(7, "bob", 6, 5, 10);  // the wrong name
    writer.FinishJob(job_id, "done");
  });
  const json figures = EvaluateProject(*project, truth, {}, job);
  CHECK(figures["frames"] == 2);
  CHECK(figures["identity_accuracy"] == doctest::Approx(2.0 / 3));
  CHECK(figures["mean_iou"] == doctest::Approx(1));
  CHECK(figures["fp"] == 0);
  CHECK(figures["idsw"] == 1);
  const json regions = EvaluateProject(*project, truth, With("davis"), job);
  CHECK(regions["match"] == "names");
  CHECK(regions["objects"] == 2);
  // Ann: right on frame 3, missed on frame 7; Bob: right, then taken for Ann.
  CHECK(regions["j"].get<double>() == doctest::Approx((1 + 0 + 1 + 0) / 4.0));
  EvaluationOptions early;
  early.end_frame = 4;
  CHECK(EvaluateProject(*project, truth, early, job)["identity_accuracy"] == doctest::Approx(1));

  datasets::ExportOptions predictions;
  predictions.what = "predictions";
  CHECK(Export(*project, "coco", folder / "p.json", predictions, job).annotations == 4);
  const json from_file = EvaluateFiles(truth, folder / "p.json", With("coco-segm"), job);
  CHECK(from_file["ap"] == figures["ap"]);
  CHECK(from_file["identity_accuracy"] == figures["identity_accuracy"]);

  Import(*project, "coco", truth, {}, job);
  predictions.what = "final";
  CHECK(Export(*project, "coco", folder / "f.json", predictions, job).annotations == 4);
  EvaluationOptions final_labels;
  final_labels.what = "final";
  CHECK(EvaluateProject(*project, truth, final_labels, job)["identity_accuracy"] ==
        doctest::Approx(1));
}

TEST_CASE("truth whose frames stand only in file names is compared, listed and filtered by them") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  Job job;
  json truth = Dataset();
  truth.erase("videos");
  truth["images"] = {
      {{"id", 1}, {"file_name", "frame_000003.PNG"}, {"split", "val"}},
      {{"id", 2}, {"file_name", "clip_mp4-0007_jpg.rf.37c622c6a79b700b0b2a7078.jpg"}}};
  const auto path = WriteText(folder, truth.dump(), "truth.json");
  json wrong = truth;
  wrong["annotations"][2]["segmentation"] = Square(40, 30, 6);
  Import(*project, "coco", WriteText(folder, wrong.dump()), {}, job);
  EvaluationOptions options;
  options.what = "labels";
  const auto frames_of = [](const std::vector<datasets::ComparedFrame>& frames) {
    std::vector<int> numbers;
    for (const auto& frame : frames) numbers.push_back(frame.frame_index);
    return numbers;
  };
  const auto comparison = datasets::CompareProject(*project, path, options, job);
  CHECK(frames_of(comparison.frames) == std::vector<int>{3, 7});
  CHECK(comparison.frames[0].video == "clip");
  CHECK(frames_of(datasets::WrongFrames(comparison, options, job)) == std::vector<int>{7});
  EvaluationOptions part = options;
  part.split = "val";
  CHECK(frames_of(datasets::CompareProject(*project, path, part, job).frames) ==
        std::vector<int>{3});
  part.split = "test";
  CHECK(
      Says(ErrorOf([&] { datasets::CompareProject(*project, path, part, job); }), {"split: test"}));
  // Frame 3 is marked val and never trains; frame 7 does.
  EvaluationOptions unlabeled = options;
  unlabeled.only_unlabeled = true;
  CHECK(frames_of(datasets::CompareProject(*project, path, unlabeled, job).frames) ==
        std::vector<int>{3});
  EvaluationOptions from_one = options;
  from_one.first_frame = 1;
  CHECK(frames_of(datasets::CompareProject(*project, path, from_one, job).frames) ==
        std::vector<int>{2, 6});
  // Two files compare by the same reading of names.
  json renamed = truth;
  renamed["images"][0]["file_name"] = "clip.mp4#000003";
  renamed["images"][1]["file_name"] = "clip_000007.png";
  for (json& image : truth["images"]) image.update({{"width", 64}, {"height", 48}});
  for (json& image : renamed["images"]) image.update({{"width", 64}, {"height", 48}});
  truth["images"][0]["file_name"] = "clip_frame3.png";
  CHECK(EvaluateFiles(WriteText(folder, truth.dump(), "a.json"),
                      WriteText(folder, renamed.dump(), "b.json"), With("coco-segm"),
                      job)["ap"] == doctest::Approx(1));
}

}  // namespace evaluation_files_test
