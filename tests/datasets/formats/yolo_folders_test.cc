#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <opencv2/imgcodecs.hpp>
#include <random>

#include "datasets/formats/yolo/yolo.h"
#include "datasets/formats/yolo/yolo_bridge.h"
#include "datasets/formats/yolo/yolo_dataset.h"
#include "datasets/shape/mask.h"
#include "tests/support/coco_sample.h"

namespace yolo_folders_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ImportOptions;
using datasets::ImportReport;
using datasets::Job;

namespace {

struct Seen {
  int frame = 0;
  std::string name;
  datasets::Box box;
  size_t corners = 0;
  int64_t track = -1;
};

// A project with the video "clip" (64 x 48, 100 frames) and a YOLO folder that is imported into it.
struct Stage {
  TempDir folder;
  std::unique_ptr<datasets::Project> project = LabelProject(folder.path());
  Job job;

  void Add(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder / "y" / name).parent_path());
    WriteText(folder, text, "y/" + name);
  }
  void AddPicture(const std::string& name) {
    std::filesystem::create_directories((folder / "y" / name).parent_path());
    cv::imwrite((folder / "y" / name).string(), cv::Mat::zeros(48, 64, CV_8UC3));
  }
  ImportReport Import(const ImportOptions& options = {}) {
    return datasets::Import(*project, "yolo", folder / "y", options, job);
  }
  std::string Error(const ImportOptions& options = {}) {
    return ErrorOf([&] { Import(options); });
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& category : project->Categories()) names.push_back(category.name);
    return names;
  }
  std::vector<Seen> Labels() const {
    std::map<datasets::Id, std::string> names;
    for (const auto& category : project->Categories()) names[category.id] = category.name;
    const auto video = project->VideoByName("clip");
    std::map<datasets::Id, int64_t> tracks;
    for (const auto& track : project->Tracks(video.id)) {
      tracks[track.id] = track.external_id.value_or(-1);
    }
    std::vector<Seen> all;
    for (const auto& image : project->ImagesOfVideo(video.id)) {
      for (const auto& row : project->AnnotationsOfImage(image.id)) {
        all.push_back({*image.frame_index, names[row.category_id], row.box, row.polygons[0].size(),
                       row.track_id ? tracks[*row.track_id] : -1});
      }
    }
    return all;
  }
};

bool Warns(const ImportReport& report, const std::string& part) {
  for (const std::string& warning : report.warnings) {
    if (warning.find(part) != std::string::npos) return true;
  }
  return false;
}

constexpr char kBox[] = "0 0.25 0.25 0.25 0.25";  // x 8 to 24, y 6 to 18
constexpr char kOutline[] = "0 0.125 0.125 0.375 0.125 0.375 0.375 0.125 0.375";  // the same
constexpr char kBox2[] = "0 0.75 0.25 0.25 0.25";
constexpr char kOutline2[] = "0 0.625 0.125 0.875 0.125 0.875 0.375 0.625 0.375";

}  // namespace

TEST_CASE("names of a data.yaml are read however YAML lets people write them") {
  for (const std::string names :
       {"names: ['Ada, left ear', 'Bo']", "names: {0: 'Ada, left ear', 1: Bo}",
        "names: [\n  'Ada, left ear',\n  Bo,\n]", "names:\n  0: Ada, left ear # female\n  1: Bo",
        "names:\n  \"0\": \"Ada, left ear\"\n  \"1\": 'Bo'", "names:\n- Ada, left ear\n- Bo",
        "nc: 2\n\"names\": [\"Ada, left \\x65ar\", Bo] # two\nroboflow: {version: 1}",
        "who: &who [\"Ada, left ear\", Bo]\nnames: *who",
        "names:\n  1: Bo\n  0: >-\n    Ada,\n    left ear"}) {
    CAPTURE(names);
    Stage stage;
    stage.Add("data.yaml", "path: .\ntrain: images\nval: images\n" + names + "\n");
    stage.Add("clip_000003.txt", std::string(kBox) + "\n1 0.75 0.75 0.25 0.25\n");
    CHECK(stage.Import().annotations == 2);
    CHECK(stage.Names() == std::vector<std::string>{"Ada, left ear", "Bo"});
  }
}

TEST_CASE("a data.yaml that is no YAML, or names no list, is one clear line") {
  for (const auto& [text, says] :
       std::map<std::string, std::string>{{"a: 1\nnames: [Ada, 'Bo\n", "data.yaml', line"},
                                          {"names: {x: Ada}\n", "data.yaml', line 1"},
                                          {"names: nowhere.txt\n", "no list"},
                                          {"names: {0: Ada, 2: Cy}\n", "class 1 has no name"},
                                          {"names: [[Ada]]\n", "no text"},
                                          {"names: [Ada]\nkpt_shape: [17, 3]\n", "17 points"}}) {
    Stage stage;
    stage.Add("data.yaml", text);
    stage.Add("clip_000003.txt", "1 0.75 0.75 0.25 0.25\n");
    const std::string error = stage.Error();
    CAPTURE(error);
    CHECK(error.find(says) != std::string::npos);
    CHECK(stage.project->Images().empty());
  }
}

TEST_CASE("a data.yaml goes out so that a YAML reader gets every name back as the text it is") {
  const std::vector<std::string> names = {"#1",       "no",      "mouse: left", "2",
                                          "~",        "- a",     "'",           "\"b\"",
                                          " spaces ", "a\\b\tc", "1e3",         "Ängström"};
  const YAML::Node tree = YAML::Load(datasets::YoloDatasetYaml(names, {"train", "val"}));
  for (size_t i = 0; i < names.size(); ++i) {
    const YAML::Node name = tree["names"][i];
    CHECK(name.as<std::string>() == names[i]);
    CHECK(name.Tag() == "!");  // quoted: no reader takes it for a number, a truth value or nothing
  }
  CHECK(tree["val"].as<std::string>() == "images/val");
}

TEST_CASE("a folder as Roboflow zips it keeps its splits and its READMEs do not matter") {
  Stage stage;
  stage.Add("README.dataset.txt", "# mice > 2026\nhttps://universe.roboflow.com/lab/mice\n");
  stage.Add("README.roboflow.txt", "\nmice - v1\n==============================\n");
  stage.Add("data.yaml",
            "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnames: [Ada]\n");
  const std::map<std::string, std::string> split_of = {
      {"train", "train"}, {"valid", "val"}, {"test", "test"}};
  for (const auto& [name, split] : split_of) {
    const std::string picture = "clip_mp4-0003_jpg.rf.85c" + name;
    stage.Add(name + "/labels/" + picture + ".txt", std::string(kOutline) + "\n");
    stage.AddPicture(name + "/images/" + picture + ".jpg");
  }
  const ImportReport report = stage.Import();
  CHECK(report.annotations == 3);
  CHECK(Warns(report, "'README.dataset.txt' holds no labels"));
  std::multiset<std::string> splits;
  for (const auto& image : stage.project->Images()) splits.insert(image.split);
  CHECK(splits == std::multiset<std::string>{"test", "train", "val"});
}

TEST_CASE("splits come from data.yaml, else from folders, and not from where the export lies") {
  const auto import = [](const std::string& yaml, const std::string& label) {
    Stage stage;
    const auto root = stage.folder / "test" / "y";
    std::filesystem::create_directories((root / label).parent_path());
    std::filesystem::create_directories(root / "images/held_out");
    WriteText(stage.folder, std::string(kBox) + "\n", "test/y/" + label);
    WriteText(stage.folder, yaml, "test/y/data.yaml");
    WriteText(stage.folder, "./images/a/clip_000003.jpg\n", "test/y/list.txt");
    datasets::Import(*stage.project, "yolo", root, {}, stage.job);
    return stage.project->Images().at(0).split;
  };
  const std::string names = "names: [Ada]\n";
  CHECK(import(names, "labels/clip_000003.txt") == "");
  CHECK(import(names, "labels/validation/clip_000003.txt") == "val");
  CHECK(import(names, "labels/val2017/clip_000003.txt") == "val");
  CHECK(import(names, "Test/labels/clip_000003.txt") == "test");
  CHECK(import(names + "test: images/held_out\n", "labels/held_out/clip_000003.txt") == "test");
  CHECK(import(names + "val: [images/held_out]\n", "labels/held_out/clip_000003.txt") == "val");
  CHECK(import(names + "test: list.txt\n", "labels/a/clip_000003.txt") == "test");
}

TEST_CASE("what Ultralytics writes behind a shape is a confidence and a track, never a corner") {
  struct Kind {
    const char* name;
    const char* ending;           // behind the line of the animal
    const char* other = nullptr;  // behind that of the second animal, if there is one
    std::set<int64_t> tracks = {-1};
  };
  const std::vector<Kind> kinds = {{"predict", ""},
                                   {"predict, confidence", " 0.91", " 1"},
                                   {"track", " 1", " 2", {1, 2}},
                                   {"track, one animal", " 1", nullptr, {1}},
                                   {"track, one is new", " 7", "", {-1, 7}},
                                   {"track, confidence", " 0.91 1", " 0.8 2", {1, 2}},
                                   {"track, confidence, one animal", " 0.91 1", nullptr, {1}},
                                   {"track, confidence, one is new", " 0.91 3", " 0.5", {-1, 3}}};
  for (const bool boxes : {true, false}) {
    for (const Kind& kind : kinds) {
      CAPTURE(boxes);
      CAPTURE(std::string(kind.name));
      Stage stage;
      for (const int number : {1, 4, 13}) {
        std::string text = std::string(boxes ? kBox : kOutline) + kind.ending + "\n";
        if (kind.other) text += std::string(boxes ? kBox2 : kOutline2) + kind.other + "\n";
        stage.Add("clip_" + std::to_string(number) + ".txt", text);
      }
      const ImportReport report = stage.Import();
      CHECK(report.annotations == (kind.other ? 6 : 3));
      CHECK(Warns(report, "VIDEO_1 is the first frame"));
      std::set<int> frames;
      std::set<int64_t> tracks;
      for (const Seen& label : stage.Labels()) {
        frames.insert(label.frame);
        tracks.insert(label.track);
        CHECK(label.corners == 4);
        CHECK((label.box.x == doctest::Approx(8) || label.box.x == doctest::Approx(40)));
        CHECK(label.box.width == doctest::Approx(16));
        CHECK(label.box.height == doctest::Approx(12));
      }
      CHECK(frames == std::set<int>{0, 3, 12});
      CHECK(tracks == kind.tracks);
    }
  }
}

TEST_CASE("an outline that ends at the lower edge stays one, and a doubtful ending asks") {
  Stage edge;
  edge.Add("clip_000003.txt", "0 0.4 0.6 0.6 0.6 0.6 1 0.4 1\n");
  CHECK(Warns(edge.Import(), "--line-end confidence-track"));
  CHECK(edge.Labels().at(0).corners == 4);

  Stage doubtful;  // one of three has its last point far away
  doubtful.Add("clip_000003.txt", "0 0.4 0.6 0.6 0.6 0.6 0.9 0.4 0.9 0.9 1\n");
  doubtful.Add("clip_000004.txt", "0 0.4 0.6 0.6 0.6 0.6 0.9 0.4 0.9 0.6 1\n");
  doubtful.Add("clip_000005.txt", "0 0.4 0.7 0.6 0.7 0.6 0.9 0.4 0.9 0.5 1\n");
  doubtful.Add("clip_000006.txt", "0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2 0.5 1\n");
  CHECK(Says(doubtful.Error(), {"a confidence and a track", "--line-end"}));
  ImportOptions options;
  options.line_end = "confidence-track";
  CHECK(doubtful.Import(options).annotations == 4);
  for (const Seen& label : doubtful.Labels()) {
    CHECK(label.corners == 4);
    CHECK(label.track == 1);
  }
  options.line_end = "score";
  CHECK(Says(doubtful.Error(options), {"--line-end score"}));

  Stage mixed;
  mixed.Add("clip_000003.txt", std::string(kBox) + " 0.5\n" + kBox + " 7\n");
  CHECK(Says(mixed.Error(), {"line 1", "--line-end"}));
}

TEST_CASE("frames count from 0 where names have zeros in front, pictures, or a number 0") {
  const auto frame_of = [](const std::vector<std::string>& files, bool pictures,
                           int first_frame = -1) {
    Stage stage;
    for (const std::string& file : files) {
      stage.Add(file + ".txt", std::string(kBox) + "\n");
      if (pictures) stage.AddPicture(file + ".png");
    }
    ImportOptions options;
    options.first_frame = first_frame;
    stage.Import(options);
    return stage.Labels().at(0).frame;
  };
  CHECK(frame_of({"clip_000012"}, false) == 12);
  CHECK(frame_of({"clip_012", "clip_013"}, true) == 12);
  CHECK(frame_of({"clip_12", "clip_0"}, false) == 0);
  CHECK(frame_of({"clip_12"}, true) == 12);
  CHECK(frame_of({"clip_12"}, false) == 11);
  CHECK(frame_of({"clip_12"}, false, 0) == 12);
  CHECK(frame_of({"clip_000012"}, false, 1) == 11);
}

TEST_CASE("parts of an animal are joined at their nearest corners, a thousand of them at once") {
  const auto square = [](double x, double y) {
    return datasets::Ring{{x, y}, {x + 2, y}, {x + 2, y + 2}, {x, y + 2}};
  };
  const datasets::Ring two = datasets::BridgeParts({square(0, 0), square(5, 0)});
  CHECK(two == datasets::Ring{
                   {0, 0}, {2, 0}, {5, 0}, {7, 0}, {7, 2}, {5, 2}, {5, 0}, {2, 0}, {2, 2}, {0, 2}});
  datasets::Polygons parts;
  for (int y = 0; y < 200; ++y) {
    for (int x = 0; x < 200; ++x) parts.push_back(square(4 * x, 4 * y));
  }
  std::shuffle(parts.begin(), parts.end(), std::mt19937(5));
  const datasets::Ring whole = datasets::BridgeParts(parts);
  CHECK(whole.size() == parts.size() * 4 + (parts.size() - 1) * 2);
  CHECK(datasets::RingArea(whole) == doctest::Approx(parts.size() * 4.0));
}

}  // namespace yolo_folders_test
