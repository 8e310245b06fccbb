// Labels of a recording that lies in several files: by the numbers of the whole, or of its files.
#include <doctest/doctest.h>

#include "datasets/exchange/frame_export.h"
#include "datasets/exchange/frame_match.h"
#include "datasets/formats/formats.h"
#include "datasets/store/writer.h"
#include "datasets/video_files.h"
#include "tests/support/coco_sample.h"
#include "tests/support/store_data.h"

namespace parts_import_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ImportOptions;
using datasets::Job;
using datasets::Project;
namespace fs = std::filesystem;

namespace {

const std::string kBorisTable =
    "Observation id,Media file name,Total length,FPS,Subject,Behavior,Behavior type,Start (s),"
    "Stop (s)\n";
const std::string kScoredTable = "video,subject,behavior,start_frame,stop_frame\n";

// In parts where there are several files, of 30, 20 and 50 frames; 25 frames a second, no file.
datasets::Id Add(Project& project, const std::string& name, const std::vector<std::string>& files) {
  const int kFrames[] = {30, 20, 50};
  std::vector<datasets::VideoIndex> indices;
  for (size_t i = 0; i < files.size(); ++i) {
    indices.push_back(Index(kFrames[i]));
    indices.back().fingerprint = name + std::to_string(i);
  }
  const auto index = files.size() > 1 ? datasets::JoinIndices(files, indices) : indices[0];
  datasets::VideoRow video = Video(name, index);
  video.path = files[0];
  video.fingerprint = index.fingerprint;
  video.parts = index.parts;
  datasets::Id id = 0;
  project.Write([&](datasets::Writer& writer) { id = writer.InsertVideo(video, index, {}); });
  return id;
}

// The project's name for the video that a file beside the project calls so; "" for none.
std::string Meant(const Project& project, const std::string& name) {
  const datasets::VideoMatcher matcher(project, project.folder() / "labels.csv", "");
  const datasets::VideoPart* part = nullptr;
  const datasets::VideoRow* video = matcher.Find(name, false, &part);
  return !video ? "" : part ? video->name + " in " + part->path : video->name;
}

// `exp`: rec_0.mp4 with frames 0 to 29, rec_1.mp4 with 30 to 49, rec_2.mp4 with 50 to 99; 25
// frames a second, no file.
struct InParts {
  TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "p.vole");
  Job job;

  InParts() { Add(*project, "exp", {"rec_0.mp4", "rec_1.mp4", "rec_2.mp4"}); }
  std::vector<int> Labeled() const {
    std::vector<int> frames;
    for (const auto& image : project->ImagesOfVideo(project->VideoByName("").id)) {
      if (!project->AnnotationsOfImage(image.id).empty()) frames.push_back(*image.frame_index);
    }
    return frames;
  }
  json Named(const std::vector<std::string>& names) const {
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
  std::string WhyNot(const std::string& format, const fs::path& file) {
    return ErrorOf([&] { datasets::Import(*project, format, file, {}, job); });
  }
};

}  // namespace

TEST_CASE("labels count over all parts where they name the recording, in its part where a file") {
  InParts in;
  ImportText(*in.project, in.folder,
             in.Named({"exp#000031", "rec_0.mp4#000005", "rec_1_000004.png", "rec_2.mp4#000000",
                       "day1/rec_2_000049.png"})
                 .dump());
  CHECK(in.Labeled() == std::vector<int>{5, 31, 34, 50, 99});
}

TEST_CASE("a frame that a part does not have is refused, for it would be one of the next part") {
  InParts in;
  const std::string why =
      ErrorOf([&] { ImportText(*in.project, in.folder, in.Named({"rec_1.mp4#000020"}).dump()); });
  CHECK(Says(why, {"frame 20", "'rec_1.mp4'", "part of the video 'exp'", "frames 0 to 19"}));
  CHECK(in.Labeled().empty());
}

TEST_CASE("what is exported of a recording in parts names the whole, and comes back to its place") {
  InParts in;
  ImportText(*in.project, in.folder, in.Named({"exp#000031", "exp#000099"}).dump());
  const fs::path out = in.folder / "out.json";
  datasets::Export(*in.project, "coco", out, {}, in.job);
  const json written = json::parse(std::ifstream(out));
  CHECK(written["videos"][0]["file_name"] == "exp");
  REQUIRE(written["videos"][0]["parts"].size() == 3);
  CHECK(written["videos"][0]["parts"][1]["path"] == "rec_1.mp4");
  CHECK(written["videos"][0]["parts"][1]["first_frame"] == 30);
  CHECK(written["videos"][0]["parts"][1]["start_s"] == 1.2);
  InParts other;
  datasets::Import(*other.project, "coco", out, {}, other.job);
  CHECK(other.Labeled() == std::vector<int>{31, 99});
}

TEST_CASE("bouts of BORIS, which counts seconds in each file, are joined over the seams") {
  InParts in;
  const fs::path file = in.folder / "boris.json";
  in.project->Write([&](datasets::Writer& writer) {
    datasets::BehaviorRow groom;
    groom.name = "groom";
    datasets::BehaviorIntervalRow bout;
    bout.video_id = 1;
    bout.behavior_id = writer.FindOrInsertBehavior(groom);
    bout.start_frame = 20;
    bout.end_frame = 60;
    writer.InsertBehaviorInterval(bout);
    bout.start_frame = 70;
    bout.end_frame = 80;
    writer.InsertBehaviorInterval(bout);
  });
  datasets::Export(*in.project, "boris", file, {}, in.job);
  const json written = json::parse(std::ifstream(file));
  const json& media = written["observations"].begin().value()["file"]["1"];
  REQUIRE(media.size() == 3);
  CHECK(media[2] == (in.folder / "rec_2.mp4").string());
  InParts other;
  datasets::Import(*other.project, "boris", file, {}, other.job);
  const auto bouts = other.project->BehaviorIntervals(1);
  REQUIRE(bouts.size() == 2);
  CHECK(bouts[0].start_frame == 20);
  CHECK(bouts[0].end_frame == 60);
  CHECK(bouts[1].start_frame == 70);
  CHECK(bouts[1].end_frame == 80);
}

TEST_CASE("a table of behavior that counts in a later part is refused with the number to add") {
  InParts in;
  const auto table = WriteText(in.folder, kScoredTable + "rec_1.mp4,,groom,3,5\n", "scored.csv");
  CHECK(Says(in.WhyNot("behaviors", table),
             {"'rec_1.mp4'", "part of the video 'exp'", "its first one is frame 30"}));
  const auto first =
      WriteText(in.folder, kScoredTable + "rec_0.mp4,,groom,3,5\nexp,,groom,40,41\n", "first.csv");
  CHECK(datasets::Import(*in.project, "behaviors", first, {}, in.job).intervals == 2);
}

TEST_CASE("two recordings whose parts have the same names are told apart by their folders") {
  TempDir folder;
  const auto project = Project::Create(folder / "p.vole");
  Add(*project, "one", {"cam1/GX01.MP4", "cam1/GX02.MP4"});
  Add(*project, "two", {"cam2/GX01.MP4", "cam2/GX02.MP4"});
  Add(*project, "alone", {"cam3/other.mp4"});
  const auto at = [&](const std::string& file) { return (folder / file).string(); };
  CHECK(Meant(*project, at("cam1/GX01.MP4") + ";" + at("cam1/GX02.MP4")) == "one");
  CHECK(Meant(*project, at("cam2/GX01.MP4") + ";" + at("cam2/GX02.MP4")) == "two");
  CHECK(Meant(*project, "cam2/GX01.MP4;cam2/GX02.MP4") == "two");
  CHECK(Says(ErrorOf([&] { Meant(*project, "GX01.MP4;GX02.MP4"); }), {"one", "two", "--video"}));
  // Neither the first nor the last of several files is all of them.
  CHECK(Meant(*project, at("cam1/GX01.MP4") + ";" + at("cam3/other.mp4")) == "");
  CHECK(Meant(*project, at("cam2/GX02.MP4")) == "two in cam2/GX02.MP4");
}

TEST_CASE("a recording that is called as one of its files is not told to tools as that file") {
  TempDir folder;
  const auto project = Project::Create(folder / "p.vole");
  Add(*project, "cage4", {"cage4.mp4", "cage4_1.mp4"});
  const auto movie = datasets::MovieFile(*project, project->VideoByName("cage4"));
  CHECK(movie == folder / "cage4_joined.mp4");
  CHECK(Meant(*project, movie.string()) == "cage4");
  CHECK(Meant(*project, "cage4_joined") == "cage4");
  CHECK(Meant(*project, "cage4") == "cage4");
  CHECK(Meant(*project, "cage4.mp4") == "cage4 in cage4.mp4");
  std::vector<std::string> warnings;
  datasets::NoteParts(*project, project->Videos(), &warnings);
  REQUIRE(warnings.size() == 1);
  CHECK(Says(warnings[0], {"cage4_joined.mp4"}));
}

TEST_CASE("a recording in parts and a file of its name keep their labels, there and back") {
  for (const auto& [like_part, folder_of_other] : std::vector<std::pair<bool, std::string>>{
           {false, "day2/"}, {true, "day2/"}, {false, "day1/"}}) {
    CAPTURE(like_part);
    CAPTURE(folder_of_other);
    TempDir folder;
    const auto project = Project::Create(folder / "p.vole");
    const std::string first = like_part ? "cage4_1.mp4" : "rec_1.mp4";
    const std::string second = like_part ? "cage4_2.mp4" : "rec_2.mp4";
    Add(*project, "cage4", {"day1/" + first, "day1/" + second});
    Add(*project, "cage4_2", {folder_of_other + "cage4.mp4"});
    datasets::ExportNames names(*project);
    for (const datasets::VideoRow& video : project->Videos()) {
      datasets::SelectedFrame frame;
      frame.video = &video;
      frame.frame_index = 12;
      const std::string name = names.Of(frame);
      CAPTURE(name);
      REQUIRE(name.size() > 7);
      CHECK(name.substr(name.size() - 7) == "_000012");
      CHECK(Meant(*project, name.substr(0, name.size() - 7)) == video.name);
    }
    const auto movie = datasets::MovieFile(*project, project->VideoByName("cage4"));
    CHECK(Meant(*project, movie.string()) == "cage4");
    CHECK(Meant(*project, (folder / (folder_of_other + "cage4.mp4")).string()) == "cage4_2");
    CHECK(Says(ErrorOf([&] { Meant(*project, "cage4"); }), {"2 videos of that name"}));
  }
}

TEST_CASE(
    "files of one name in two folders of a recording are not guessed, whatever --video says") {
  TempDir folder;
  Job job;
  const auto project = Project::Create(folder / "p.vole");
  Add(*project, "exp", {"100MEDIA/DJI_0001.MP4", "101MEDIA/DJI_0001.MP4"});
  CHECK(Meant(*project, "101MEDIA/DJI_0001.MP4") == "exp in 101MEDIA/DJI_0001.MP4");
  const InParts in;
  const fs::path labels =
      WriteText(folder, in.Named({"DJI_0001.MP4#000005"}).dump(), "labels.json");
  for (const char* forced : {"", "exp"}) {
    ImportOptions options;
    options.video = forced;
    CHECK(Says(ErrorOf([&] { datasets::Import(*project, "coco", labels, options, job); }),
               {"several parts of the video 'exp'"}));
  }
}

TEST_CASE("seconds count from a part of the chosen video, and from no part of another one") {
  InParts in;
  Add(*in.project, "other", {"other.mp4"});
  const auto table = WriteText(
      in.folder, kBorisTable + "o,rec_1.mp4,0.8,25,ann,groom,STATE,0.2,0.4\n", "boris.csv");
  for (const char* forced : {"exp", "other"}) {
    ImportOptions options;
    options.video = forced;
    datasets::Import(*in.project, "boris", table, options, in.job);
    const auto bouts = in.project->BehaviorIntervals(in.project->VideoByName(forced).id);
    REQUIRE(bouts.size() == 1);
    CHECK(bouts[0].start_frame == (forced == std::string("exp") ? 35 : 5));
  }
}

TEST_CASE("of several videos of one name --video is the one that a table of BORIS is about") {
  TempDir folder;
  Job job;
  const auto project = Project::Create(folder / "p.vole");
  Add(*project, "cage4", {"day1/cage4.mp4"});
  const datasets::Id second = Add(*project, "cage4_2", {"day2/cage4.mp4"});
  ImportOptions options;
  options.video = "cage4_2";
  const auto table =
      WriteText(folder, kBorisTable + "o,cage4.mp4,1.2,25,ann,groom,STATE,0.2,0.4\n", "boris.csv");
  CHECK(datasets::Import(*project, "boris", table, options, job).intervals == 1);
  CHECK(project->BehaviorIntervals(second).size() == 1);
}

TEST_CASE("two who observed a part are told apart in all parts, one a part are not two") {
  const auto observation = [](const std::vector<std::string>& files, const json& events) {
    json lengths = json::object();
    for (const std::string& file : files) lengths[file] = file == "rec_0.mp4" ? 1.2 : 0.8;
    return json{
        {"file", {{"1", files}}}, {"media_info", {{"length", lengths}}}, {"events", events}};
  };
  const auto authors = [](const json& observations) {
    InParts in;
    const json written = {{"behaviors_conf", {{"0", {{"type", "State event"}, {"code", "groom"}}}}},
                          {"observations", observations}};
    datasets::Import(*in.project, "boris", WriteText(in.folder, written.dump(), "a.boris"), {},
                     in.job);
    std::vector<std::string> all;
    for (const auto& bout : in.project->BehaviorIntervals(1)) all.push_back(bout.author);
    return all;
  };
  const auto bout = [](double start) {
    return json{{start, "", "groom", "", ""}, {start + 0.2, "", "groom", "", ""}};
  };
  json twice = bout(0.2);
  for (const json& event : bout(1.4)) twice.push_back(event);
  CHECK(authors({{"A", observation({"rec_0.mp4", "rec_1.mp4"}, twice)},
                 {"B", observation({"rec_1.mp4"}, bout(0.4))}}) ==
        std::vector<std::string>{"A", "A", "B"});
  CHECK(authors({{"A", observation({"rec_0.mp4"}, bout(0.2))},
                 {"B", observation({"rec_1.mp4"}, bout(0.4))}}) ==
        std::vector<std::string>{"import", "import"});
}

TEST_CASE("--video does not make the frames of a later part those of the whole") {
  InParts in;
  ImportOptions options;
  options.video = "exp";
  const auto table = WriteText(in.folder, kScoredTable + "rec_1.mp4,,groom,3,5\n", "scored.csv");
  const auto both = WriteText(
      in.folder, kScoredTable + "rec_0.mp4,,groom,3,5\nrec_1.mp4,,groom,3,5\n", "both.csv");
  const auto mot = WriteText(in.folder, "1,1,4,4,10,10,1,-1,-1,-1\n", "rec_1.txt");
  for (const fs::path& file : {table, both, mot}) {
    const std::string format = file == mot ? "mot" : "behaviors";
    CAPTURE(file.string());
    const std::string why =
        ErrorOf([&] { datasets::Import(*in.project, format, file, options, in.job); });
    CHECK(Says(why, {"part of the video 'exp'", "its first one is frame 30"}));
  }
  CHECK(in.Labeled().empty());
  CHECK(in.project->BehaviorIntervals(1).empty());
}

TEST_CASE("that the name of another recording fits several of its files is no matter to --video") {
  TempDir folder;
  Job job;
  const auto project = Project::Create(folder / "p.vole");
  Add(*project, "exp", {"100MEDIA/DJI_0001.MP4", "101MEDIA/DJI_0001.MP4"});
  const datasets::Id other = Add(*project, "other", {"other.mp4"});
  ImportOptions options;
  options.video = "other";
  const auto table = WriteText(folder,
                               kScoredTable +
                                   "DJI_0001.MP4,,groom,3,5\n101MEDIA/DJI_0001.MP4,,groom,6,7\n"
                                   "other.mp4,,groom,8,9\n",
                               "scored.csv");
  const auto report = datasets::Import(*project, "behaviors", table, options, job);
  CHECK(report.intervals == 1);
  CHECK(project->BehaviorIntervals(other).size() == 1);
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"2 lines about other videos"}));
}

TEST_CASE("--video says how long the one of several files of a name is that BORIS speaks of") {
  TempDir folder;
  Job job;
  const auto project = Project::Create(folder / "p.vole");
  Add(*project, "cage4", {"day1/cage4.mp4"});
  const datasets::Id second = Add(*project, "cage4_2", {"day2/cage4.mp4"});
  Add(*project, "later", {"later.mp4"});
  const auto table = WriteText(folder,
                               "Observation id,Media file,Total length,FPS,Subject,Behavior,"
                               "Behavior type,Start (s),Stop (s)\n"
                               "o,cage4.mp4,2.4,25,ann,groom,STATE,0.2,0.4\n"
                               "o,later.mp4,2.4,25,ann,groom,STATE,1.6,1.8\n",
                               "boris.csv");
  ImportOptions options;
  options.video = "cage4_2";
  CHECK(datasets::Import(*project, "boris", table, options, job).intervals == 1);
  CHECK(project->BehaviorIntervals(second).at(0).start_frame == 5);
  options.video = "later";  // where it begins is not known
  CHECK(Says(ErrorOf([&] { datasets::Import(*project, "boris", table, options, job); }),
             {"several files", "how long"}));
}

}  // namespace parts_import_test
