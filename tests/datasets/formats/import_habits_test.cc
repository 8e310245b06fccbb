// What other tools write into COCO and labelme files, and what people do with them.
#include <doctest/doctest.h>

#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "datasets/files/json_entries.h"
#include "datasets/formats/labelme/labelme.h"
#include "datasets/verify.h"
#include "tests/support/coco_sample.h"

namespace import_habits_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ImportOptions;
using datasets::ImportReport;
using datasets::Job;

namespace {

json Shape(double x, const json& group = nullptr, const std::string& label = "mouse") {
  return {{"label", label},
          {"shape_type", "polygon"},
          {"group_id", group},
          {"points", {{x, 5}, {x + 10, 5}, {x + 10, 15}, {x, 15}}}};
}

void WriteLabelme(const TempDir& folder, const std::string& file, const std::vector<json>& shapes) {
  std::filesystem::create_directories((folder / file).parent_path());
  const std::string picture = std::filesystem::path(file).stem().string() + ".png";
  WriteText(
      folder,
      json({{"imagePath", picture}, {"imageWidth", 64}, {"imageHeight", 48}, {"shapes", shapes}})
          .dump(),
      file);
}

// Two mice of one category in frames 3 and 7; `mark` writes what tells them apart.
json Pair(const std::function<void(json&, int mouse)>& mark) {
  json dataset = Dataset();
  dataset["categories"] = {{{"id", 10}, {"name", "mouse"}}};
  dataset["annotations"] = json::array();
  for (int image = 1; image <= 2; ++image) {
    for (int mouse = 1; mouse <= 2; ++mouse) {
      json one = {{"id", image * 10 + mouse},
                  {"image_id", image},
                  {"category_id", 10},
                  {"segmentation", Square(2 + 25 * mouse, 4 + image, 10)}};
      mark(one, mouse);
      dataset["annotations"].push_back(one);
    }
  }
  return dataset;
}

std::set<int64_t> TrackNumbers(const datasets::Project& project) {
  std::set<int64_t> numbers;
  for (const auto& track : project.Tracks(project.VideoByName("clip").id)) {
    numbers.insert(track.external_id.value_or(-1));
  }
  return numbers;
}

std::set<std::string> Names(const datasets::Project& project) {
  std::set<std::string> names;
  for (const auto& category : project.Categories()) names.insert(category.name);
  return names;
}

std::string AllOf(const std::vector<std::string>& warnings) {
  std::string text;
  for (const std::string& warning : warnings) text += warning + "\n";
  return text;
}

int Crowds(const datasets::Project& project) {
  int crowds = 0;
  for (const auto& image : project.Images()) {
    for (const auto& row : project.AnnotationsOfImage(image.id)) crowds += row.iscrowd ? 1 : 0;
  }
  return crowds;
}

}  // namespace

TEST_CASE("whatever a COCO file tells individuals apart by arrives as tracks") {
  using Mark = std::function<void(json&, int)>;
  const std::vector<Mark> marks = {
      [](json& one, int mouse) { one["track_id"] = mouse; },
      [](json& one, int mouse) { one["attributes"]["track_id"] = mouse; },
      [](json& one, int mouse) { one["attributes"]["object_id"] = mouse; },
      [](json& one, int mouse) { one["object_id"] = std::to_string(mouse); },
      [](json& one, int mouse) { one["group_id"] = mouse; },
      [](json& one, int mouse) { one["subject_name"] = mouse == 1 ? "Ada" : "Bo"; },
      [](json& one, int mouse) { one["track_id"] = mouse == 1 ? "Ada" : "Bo"; }};
  for (const Mark& mark : marks) {
    TempDir folder;
    auto project = LabelProject(folder.path());
    const ImportReport report = ImportText(*project, folder, Pair(mark).dump());
    CHECK(TrackNumbers(*project) == std::set<int64_t>{1, 2});
    CHECK(report.annotations == 4);
    CHECK(Says(AllOf(report.warnings), {"2 tracks", "'mouse'", "--names-from tracks"}));
  }
}

TEST_CASE("tracks become the animals' names when asked for, the same animal in every video") {
  const json dataset = Pair([](json& one, int mouse) { one["track_id"] = mouse; });
  TempDir folder;
  auto project = LabelProject(folder.path());
  AddVideoRow(*project, "other", 100, 64, 48);
  ImportOptions options;
  options.names_from = "tracks";
  CHECK(ImportText(*project, folder, dataset.dump(), options).warnings.empty());
  json second = dataset;
  second["videos"][0]["file_name"] = "other.mp4";
  ImportText(*project, folder, second.dump(), options);
  CHECK(Names(*project) == std::set<std::string>{"mouse_1", "mouse_2"});
  for (const auto& category : project->Categories()) CHECK(category.supercategory == "mouse");
  CHECK(CountLabels(*project) == 8);
  const json named = Pair([](json& one, int mouse) {
    one["track_id"] = mouse;
    one["subject_name"] = mouse == 1 ? "Ada" : "Bo";
  });
  TempDir second_folder;
  auto with_names = LabelProject(second_folder.path());
  ImportText(*with_names, second_folder, named.dump(), options);
  CHECK(Names(*with_names) == std::set<std::string>{"Ada", "Bo"});

  // The export says the kind, and reads back as it was.
  Job job;
  Export(*with_names, "coco", second_folder / "out.json", {}, job);
  TempDir third;
  auto copy = LabelProject(third.path());
  Import(*copy, "coco", second_folder / "out.json", {}, job);
  CHECK(Names(*copy) == Names(*with_names));
  CHECK(TrackNumbers(*copy) == std::set<int64_t>{1, 2});
}

TEST_CASE(
    "names from tracks are refused where there is no track, or the labels are there already") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  ImportOptions options;
  options.names_from = "tracks";
  const json plain = Pair([](json&, int) {});
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, plain.dump(), options); }),
             {"no label", "track"}));
  const json tracked = Pair([](json& one, int mouse) { one["track_id"] = mouse; });
  ImportText(*project, folder, tracked.dump());
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, tracked.dump(), options); }),
             {"change nothing", "4 of its labels", "former name", "new project"}));
  CHECK(CountLabels(*project) == 4);
  CHECK(Names(*project) == std::set<std::string>{"mouse"});
  options.names_from = "hats";
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, tracked.dump(), options); }),
             {"'hats'", "categories or tracks"}));
}

TEST_CASE("labelme's group_id is the track, in and out, and parts stay parts") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  WriteLabelme(folder, "in/clip_000003.json", {Shape(2, 1), Shape(30, 2), Shape(45, 2)});
  WriteLabelme(folder, "in/clip_000007.json", {Shape(4, 1), Shape(20, -1), Shape(40, -1)});
  Job job;
  CHECK(Import(*project, "labelme", folder / "in", {}, job).annotations == 4);
  CHECK(TrackNumbers(*project) == std::set<int64_t>{1, 2});
  Export(*project, "labelme", folder / "out", {}, job);
  const json third = datasets::ReadJsonFile(folder / "out" / "clip_000003.json", "out");
  std::multiset<int> groups;
  for (const json& shape : third["shapes"]) groups.insert(shape["group_id"].get<int>());
  CHECK(groups == std::multiset<int>{1, 2, 2});
  TempDir second;
  auto copy = LabelProject(second.path());
  CHECK(Import(*copy, "labelme", folder / "out", {}, job).annotations == 4);
  CHECK(TrackNumbers(*copy) == std::set<int64_t>{1, 2});
}

TEST_CASE("a labelme folder may have folders and other programs' JSON in it") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  WriteLabelme(folder, "in/anna/clip_000003.json", {Shape(2)});
  WriteLabelme(folder, "in/ben/clip_000007.json", {Shape(2)});
  WriteText(folder, Dataset().dump(), "in/annotations.json");
  WriteText(folder, "[]", "in/stats.json");
  Job job;
  const ImportReport report = Import(*project, "labelme", folder / "in", {}, job);
  CHECK(report.annotations == 2);
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"2 JSON files", "annotations.json", "stats.json"}));
  std::filesystem::remove_all(folder / "in" / "anna");
  std::filesystem::remove_all(folder / "in" / "ben");
  CHECK(Says(ErrorOf([&] { Import(*project, "labelme", folder / "in", {}, job); }),
             {"none of its JSON files is labelme's", "annotations.json"}));
}

TEST_CASE("bad files and outlines among many are all named, and left out when asked for") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  WriteLabelme(folder, "in/clip_000003.json", {Shape(2)});
  WriteText(folder, "{\"shapes\": [", "in/clip_000004.json");
  json line = Shape(2);
  line["points"] = {{1, 2}, {3, 4}};
  WriteLabelme(folder, "in/clip_000005.json", {line, Shape(20)});
  WriteLabelme(folder, "in/clip_000500.json", {Shape(2)});
  Job job;
  const auto import = [&](bool skip) {
    ImportOptions options;
    options.skip_bad = skip;
    return Import(*project, "labelme", folder / "in", options, job);
  };
  CHECK(Says(ErrorOf([&] { import(false); }),
             {"clip_000004.json", "2 more", "clip_000005.json', shape 1", "clip_000500.json",
              "--skip-bad"}));
  CHECK(project->Images().empty());
  const ImportReport report = import(true);
  CHECK(report.annotations == 2);
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0],
             {"3 that cannot be read were left out", "clip_000004.json", "clip_000500.json"}));

  json coco = Dataset();
  coco["annotations"][0]["segmentation"] = {{1, 2, 3, 4}};
  coco["annotations"][1]["category_id"] = 77;
  const std::string error = ErrorOf([&] { ImportText(*project, folder, coco.dump()); });
  CHECK(Says(error, {"annotation 1", "1 more", "annotation 2", "--skip-bad"}));
  ImportOptions options;
  options.skip_bad = true;
  const ImportReport skipped = ImportText(*project, folder, coco.dump(), options);
  CHECK(skipped.annotations == 1);
  CHECK(Says(AllOf(skipped.warnings), {"2 that cannot be read", "annotation 1"}));

  std::filesystem::create_directory(folder / "bad");
  WriteText(folder, "{", "bad/clip_000003.json");
  CHECK(Says(ErrorOf([&] { Import(*project, "labelme", folder / "bad", options, job); }),
             {"clip_000003.json"}));  // nothing is left: that is no import
}

TEST_CASE(
    "rectangles of four corners, turned ones and unfinished shapes of X-AnyLabeling come in") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  json rectangle = Shape(2, nullptr, "a"), turned = Shape(2, nullptr, "b"),
       old = Shape(2, nullptr, "c"), empty = Shape(2, nullptr, "d");
  rectangle["shape_type"] = "rectangle";
  rectangle["points"] = {{4.5, 3}, {24.5, 3}, {24.5, 13}, {4.5, 13}};
  turned["shape_type"] = "rotation";
  turned["points"] = {{20, 20}, {30, 25}, {26, 33}, {16, 28}};
  old["shape_type"] = "rectangle";
  old["points"] = {{40, 30}, {30, 20}};
  empty["points"] = json::array();
  WriteLabelme(folder, "in/clip_000003.json", {rectangle, turned, old, empty});
  Job job;
  const ImportReport report = Import(*project, "labelme", folder / "in", {}, job);
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"1 shapes without a point"}));
  const auto rows = project->AnnotationsAt(project->VideoByName("clip").id, 3);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].box.x == doctest::Approx(4.5));
  CHECK(rows[0].box.width == doctest::Approx(20));
  CHECK(rows[0].box.height == doctest::Approx(10));
  CHECK(rows[1].polygons[0].size() == 4);
  CHECK(rows[1].area == doctest::Approx(100));
  CHECK(rows[2].area == doctest::Approx(100));
}

TEST_CASE("ids that are texts are ids, and no category means the only one") {
  const auto text = [](json& object, const char* key) {
    object[key] = "n" + std::to_string(object[key].get<int>());
  };
  json names = Dataset(), numbers = Dataset(), none = Dataset();
  for (json& image : names["images"]) text(image, "id");
  for (json& category : names["categories"]) text(category, "id");
  for (json& one : names["annotations"]) {
    text(one, "image_id");
    text(one, "category_id");
  }
  for (json& one : numbers["annotations"]) {
    one["image_id"] = std::to_string(one["image_id"].get<int>());
  }
  none["categories"] = {{{"id", nullptr}, {"name", "crab"}}};
  for (json& one : none["annotations"]) one["category_id"] = nullptr;
  json second = none;
  second["categories"] = {{{"id", 4}, {"name", "crab"}}};
  for (const json& dataset : {names, numbers, none, second}) {
    TempDir folder;
    auto project = LabelProject(folder.path());
    CHECK(ImportText(*project, folder, dataset.dump()).annotations == 3);
    CHECK(project->Categories().size() == (dataset["categories"].size()));
  }
  none["categories"] = Dataset()["categories"];
  CHECK(Says(Refusal(none), {"annotation 1", "no category_id", "2 categories"}));
}

TEST_CASE("a track that stands twice in a frame is named by the import and by verify") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  const json dataset = Pair([](json& one, int) { one["track_id"] = 5; });
  const ImportReport report = ImportText(*project, folder, dataset.dump());
  CHECK(Says(AllOf(report.warnings),
             {"twice in a frame", "track 5 in frame 3 of 'clip'", "frame 7"}));
  CHECK(report.annotations == 4);
  Job job;
  int found = 0;
  for (const auto& finding : datasets::Verify(*project, job)) {
    if (finding.code != "track") continue;
    ++found;
    CHECK(Says(finding.text, {"track 5", "'mouse'", "'clip'", "twice"}));
  }
  CHECK(found == 2);
}

TEST_CASE("reading crowds as animals is refused, not ignored, where they are there as crowds") {
  json dataset = Dataset();
  for (json& one : dataset["annotations"]) one["iscrowd"] = 1;
  TempDir folder;
  auto project = LabelProject(folder.path());
  ImportText(*project, folder, dataset.dump());
  ImportOptions options;
  options.crowd_is_instance = true;
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, dataset.dump(), options); }),
             {"change nothing", "3 of its labels", "as crowds", "new project"}));
  CHECK(Crowds(*project) == 3);
  // With something new in it, the rest is said.
  dataset["annotations"].push_back(
      {{"id", 4}, {"image_id", 2}, {"category_id", 20}, {"segmentation", Square(30, 20, 9)}});
  const ImportReport more = ImportText(*project, folder, dataset.dump(), options);
  CHECK(more.annotations == 1);
  CHECK(Says(AllOf(more.warnings), {"3 labels were left", "crowd"}));
}

TEST_CASE("pictures of one name in two folders keep their folders in every export") {
  for (const bool pictures : {false, true}) {
    TempDir folder;
    cv::Mat pixels(48, 64, CV_8UC3, cv::Scalar(10, 20, 30));
    json dataset = Dataset();
    dataset.erase("videos");
    dataset["images"] = json::array();
    dataset["annotations"] = json::array();
    const std::vector<std::string> names = {"train/img0001.jpg", "val/img0001.jpg",
                                            "val/img0001.png"};
    for (size_t i = 0; i < names.size(); ++i) {
      std::filesystem::create_directories((folder / "data" / names[i]).parent_path());
      cv::imwrite((folder / "data" / names[i]).string(), pixels);
      dataset["images"].push_back({{"id", i}, {"file_name", names[i]}});
      dataset["annotations"].push_back({{"id", i + 1},
                                        {"image_id", i},
                                        {"category_id", 10},
                                        {"segmentation", Square(4 + i, 4, 10)}});
    }
    WriteText(folder, dataset.dump(), "data/all.json");
    std::filesystem::create_directory(folder / "project");
    auto project = datasets::Project::Create(folder / "project" / "p.vole");
    Job job;
    CHECK(Import(*project, "coco", folder / "data" / "all.json", {}, job).annotations == 3);
    datasets::ExportOptions options;
    options.pictures = pictures;
    for (const std::string format : {"labelme", "yolo", "coco"}) {
      CAPTURE(format);
      CAPTURE(pictures);
      const auto out = folder / "out" / format;
      std::filesystem::create_directories(out);
      const auto target = format == "coco" ? out / "labels.json" : out;
      const auto report = Export(*project, format, target, options, job);
      int64_t files = 0;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(out)) {
        files += entry.is_regular_file() ? 1 : 0;
      }
      CHECK(report.files == files);
      if (format != "coco" || pictures) {
        CHECK(files ==
              (format == "coco" ? 1 : 3) + (pictures ? 3 : 0) + (format == "yolo" ? 1 : 0));
      }
      if (!pictures && format != "labelme") continue;  // they name pictures that lie elsewhere
      auto copy = datasets::Project::Create(folder / (format + std::to_string(pictures) + ".vole"));
      CHECK(Import(*copy, format, target, {}, job).annotations == 3);
      CHECK(copy->Images().size() == 3);
    }
  }
}

}  // namespace import_habits_test
