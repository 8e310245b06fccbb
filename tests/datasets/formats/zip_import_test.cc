// Archives as CVAT, Roboflow, Label Studio and strangers make them.
#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zip.h>

#include <functional>
#include <sstream>
#include <utility>

#include "datasets/files/unpacked_zip.h"
#include "datasets/formats/zip_choice.h"
#include "tests/support/coco_sample.h"

namespace zip_import_test {

using namespace tests;  // the vocabulary of these tests
namespace fs = std::filesystem;

namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;  // name, what is in it
using Spoil = std::function<void(zip_t*, zip_uint64_t)>;

// Its file and its temporary files lie in folders of their own.
struct Stage {
  TempDir folder;
  std::unique_ptr<datasets::Project> project = LabelProject(folder.path());
  datasets::Job job;
  const std::string before = getenv("TMPDIR") ? getenv("TMPDIR") : "";

  Stage() {
    fs::create_directory(folder / "tmp");
    setenv("TMPDIR", (folder / "tmp").c_str(), 1);
  }
  ~Stage() {
    CHECK(fs::is_empty(folder / "tmp"));  // whatever became of the archive
    before.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before.c_str(), 1);
  }

  fs::path Zip(const Entries& entries, const Spoil& spoil = {},
               const std::string& name = "export.zip") {
    int code = 0;
    zip_t* archive = zip_open((folder / name).c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    REQUIRE(archive);
    for (const auto& [entry, text] : entries) {
      zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
      const zip_int64_t at = zip_file_add(archive, entry.c_str(), source, ZIP_FL_ENC_UTF_8);
      REQUIRE(at >= 0);
      if (spoil) spoil(archive, static_cast<zip_uint64_t>(at));
    }
    REQUIRE(zip_close(archive) == 0);
    return folder / name;
  }
  // The same with other bytes in place of some, wherever they stand.
  fs::path Patched(const fs::path& zip, const std::string& from, const std::string& to) {
    std::stringstream text;
    text << std::ifstream(zip, std::ios::binary).rdbuf();
    std::string bytes = text.str();
    REQUIRE(bytes.find(from) != std::string::npos);
    REQUIRE(from.size() == to.size());
    for (size_t at = 0; (at = bytes.find(from, at)) != std::string::npos; at += to.size()) {
      bytes.replace(at, from.size(), to);
    }
    return WriteText(folder, bytes, zip.filename().string());
  }
  datasets::ImportReport Import(const fs::path& zip, const std::string& format = "",
                                const datasets::ImportOptions& options = {}) {
    return datasets::Import(*project, format.empty() ? datasets::RecognizeFormat(zip) : format, zip,
                            options, job);
  }
  std::string Refusal(const fs::path& zip, const std::string& format = "") {
    const std::string text = ErrorOf([&] { Import(zip, format); });
    CHECK(text.find((folder / "tmp").string()) == std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(project->Images().empty());
    return text;
  }
  std::vector<int> Frames(const std::string& video = "clip") const {
    std::vector<int> frames;
    for (const auto& image : project->ImagesOfVideo(project->VideoByName(video).id)) {
      frames.push_back(*image.frame_index);
    }
    return frames;
  }
  std::string Animal() const { return project->Categories().at(0).name; }
};

const std::string kCvat =
    "<annotations><version>1.1</version><meta><task><source>clip.mp4</source></task></meta>"
    R"(<track id="0" label="mouse">)"
    R"(<box frame="4" outside="0" keyframe="1" xtl="1" ytl="1" xbr="9" ybr="9"/>)"
    "</track></annotations>";
const std::string kBox = "0 0.5 0.5 0.25 0.25\n";

}  // namespace

TEST_CASE("an export of CVAT is imported as it was downloaded, and no picture of it is unpacked") {
  Stage stage;
  const auto zip = stage.Zip({{"annotations.xml", kCvat}, {"images/frame_000004.PNG", "pixels"}});
  CHECK(datasets::RecognizeFormat(zip) == "cvat");
  CHECK(stage.Import(zip).annotations == 1);
  CHECK(stage.Frames() == std::vector<int>{4});
  CHECK(stage.Import(zip).annotations == 0);
  const datasets::UnpackedZip unpacked(zip, stage.job);
  CHECK(unpacked.files().size() == 1);
  CHECK_FALSE(fs::exists(unpacked.left_out().at(0)));
  CHECK(unpacked.folder().filename() == "export");
}

TEST_CASE("folders of YOLO are found in an archive, with the names of their animals") {
  SUBCASE("CVAT's YOLO 1.1") {
    Stage stage;
    stage.Import(stage.Zip({{"obj.names", "rat\n"},
                            {"obj.data", "classes = 1\nnames = data/obj.names\n"},
                            {"train.txt", "data/obj_train_data/frame_000007.PNG\n"},
                            {"obj_train_data/frame_000007.txt", kBox}}));
    CHECK(stage.Frames() == std::vector<int>{7});
    CHECK(stage.Animal() == "rat");
  }
  SUBCASE("in a folder of its own, with what a Mac adds") {
    Stage stage;
    stage.Import(stage.Zip({{"my set/data.yaml", "names: [rat]\ntrain: images/train\n"},
                            {"my set/labels/train/clip_000009.txt", kBox},
                            {"my set/images/train/clip_000009.jpg", ""},
                            {"__MACOSX/my set/._data.yaml", "\x01\x02"}}));
    CHECK(stage.Frames() == std::vector<int>{9});
    CHECK(stage.Animal() == "rat");
  }
  SUBCASE("paths written by Windows") {
    Stage stage;
    stage.Import(stage.Zip({{"data.yaml", "names: [rat]\n"}, {"labels\\clip_000009.txt", kBox}}));
    CHECK(stage.Frames() == std::vector<int>{9});
  }
}

TEST_CASE("COCO, MOT and Label Studio are found in the folders where tools put them") {
  Stage stage;
  SUBCASE("coco") {
    const auto zip = stage.Zip({{"annotations/instances_default.json", Dataset().dump()}});
    CHECK(stage.Import(zip).annotations == 3);
  }
  SUBCASE("mot") {
    const auto zip =
        stage.Zip({{"gt/gt.txt", "1,1,4,4,10,10,1,1,1.0\n"}, {"gt/labels.txt", "rat\n"}});
    CHECK(stage.Import(zip).annotations == 1);
    CHECK(stage.Animal() == "rat");
  }
  SUBCASE("label studio") {
    const json region = {
        {"type", "rectanglelabels"},
        {"original_width", 64},
        {"original_height", 48},
        {"from_name", "l"},
        {"to_name", "i"},
        {"id", "a"},
        {"value",
         {{"x", 10}, {"y", 10}, {"width", 20}, {"height", 20}, {"rectanglelabels", {"rat"}}}}};
    const json task = {{"id", 1},
                       {"data", {{"image", "/data/upload/1/3d5ee66a-clip_000012.png"}}},
                       {"annotations", {{{"id", 1}, {"result", {region}}}}}};
    CHECK(stage.Import(stage.Zip({{"out/result.json", json::array({task}).dump()}})).annotations ==
          1);
    CHECK(stage.Frames() == std::vector<int>{12});
  }
}

TEST_CASE("the folder of a video is the one where the archive lies") {
  Stage stage;
  for (const char* day : {"one", "two"}) {
    fs::create_directory(stage.folder / day);
    AddVideoRow(*stage.project, std::string("cage ") + day, 100, 64, 48, 25,
                (stage.folder / day / "cage.mp4").string());
  }
  std::string text = kCvat;
  text.replace(text.find("clip.mp4"), 8, "cage.mp4");
  stage.Import(stage.Zip({{"annotations.xml", text}}, {}, "two/export.zip"));
  CHECK(stage.Frames("cage two") == std::vector<int>{4});
}

TEST_CASE("an archive called as a video stands for the folder of that name") {
  Stage stage;
  AddVideoRow(*stage.project, "other", 100, 64, 48);
  stage.Import(stage.Zip({{"classes.txt", "rat\n"}, {"000005.txt", kBox}}, {}, "other.zip"));
  CHECK(stage.Frames("other") == std::vector<int>{5});
}

TEST_CASE("of several files that could be meant, none is taken, and all are named") {
  Stage stage;
  SUBCASE("of several formats: --format says which") {
    const auto zip = stage.Zip({{"annotations.xml", kCvat}, {"instances.json", Dataset().dump()}});
    CHECK(Says(stage.Refusal(zip), {"'export.zip'", "annotations.xml (cvat)",
                                    "instances.json (coco)", "vole import P", "--format"}));
    CHECK(stage.Import(zip, "coco").annotations == 3);
  }
  SUBCASE("of one format") {
    const auto zip = stage.Zip({{"train/_annotations.coco.json", Dataset().dump()},
                                {"valid/_annotations.coco.json", Dataset().dump()}});
    for (const char* format : {"", "coco"}) {
      CHECK(Says(stage.Refusal(zip, format), {"train/_annotations.coco.json (coco)",
                                              "valid/_annotations.coco.json", "unpack it"}));
    }
  }
}

TEST_CASE("an archive without anything to import says what is in it") {
  Stage stage;
  CHECK(Says(stage.Refusal(WriteText(
                 stage.folder, std::string("PK\x05\x06", 4) + std::string(18, '\0'), "export.zip")),
             {"'export.zip'", "nothing is in it"}));
  CHECK(Says(stage.Refusal(stage.Zip({{"a.png", "x"}})), {"no labels"}));
  CHECK(Says(stage.Refusal(stage.Zip({{"in/second.zip", "x"}})), {"in/second.zip", "unpack it"}));
  CHECK(
      Says(stage.Refusal(stage.Zip({{"readme.md", "hello"}})), {"readme.md", "cvat", "--format"}));
  CHECK(Says(stage.Refusal(stage.Zip({{"a.xml", kCvat}, {"b.json", "{}"}}), "boris"),
             {"a.xml, b.json", "boris"}));
  CHECK(Says(stage.Refusal(WriteText(stage.folder, "no", "a.zip")), {"no ZIP archive"}));
}

TEST_CASE("what is wrong in a file is said of the file in the archive") {
  Stage stage;
  std::string text = kCvat;
  text.replace(text.find("xtl=\"1\""), 7, "xtl=\"a\"");
  CHECK(Says(stage.Refusal(stage.Zip({{"annotations.xml", text}})),
             {"export.zip: CVAT file 'annotations.xml'"}));
}

TEST_CASE("labels of pictures that are in the archive alone are refused: they would be lost") {
  Stage stage;
  json dataset = Dataset();
  dataset.erase("videos");
  for (json& image : dataset["images"]) {
    image.erase("video_id");
    image["file_name"] = "nest" + std::to_string(int(image["id"])) + ".png";
  }
  const auto zip = stage.Zip({{"annotations/instances.json", dataset.dump()},
                              {"images/nest1.png", "x"},
                              {"images/nest2.png", "x"}});
  CHECK(Says(stage.Refusal(zip), {"picture in the archive 'export.zip'", "unpack"}));
}

TEST_CASE("names that lead out of the folder are refused, and nothing is written there") {
  for (const char* name :
       {"../evil.json", "../../../evil.json", "a/../../evil.json", "a\\..\\..\\evil.json"}) {
    Stage stage;
    CHECK(Says(stage.Refusal(stage.Zip({{"annotations.xml", kCvat}, {name, "{}"}})),
               {"'export.zip'", name, "leads out"}));
    for (const fs::path& above :
         {stage.folder / "tmp", stage.folder.path(), stage.folder.path().parent_path()}) {
      CHECK_FALSE(fs::exists(above / "evil.json"));
    }
  }
  for (const char* name : {"/evil.json", "\\evil.json", "C:\\evil.json", "c:/evil.json"}) {
    Stage stage;
    CHECK(Says(stage.Refusal(stage.Zip({{"annotations.xml", kCvat}, {name, "{}"}})),
               {name, "from the root of a disk"}));
  }
}

TEST_CASE("links, twins, and names that cannot be read are refused by their entry") {
  Stage stage;
  CHECK(Says(stage.Refusal(stage.Zip({{"annotations.xml", "/etc/passwd"}},
                                     [](zip_t* zip, zip_uint64_t at) {
                                       zip_file_set_external_attributes(zip, at, 0, ZIP_OPSYS_UNIX,
                                                                        (S_IFLNK | 0777u) << 16);
                                     })),
             {"'annotations.xml'", "is a link"}));
  const Entries twins = {{"annotations.xml", kCvat}, {"annotationz.xml", kCvat}};
  CHECK(Says(stage.Refusal(stage.Patched(stage.Zip(twins), "annotationz", "annotations")),
             {"'annotations.xml'", "stands there twice"}));
  CHECK(Says(stage.Refusal(stage.Zip({{"a/b.xml", kCvat}, {"a//./b.xml", kCvat}})),
             {"stands there twice"}));
  CHECK(Says(stage.Refusal(stage.Patched(stage.Zip(twins), "annotationz", "annotation\xE4")),
             {"annotation\xEF\xBF\xBD.xml", "not UTF-8"}));
  CHECK(Says(stage.Refusal(stage.Patched(stage.Zip(twins), "annotationz", "annotation\x1b")),
             {"cannot be seen"}));
  CHECK(Says(stage.Refusal(stage.Zip({{"a.xml", kCvat}, {"a.xml/b.xml", kCvat}})),
             {"a.xml/b.xml", "cannot be written"}));
}

TEST_CASE("archives that are encrypted, damaged or cut short say so") {
  Stage stage;
  CHECK(Says(stage.Refusal(stage.Zip({{"annotations.xml", kCvat}},
                                     [](zip_t* zip, zip_uint64_t at) {
                                       zip_file_set_encryption(zip, at, ZIP_EM_AES_256, "secret");
                                     })),
             {"'annotations.xml'", "is encrypted", "password"}));
  const auto store = [](zip_t* zip, zip_uint64_t at) {
    zip_set_file_compression(zip, at, ZIP_CM_STORE, 0);
  };
  const auto zip = stage.Zip({{"annotations.xml", kCvat}}, store);
  CHECK(Says(stage.Refusal(stage.Patched(zip, "mouse", "louse")),
             {"'annotations.xml'", "is damaged", "get it again"}));
  fs::resize_file(zip, fs::file_size(zip) / 2);
  CHECK(Says(stage.Refusal(zip), {"'export.zip'", "damaged or cut short", "get it again"}));
}

TEST_CASE("archives that would fill the disk are refused before they do") {
  Stage stage;
  const auto refusal = [&](const fs::path& zip, const datasets::UnpackLimits& limits) {
    return ErrorOf([&] { datasets::UnpackedZip(zip, stage.job, limits); });
  };
  const auto bomb = stage.Zip({{"a.json", "{}"}, {"zeros.json", std::string(1 << 20, '0')}});
  datasets::UnpackLimits limits;
  CHECK(refusal(bomb, limits) == "");  // what is small may be packed as well as it likes
  limits.unsuspected = 1000;
  CHECK(Says(refusal(bomb, limits), {"'zeros.json'", "far more than labels do"}));
  limits = {};
  limits.bytes = 1000;
  CHECK(Says(refusal(bomb, limits), {"'zeros.json'", "more than"}));
  limits = {};
  limits.entries = 1;
  CHECK(Says(refusal(bomb, limits), {"2 entries, more than 1"}));
}

TEST_CASE("an import that is cancelled while it unpacks leaves nothing behind") {
  Stage stage;
  const auto zip = stage.Zip({{"annotations.xml", kCvat}});
  datasets::Job* running = nullptr;
  bool seen = false;
  datasets::Job job([&](const datasets::Job::Progress& progress) {
    if (progress.text != "unpacking export.zip") return;
    seen = !fs::is_empty(stage.folder / "tmp");
    running->Cancel();
  });
  running = &job;
  CHECK_THROWS_AS(datasets::Import(*stage.project, "cvat", zip, {}, job), datasets::Cancelled);
  CHECK(seen);
  CHECK(stage.project->Images().empty());
}

TEST_CASE("an archive whose format is not said is unpacked once, and the format told first") {
  Stage stage;
  const auto zip = stage.Zip({{"annotations.xml", kCvat}});
  int begun = 0;
  datasets::Job job([&](const datasets::Job::Progress& progress) {
    begun += progress.text == "unpacking export.zip" && progress.done == 0;
  });
  std::string told;
  size_t there = 99;
  const auto report =
      datasets::Import(*stage.project, "", zip, {}, job, [&](const std::string& format) {
        told = format;
        there = stage.project->Images().size();
      });
  CHECK(report.annotations == 1);
  CHECK(told == "cvat");
  CHECK(there == 0);
  CHECK(begun == 1);
  told.clear();
  const auto file = WriteText(stage.folder, kCvat, "annotations.xml");
  const auto tell = [&](const std::string& format) { told += format; };
  datasets::Import(*stage.project, "", file, {}, job, tell);
  datasets::Import(*stage.project, "cvat", file, {}, job, tell);
  CHECK(told == "cvat");
  CHECK(Says(ErrorOf([&] {
               datasets::Import(*stage.project, "", WriteText(stage.folder, "x", "x.json"), {},
                                job);
             }),
             {"like none", "--format"}));
}

TEST_CASE("films of every kind stay packed") {
  Stage stage;
  Entries entries = {{"annotations.xml", kCvat}};
  for (const char* film :
       {"a.mp4", "b.TS", "c.flv", "d.ogv", "e.3gp", "f.y4m", "g.vob", "h.h264"}) {
    entries.emplace_back(film, "film");
  }
  const datasets::UnpackedZip unpacked(stage.Zip(entries), stage.job);
  CHECK(unpacked.files().size() == 1);
  CHECK(unpacked.left_out().size() == entries.size() - 1);
}

TEST_CASE("an error of the project's database is not taken for one of the archive") {
  Stage stage;
  const datasets::UnpackedZip zip(stage.Zip({{"annotations.xml", kCvat}}), stage.job);
  const auto busy = [] { throw datasets::BusyError(SQLITE_BUSY, "project 'p.vole'", "busy"); };
  CHECK_THROWS_AS(datasets::SaidOf(zip, busy), datasets::BusyError);
}

}  // namespace zip_import_test
