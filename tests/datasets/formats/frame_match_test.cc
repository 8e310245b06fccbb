#include "datasets/exchange/frame_match.h"

#include <doctest/doctest.h>

#include "datasets/base/url.h"
#include "datasets/exchange/frame_place.h"
#include "tests/support/coco_sample.h"

namespace frame_match_test {

using namespace tests;  // the vocabulary of these tests
using datasets::FrameName;
using datasets::ImportOptions;
using datasets::Job;
using datasets::ReadFrameName;

namespace {

std::string Read(const std::string& name) {
  const auto read = ReadFrameName(name);
  return read ? read->video + "|" + std::to_string(read->number) : "none";
}

// A labelme file of one square on a picture called `picture`.
void WriteLabelme(const TempDir& folder, const std::string& file, const std::string& picture,
                  double x = 5) {
  std::filesystem::create_directories((folder / file).parent_path());
  const json shape = {{"label", "mouse"},
                      {"shape_type", "polygon"},
                      {"group_id", nullptr},
                      {"points", {{x, 5}, {x + 10, 5}, {x + 10, 15}, {x, 15}}}};
  WriteText(
      folder,
      json{{"imagePath", picture}, {"imageWidth", 64}, {"imageHeight", 48}, {"shapes", {shape}}}
          .dump(),
      file);
}

std::vector<int> LabeledFrames(const datasets::Project& project, const std::string& video) {
  std::vector<int> frames;
  for (const auto& image : project.ImagesOfVideo(project.VideoByName(video).id)) {
    if (!project.AnnotationsOfImage(image.id).empty()) frames.push_back(*image.frame_index);
  }
  return frames;
}

json Images(const std::vector<std::string>& names) {
  json dataset = Dataset();
  dataset.erase("videos");
  dataset["images"] = json::array();
  dataset["annotations"] = json::array();
  for (size_t i = 0; i < names.size(); ++i) {
    dataset["images"].push_back({{"id", i + 1}, {"file_name", names[i]}});
    dataset["annotations"].push_back({{"id", i + 1},
                                      {"image_id", i + 1},
                                      {"category_id", 10},
                                      {"segmentation", Square(4, 4, 10)}});
  }
  return dataset;
}

}  // namespace

TEST_CASE("each tool's way to name a frame is read, and a number that is none is left alone") {
  CHECK(Read("cage4.mp4#000012") == "cage4.mp4|12");
  CHECK(Read("day1/cage4.mp4#12") == "day1/cage4.mp4|12");
  CHECK(Read("cage4_000012.png") == "cage4|12");
  CHECK(Read("cage4_000000012.json") == "cage4|12");
  CHECK(Read("cage4.000012.json") == "cage4|12");
  CHECK(Read("cage4.mp4_000012.png") == "cage4.mp4|12");
  CHECK(Read("cage4_13.txt") == "cage4|13");
  CHECK(Read("frames/cage4_frame12.jpg") == "cage4|12");
  CHECK(Read("cage4-img-0012.png") == "cage4|12");
  CHECK(Read("frame_000012.PNG") == "|12");
  CHECK(Read("img0012.png") == "|12");
  CHECK(Read("out001.jpg") == "|1");
  CHECK(Read("cage4\\00012.jpg") == "|12");
  CHECK(Read("cage4_mp4-0012_jpg.rf.37c622c6a79b700b0b2a707896b63ff1.jpg") == "cage4.mp4|12");
  CHECK(Read("cage4_mp4-0012_jpg.rf.858502c8be34efc710cf41c26564838a.jpg") == "cage4.mp4|12");
  CHECK(Read("frame_0012_png.rf.858502c8be34efc710cf41c26564838a.jpg") == "|12");
  CHECK(Read("3d5ee66a-frame_000012.png") == "|12");
  CHECK(Read("3d5ee66a-000012.png") == "|12");
  CHECK(ReadFrameName("3d5ee66a-cage4_000012.png")->inner_video == "cage4");
  CHECK(Read("/data/local-files/?d=cage4_000012.png") == "cage4|12");
  CHECK(Read("20251128-cage4_000012.png") == "20251128-cage4|12");  // a date is the video's own
  CHECK(Read("20251128_000012.png") == "20251128|12");
  for (const char* none :
       {"cage4.png", "37c622c6a79b700b0b2a707896b63ff1.jpg", "cage4.mp4", "",
        "vlcsnap-2025-11-28-12h03m45s123.png", "cage4_1234567890123.png", "#", "frame_.png"}) {
    CAPTURE(none);
    CHECK(Read(none) == "none");
  }
}

TEST_CASE("labels whose names say another video are refused with both names, whatever the format") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  Job job;
  WriteLabelme(folder, "labelme/rat_day2_000012.json", "rat_day2_000012.png");
  WriteLabelme(folder, "labelme/fly_day9_000003.json", "fly_day9_000003.png");
  std::filesystem::create_directory(folder / "yolo");
  WriteText(folder, "0 0.1 0.1 0.4 0.1 0.4 0.4\n", "yolo/rat_000012.txt");
  const auto coco = WriteText(folder, Images({"rat_000012.png"}).dump());
  const std::map<std::string, std::filesystem::path> files = {
      {"labelme", folder / "labelme"}, {"yolo", folder / "yolo"}, {"coco", coco}};
  for (const auto& [format, path] : files) {
    const auto import = [&, &name = format, &from = path] {
      Import(*project, name, from, {}, job);
    };
    CHECK(Says(ErrorOf(import), {format == "labelme" ? "fly_day9" : "'rat'", "clip", "--video"}));
    CHECK(project->Images().empty());
  }
  // Two recordings are not one video, even where --video is said; one is, when it is.
  ImportOptions said;
  said.video = "clip";
  CHECK(Says(ErrorOf([&] { Import(*project, "labelme", folder / "labelme", said, job); }),
             {"rat_day2", "fly_day9", "'clip'"}));
  CHECK(Import(*project, "yolo", folder / "yolo", said, job).annotations == 1);
  CHECK(LabeledFrames(*project, "clip") == std::vector<int>{12});
}

TEST_CASE("with --video, labels of the project's other videos are left out and counted") {
  for (const std::string format : {"labelme", "coco"}) {
    CAPTURE(format);
    TempDir folder;
    auto project = LabelProject(folder.path());
    AddVideoRow(*project, "other", 100, 64, 48);
    WriteLabelme(folder, "in/clip_000003.json", "clip_000003.png");
    WriteLabelme(folder, "in/other_000004.json", "other_000004.png");
    const auto coco = WriteText(folder, Images({"clip_000003.png", "other_000004.png"}).dump());
    ImportOptions options;
    options.video = "other";
    Job job;
    const auto report =
        Import(*project, format, format == "coco" ? coco : folder / "in", options, job);
    CHECK(report.annotations == 1);
    REQUIRE(report.warnings.size() == 1);
    CHECK(Says(report.warnings[0], {"1 images of other videos"}));
    CHECK(LabeledFrames(*project, "other") == std::vector<int>{4});
  }
}

TEST_CASE("names that say no video go to the only one, and the import says so") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  const auto report = ImportText(*project, folder, Images({"frame_000000.PNG"}).dump());
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"names no video", "'clip'"}));
  AddVideoRow(*project, "other", 100, 64, 48);
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, Images({"frame_000002.PNG"}).dump()); }),
             {"which video", "clip, other", "--video"}));
}

TEST_CASE("a folder named after a video says the video of pictures that are only numbered") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  AddVideoRow(*project, "other", 100, 64, 48);
  WriteLabelme(folder, "in/other/img0007.json", "img0007.png");
  Job job;
  CHECK(Import(*project, "labelme", folder / "in", {}, job).annotations == 1);
  CHECK(LabeledFrames(*project, "other") == std::vector<int>{7});
}

TEST_CASE("Roboflow's names lead to the frames, and its augmented copies are refused") {
  const std::string hash1 = "_jpg.rf.37c622c6a79b700b0b2a707896b63ff1.jpg";
  const std::string hash2 = "_jpg.rf.858502c8be34efc710cf41c26564838a.jpg";
  TempDir folder;
  auto project = LabelProject(folder.path());
  json dataset = Images({"clip_mp4-0012" + hash1, "clip_mp4-0020" + hash2, "renamed.jpg"});
  dataset["images"][2]["extra"] = {{"name", "clip_mp4-0044.jpg"}};
  dataset["categories"] = {{{"id", 0}, {"name", "mice"}, {"supercategory", "none"}},
                           {{"id", 10}, {"name", "Ada"}, {"supercategory", "mice"}}};
  const auto report = ImportText(*project, folder, dataset.dump());
  CHECK(LabeledFrames(*project, "clip") == std::vector<int>{12, 20, 44});
  CHECK(project->Categories().size() == 1);  // the root is no animal
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"Roboflow", "every frame"}));
  const json copies = Images({"clip_mp4-0012" + hash1, "clip_mp4-0012" + hash2});
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, copies.dump()); }),
             {"frame 12", "'clip'", "twice", "augmented"}));
}

TEST_CASE("Label Studio's mark before a name does not hide the video") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  AddVideoRow(*project, "other", 100, 64, 48);
  ImportText(*project, folder, Images({"images/3d5ee66a-other_000012.png"}).dump());
  CHECK(LabeledFrames(*project, "other") == std::vector<int>{12});
}

TEST_CASE("frames count from the number that the user says, or the import says what it took") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  AddVideoRow(*project, "other", 100, 64, 48);
  const json dataset = Images({"clip_000001.png", "clip_000100.png"});
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, dataset.dump()); }),
             {"frame 100", "outside", "--first-frame"}));
  ImportOptions options;
  options.first_frame = 1;
  CHECK(ImportText(*project, folder, dataset.dump(), options).warnings.empty());
  CHECK(LabeledFrames(*project, "clip") == std::vector<int>{0, 99});
  const auto report = ImportText(*project, folder, Images({"other_000001.png"}).dump());
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"begin at 1", "--first-frame 1"}));
  options.first_frame = 5;
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, dataset.dump(), options); }),
             {"number 1", "begin at 5", "--first-frame"}));
}

TEST_CASE("YOLO results of Ultralytics count frames from 1 unless their names show otherwise") {
  const std::map<std::vector<std::string>, std::vector<int>> expected = {
      {{"clip_1", "clip_12"}, {0, 11}},            // as Ultralytics writes them
      {{"clip_0", "clip_12"}, {0, 12}},            // there is a 0
      {{"clip_000001", "clip_000012"}, {1, 12}}};  // padded: other tools
  for (const auto& [names, frames] : expected) {
    TempDir folder;
    auto project = LabelProject(folder.path());
    std::filesystem::create_directory(folder / "in");
    for (const std::string& name : names) {
      WriteText(folder, "0 0.1 0.1 0.4 0.1 0.4 0.4\n", "in/" + name + ".txt");
    }
    Job job;
    Import(*project, "yolo", folder / "in", {}, job);
    CHECK(LabeledFrames(*project, "clip") == frames);
  }
  TempDir folder;
  auto project = LabelProject(folder.path(), 5000);
  std::filesystem::create_directory(folder / "in");
  WriteText(folder, "0 0.1 0.1 0.4 0.1 0.4 0.4\n", "in/clip_1234.txt");
  Job job;
  CHECK(Says(ErrorOf([&] { Import(*project, "yolo", folder / "in", {}, job); }),
             {"clip_1234.txt", "--first-frame"}));
}

TEST_CASE("the folders that a file names tell two videos of one name apart, not their order") {
  json dataset = Dataset();
  dataset["videos"] = {{{"id", 1}, {"name", "clip"}, {"file_name", "day1/clip.mp4"}},
                       {{"id", 2}, {"name", "clip_2"}, {"file_name", "day2/clip.mp4"}}};
  dataset["images"][1]["video_id"] = 2;
  TempDir folder;
  auto project = datasets::Project::Create(folder / "p.vole");
  AddVideoRow(*project, "clip", 100, 64, 48, 25, "day2/clip.mp4");  // the other way round
  AddVideoRow(*project, "clip_2", 100, 64, 48, 25, "day1/clip.mp4");
  ImportText(*project, folder, dataset.dump());
  CHECK(LabeledFrames(*project, "clip_2") == std::vector<int>{3});
  CHECK(LabeledFrames(*project, "clip") == std::vector<int>{7});
  // What labelme and YOLO exports call them is found again too.
  for (const std::string format : {"labelme", "yolo"}) {
    CAPTURE(format);
    Job job;
    Export(*project, format, folder / format, {}, job);
    CHECK(Import(*project, format, folder / format, {}, job).already_present == 3);
  }
  Job job;
  const auto table = WriteText(
      folder, "video,subject,behavior,start_frame,stop_frame\nday1/clip.mp4,ann,run,3,5\n",
      "t.csv");
  CHECK(Import(*project, "behaviors", table, {}, job).intervals == 1);
  Export(*project, "behaviors", folder / "out.csv", {}, job);
  CHECK(Import(*project, "behaviors", folder / "out.csv", {}, job).already_present == 1);
  // With one of the two in the project, the labels of the other have no place.
  auto alone = datasets::Project::Create(folder / "alone.vole");
  AddVideoRow(*alone, "clip", 100, 64, 48, 25, "day2/clip.mp4");
  CHECK(Says(ErrorOf([&] { ImportText(*alone, folder, dataset.dump()); }),
             {"day1/clip.mp4", "day2/clip.mp4", "add-video"}));
}

TEST_CASE("two people's files of one frame are not mixed") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  WriteLabelme(folder, "in/anna/clip_000003.json", "clip_000003.png");
  WriteLabelme(folder, "in/ben/clip_000003.json", "clip_000003.png", 30);
  Job job;
  CHECK(Says(ErrorOf([&] { Import(*project, "labelme", folder / "in", {}, job); }),
             {"frame 3", "anna", "ben"}));
}

namespace {

// `clip`, and two others whose files are called cage4.mp4.
std::unique_ptr<datasets::Project> WithTwins(const TempDir& folder) {
  auto project = LabelProject(folder.path());
  AddVideoRow(*project, "cage4", 100, 64, 48, 25, "day1/cage4.mp4");
  AddVideoRow(*project, "cage4_2", 100, 64, 48, 25, "day2/cage4.mp4");
  return project;
}

}  // namespace

TEST_CASE("--video says which of several videos of a name is meant, and is none of others") {
  TempDir folder;
  auto project = WithTwins(folder);
  const auto name_of = [&](const std::string& forced, const std::string& name) -> std::string {
    const datasets::VideoMatcher matcher(*project, folder / "labels.json", forced);
    const datasets::VideoRow* video = matcher.FindOrForced(name);
    return video ? video->name : matcher.Knows(name) ? "several" : "none";
  };
  CHECK(name_of("cage4_2", "cage4.mp4") == "cage4_2");
  CHECK(name_of("cage4_2", "day1/cage4.mp4") == "cage4");
  CHECK(name_of("clip", "cage4.mp4") == "several");
  CHECK(name_of("clip", "unheard.mp4") == "none");
  CHECK(Says(ErrorOf([&] { name_of("", "cage4.mp4"); }), {"2 videos of that name", "--video"}));
}

TEST_CASE("labels whose name fits several other videos do not land on --video") {
  ImportOptions options;
  options.video = "clip";
  for (const std::string first : {"cage4_000003.png", "cage4/000003.png"}) {
    CAPTURE(first);
    TempDir folder;
    auto project = WithTwins(folder);
    const auto report =
        ImportText(*project, folder, Images({first, "clip_000005.png"}).dump(), options);
    CHECK(LabeledFrames(*project, "clip") == std::vector<int>{5});
    CHECK(report.annotations == 1);
    REQUIRE(report.warnings.size() == 1);
    CHECK(Says(report.warnings[0], {"1 images of other videos"}));
    CHECK(ImportText(*project, folder, Images({first}).dump(), options).annotations == 0);
  }
}

TEST_CASE("a backslash in the name of a file is itself before it is that of Windows") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  AddVideoRow(*project, "odd", 100, 64, 48, 25, "odd\\clip.mp4");
  json dataset = Images({"odd\\clip.mp4#000004", "C:\\films\\clip.mp4#000006", "c.png"});
  dataset["videos"] = {{{"id", 1}, {"file_name", "odd\\clip.mp4"}}};
  dataset["images"][2]["video_id"] = 1;
  dataset["images"][2]["frame_index"] = 9;
  ImportText(*project, folder, dataset.dump());
  CHECK(LabeledFrames(*project, "odd") == std::vector<int>{4, 9});
  CHECK(LabeledFrames(*project, "clip") == std::vector<int>{6});
  Job job;
  const auto table = WriteText(folder,
                               "video,subject,behavior,start_frame,stop_frame\n"
                               "odd\\clip.mp4,ann,run,3,5\nday1\\clip.mp4,ann,run,7,8\n",
                               "t.csv");
  Import(*project, "behaviors", table, {}, job);
  CHECK(project->BehaviorIntervals(project->VideoByName("odd").id).size() == 1);
}

TEST_CASE("only what is a URL is decoded, and only once") {
  using datasets::PathOfUrl;
  CHECK(PathOfUrl("https://x.y/my%20cage.png?sig=1") == "x.y/my cage.png");
  CHECK(PathOfUrl("/data/upload/1/a%20b.png") == "1/a b.png");
  CHECK(PathOfUrl("/data/local-files/?d=50%2525/a%20b.png") == "50%25/a b.png");
  CHECK(PathOfUrl("http://localhost:8080/data/local-files/?d=a%20b.png") == "a b.png");
  for (const char* plain : {"50%25.mp4", "what?.png", "a/b%20c.png", "s3://bucket/a%20b.png"}) {
    CHECK(PathOfUrl(plain) == plain);
  }
  CHECK(PathOfUrl(PathOfUrl("/data/upload/50%2525.mp4")) == "50%25.mp4");
  TempDir folder;
  auto project = LabelProject(folder.path());
  AddVideoRow(*project, "50%25", 100, 64, 48);
  ImportText(*project, folder,
             Images({"50%25_000003.png", "https://x.y/50%2525_000004.png"}).dump());
  CHECK(LabeledFrames(*project, "50%25") == std::vector<int>{3, 4});
}

}  // namespace frame_match_test
