// Files as the tools of today write them, in their less usual variants: paths of Windows, times
// with an offset, decimal commas, rows that are no frames, tables that VIA exports.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <set>
#include <tuple>

#include "tests/support/coco_sample.h"

namespace tool_variants_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ImportOptions;
using datasets::ImportReport;

namespace {

using Bout = std::tuple<std::string, std::string, int, int>;  // video, behavior, start, end

// `clip` and `other`: 100 frames of 64 x 48 at 25 frames a second.
struct Stage {
  TempDir folder;
  std::unique_ptr<datasets::Project> project = LabelProject(folder.path());
  datasets::Job job;
  ImportOptions options;
  Stage() { AddVideoRow(*project, "other", 100, 64, 48); }

  ImportReport Import(const std::string& format, const std::string& name, const std::string& text) {
    const auto path = WriteText(folder, text, name);
    return datasets::Import(*project, format.empty() ? datasets::RecognizeFormat(path) : format,
                            path, options, job);
  }
  std::string Refusal(const std::string& format, const std::string& name, const std::string& text) {
    return ErrorOf([&] { Import(format, name, text); });
  }
  std::set<Bout> Bouts() const {
    std::map<datasets::Id, std::string> names;
    for (const auto& behavior : project->Behaviors()) names[behavior.id] = behavior.name;
    std::set<Bout> bouts;
    for (const auto& video : project->Videos()) {
      for (const auto& row : project->BehaviorIntervals(video.id)) {
        bouts.insert({video.name, names[row.behavior_id], row.start_frame, row.end_frame});
      }
    }
    return bouts;
  }
  // Boxes of the labels on each frame of `clip`.
  std::map<int, std::vector<datasets::Box>> Boxes() const {
    std::map<int, std::vector<datasets::Box>> boxes;
    for (const auto& image : project->Images()) {
      if (!image.video_id || *image.video_id != project->VideoByName("clip").id) continue;
      for (const auto& row : project->AnnotationsOfImage(image.id)) {
        boxes[*image.frame_index].push_back(row.box);
      }
    }
    return boxes;
  }
};

std::string Joined(const ImportReport& report) {
  std::string all;
  for (const std::string& text : report.warnings) all += text + "\n";
  return all;
}
bool Says(const ImportReport& report, const std::string& text) {
  return Joined(report).find(text) != std::string::npos;
}

const json kEthogram = {{"0", {{"type", "State event"}, {"code", "rest"}, {"excluded", ""}}},
                        {"1", {{"type", "Point event"}, {"code", "peck"}, {"excluded", ""}}}};

json Observation(const std::string& file, const json& events, const json& more = json::object()) {
  json observation = {{"file", {{"1", {file}}, {"2", json::array()}}},
                      {"type", "MEDIA"},
                      {"time offset", 0.0},
                      {"media_info", {{"length", {{file, 4.0}}}, {"fps", {{file, 25.0}}}}},
                      {"events", events}};
  observation.update(more);
  return {{"behaviors_conf", kEthogram}, {"observations", {{"o", observation}}}};
}

}  // namespace

TEST_CASE("a BORIS project made on Windows finds its video") {
  Stage stage;
  stage.Import("boris", "w.boris",
               Observation("C:\\Users\\anna\\clip.mp4",
                           {{1.0, "", "rest", "", "", 25}, {2.0, "", "rest", "", "", 50}})
                   .dump());
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "rest", 25, 50}});
}

TEST_CASE("what BORIS adds to its times is taken off again") {
  const json events = {{11.0, "", "rest", "", ""}, {12.0, "", "rest", "", ""}};
  {
    Stage stage;
    const auto report = stage.Import(
        "boris", "w.boris", Observation("clip.mp4", events, {{"time offset", 10.0}}).dump());
    CHECK(stage.Bouts() == std::set<Bout>{{"clip", "rest", 25, 50}});
    CHECK(Says(report, "its time offset of 10 s, which BORIS adds to its events, was taken off"));
  }
  {
    Stage stage;  // an offset below zero makes times below zero
    stage.Import("boris", "w.boris",
                 Observation("clip.mp4", {{-4.0, "", "rest", "", ""}, {-3.0, "", "rest", "", ""}},
                             {{"time offset", -5.0}})
                     .dump());
    CHECK(stage.Bouts() == std::set<Bout>{{"clip", "rest", 25, 50}});
  }
  {
    Stage stage;  // it was given after the events were scored
    const auto report =
        stage.Import("boris", "w.boris",
                     Observation("clip.mp4", {{1.0, "", "rest", "", ""}, {2.0, "", "rest", "", ""}},
                                 {{"time offset", 100.0}})
                         .dump());
    CHECK(Says(report, "was not taken off"));
  }
  {
    Stage stage;  // seconds since 1970, from when the file was recorded
    json project =
        Observation("clip.mp4", {{1.7e9 + 1, "", "rest", "", ""}, {1.7e9 + 2, "", "rest", "", ""}},
                    {{"media_creation_date_as_offset", true}});
    project["observations"]["o"]["media_info"]["media_creation_time"] = {{"clip.mp4", 1.7e9}};
    stage.Import("boris", "w.boris", project.dump());
    CHECK(stage.Bouts() == std::set<Bout>{{"clip", "rest", 25, 50}});
  }
  {
    Stage stage;
    stage.Import("boris", "t.csv",
                 "Observation id,Source,Time offset (s),Media duration (s),FPS,Subject,Behavior,"
                 "Behavior type,Time,Media file name\n"
                 "o,player #1:clip.mp4,10.0,4.000,25.000,,rest,START,11.000,clip.mp4\n"
                 "o,player #1:clip.mp4,10.0,4.000,25.000,,rest,STOP,12.000,clip.mp4\n");
    CHECK(stage.Bouts() == std::set<Bout>{{"clip", "rest", 25, 50}});
  }
  Stage stage;
  CHECK(
      stage
          .Refusal("boris", "w.boris", Observation("clip.mp4", {{-1.0, "", "peck", "", ""}}).dump())
          .find("before the start of its video") != std::string::npos);
}

namespace {

const char kAggregated[] =
    "Observation id;Source;Time offset (s);Media duration (s);FPS (frame/s);Subject;Behavior;"
    "Behavior type;Start (s);Stop (s);Duration (s);Media file name\n";

}  // namespace

TEST_CASE("tables with decimal commas are read where no comma parts their fields") {
  Stage stage;
  stage.Import(
      "boris", "t.csv",
      std::string("\xEF\xBB\xBF") + kAggregated +
          "o;player #1:clip.mp4;0,0;4,000;25,000;;rest;STATE;1,000;2,480;1,480;clip.mp4\r\n");
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "rest", 25, 62}});
  const auto report = stage.Import("behaviors", "b.csv",
                                   "video;behavior;start_s;stop_s\nother;dose 0,5;0,04;0,2\n");
  CHECK(stage.Bouts().count({"other", "dose 0,5", 1, 5}) == 1);
  CHECK(Says(report, "'0,04' is 0.04"));
  CHECK(stage.Refusal("behaviors", "c.csv", "video;behavior;start_s;stop_s\nother;rear;1,000,5;9\n")
            .find("is not a number") != std::string::npos);
}

TEST_CASE("BORIS scores pictures and live scenes too: what has no time or video is said") {
  Stage stage;
  const auto report = stage.Import(
      "boris", "t.csv",
      std::string(kAggregated) +
          "o;player #1:clip.mp4;0.0;4.000;25.000;;rest;STATE;1.000;2.000;1.000;clip.mp4\n"
          "p;/pics;0.0;NA;NA;;rest;STATE;NA;NA;NA;NA\n"
          "q;NA;0.0;NA;NA;;rest;STATE;1.000;2.000;1.000;NA\n"
          "r;player #1:clip.mp4;0.0;4.000;25.000;;peck;POINT;4.000;4.000;NA;Not found\n");
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "rest", 25, 50}, {"clip", "peck", 99, 100}});
  CHECK(Says(report, "1 lines have no time"));
  CHECK(Says(report, "1 bouts of live observations, which name no video, were left out"));
  Stage live;
  const std::string text =
      std::string(kAggregated) + "q;NA;0.0;NA;NA;;rest;STATE;1.000;2.000;1.000;NA\n";
  CHECK(live.Refusal("boris", "t.csv", text).find("live observations") != std::string::npos);
  live.options.video = "other";
  live.Import("boris", "t.csv", text);
  CHECK(live.Bouts() == std::set<Bout>{{"other", "rest", 25, 50}});
}

TEST_CASE("an observation of two files in a table of BORIS 7 is as long as the project's videos") {
  const std::string header =
      "Observation id\tMedia file\tTotal length\tFPS\tSubject\tBehavior\tBehavior type\tStart (s)\t"
      "Stop (s)\n";
  const std::string rows =
      "o\tother.mp4\t8.000\t25.0\t\trest\tSTATE\t5.000\t6.000\n"
      "o\tclip.mp4\t8.000\t25.0\t\trest\tSTATE\t1.000\t2.000\n";
  Stage stage;
  stage.Import("boris", "t.tsv", header + rows);
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "rest", 25, 50}, {"other", "rest", 25, 50}});
  Stage third;  // another file must have been between them
  std::string longer = rows;
  for (size_t at; (at = longer.find("8.000\t25")) != std::string::npos;) longer[at] = '9';
  CHECK(third.Refusal("boris", "t.tsv", header + longer).find("how long they are") !=
        std::string::npos);
}

TEST_CASE("rows that are moments, not frames, are placed by their time") {
  Stage stage;
  std::string text = "time,groom,rear\n";
  for (int i = 0; i < 20; ++i) {  // five a second
    text += std::to_string(i / 5) + "." + std::to_string(i % 5 * 2) + "," +
            (i >= 5 && i < 10 ? "1" : "0") + ",0\n";
  }
  const auto report = stage.Import("behaviors", "clip.csv", text);
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "groom", 25, 50}});
  CHECK(Says(report, "0.2 s apart"));
  // A behavior that never happens is one of those that were looked for.
  CHECK(stage.project->Behaviors().size() == 2);
  CHECK(report.behaviors == 2);
}

TEST_CASE("frames that a table numbers from 1 to the video's last are counted so") {
  std::string text = "frame,groom\n";
  for (int i = 1; i <= 100; ++i) text += std::to_string(i) + (i > 90 ? ",1\n" : ",0\n");
  Stage stage;
  const auto report = stage.Import("behaviors", "clip.csv", text);
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "groom", 90, 100}});
  CHECK(Says(report, "1 was taken for the first"));
  Stage shorter;  // of a part it cannot be known, but said
  shorter.options.first_frame = 1;
  shorter.Import("behaviors", "clip.csv", "frame,groom\n1,1\n2,1\n3,0\n");
  shorter.Import("behaviors", "b.csv", "video,behavior,start_frame,stop_frame\nother,rear,1,5\n");
  CHECK(shorter.Bouts() == std::set<Bout>{{"clip", "groom", 0, 2}, {"other", "rear", 0, 5}});
}

namespace {

// Of clip.mp4, in frames of a millisecond.
std::string BentoAttacks(int last_frame, const std::string& rows) {
  return "Bento annotation file\nMovie file(s): clip.mp4\n\nAnnotation start frame: 1\n"
         "Annotation stop frame: " +
         std::to_string(last_frame) +
         "\nAnnotation framerate: 1000\n\nList of channels:\nCh1\n\n"
         "List of annotations:\nattack\n\nCh1----------\n>attack\nStart\t Stop\t Duration \n" +
         rows;
}

}  // namespace

TEST_CASE("Bento's frames at a rate of its own are placed by their time") {
  Stage stage;
  const auto report = stage.Import("bento", "a.annot", BentoAttacks(4000, "1001\t2000\t1000\n"));
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "attack", 25, 50}});
  CHECK(Says(report, "1000 frames a second"));
}

TEST_CASE("bouts of Bento after the end of the video are left out, and counted") {
  Stage stage;
  const auto report = stage.Import(
      "bento", "a.annot", BentoAttacks(4150, "3801\t4120\t320\n4001\t4020\t20\n4101\t4150\t50\n"));
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "attack", 95, 100}});
  CHECK(Says(report, "2 bouts begin after the end of the video, and were left out"));
  CHECK(Says(report, "1 bouts go on after the end of the video, and were cut there"));
}

namespace {

json StudioTask(const json& data, const json& result) {
  return json::array(
      {{{"id", 1}, {"data", data}, {"annotations", {{{"completed_by", 1}, {"result", result}}}}}});
}

}  // namespace

TEST_CASE("stretches of time that Label Studio marks in a video are behaviors") {
  Stage stage;
  const json timeline = {
      {"type", "timelinelabels"},
      {"id", "t"},
      {"value", {{"ranges", {{{"start", 11}, {"end", 20}}}}, {"timelinelabels", {"groom"}}}}};
  const json seconds = {{"type", "labels"},
                        {"id", "s"},
                        {"value", {{"start", 1.0}, {"end", 2.0}, {"labels", {"rear"}}}}};
  const auto report = stage.Import(
      "label-studio", "t.json",
      StudioTask({{"video", "/data/upload/1/3d5ee66a-clip.mp4"}}, {timeline, seconds}).dump());
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "groom", 10, 20}, {"clip", "rear", 25, 50}});
  CHECK(report.behaviors == 2);
  CHECK(report.intervals == 2);
  CHECK(stage
            .Refusal("label-studio", "u.json",
                     StudioTask({{"video", "nowhere.mp4"}}, json::array({timeline})).dump())
            .find("nowhere") != std::string::npos);
}

namespace {

json Stretch(const std::string& id, int start, int end, const json& labels) {
  json value = {{"ranges", {{{"start", start}, {"end", end}}}}};
  if (!labels.is_null()) value["timelinelabels"] = labels;
  return {{"type", "timelinelabels"}, {"id", id}, {"value", value}};
}
const json kStudioClip = {{"video", "/data/upload/1/3d5ee66a-clip.mp4"}};

}  // namespace

TEST_CASE("every label of a stretch of Label Studio is a bout, and one without is counted") {
  Stage stage;
  const auto report = stage.Import(
      "label-studio", "t.json",
      StudioTask(kStudioClip,
                 {Stretch("a", 1, 10, {"walk"}), Stretch("a", 1, 10, {"calm"}),  // a second control
                  Stretch("b", 21, 30, {"rear", "groom"}), Stretch("c", 41, 50, nullptr)})
          .dump());
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "walk", 0, 10},
                                        {"clip", "calm", 0, 10},
                                        {"clip", "rear", 20, 30},
                                        {"clip", "groom", 20, 30}});
  CHECK(report.behaviors == 4);
  CHECK(Says(report, "1 stretches of time without a label were left out"));
}

TEST_CASE("a shape that Label Studio names twice is one animal, and its second name is counted") {
  Stage stage;
  const json place = {{"x", 0}, {"y", 0}, {"width", 50}, {"height", 50}};
  const auto result = [&](const char* type, const char* key, const json& said) {
    json value = place;
    value[key] = said;
    return json{{"type", type}, {"id", "a"}, {"value", value}};
  };
  json region = result("rectanglelabels", "rectanglelabels", {"mouse"});
  region["original_width"] = 64;
  region["original_height"] = 48;
  json second = result("rectanglelabels", "rectanglelabels", {"calm"});
  const auto report =
      stage.Import("label-studio", "t.json",
                   StudioTask({{"image", "clip_000003.png"}},
                              {region, second, result("choices", "choices", {"asleep"})})
                       .dump());
  CHECK(stage.Boxes()[3].size() == 1);
  CHECK(stage.project->Categories().at(0).name == "mouse");
  CHECK(Says(report, "1 further labels of animals"));
  CHECK(Says(report, "1 regions 'choices' were left out"));
}

TEST_CASE("Label Studio's stretches and boxes in a video obey --fps and --first-frame") {
  const json seconds = {{"type", "labels"},
                        {"id", "s"},
                        {"value", {{"start", 1.0}, {"end", 2.0}, {"labels", {"rear"}}}}};
  const json key = {{"frame", 5}, {"x", 0}, {"y", 0}, {"width", 50}, {"height", 50}};
  const json box = {{"type", "videorectangle"},
                    {"id", "b"},
                    {"value", {{"sequence", {key}}, {"labels", {"mouse"}}}}};
  const std::string text =
      StudioTask(kStudioClip, {Stretch("a", 3, 10, {"walk"}), seconds, box}).dump();
  for (const int first : {0, 1, 3, -1}) {
    CAPTURE(first);
    Stage stage;
    stage.options.fps = 10;
    stage.options.first_frame = first;
    stage.Import("label-studio", "t.json", text);
    const int own = first < 0 ? 1 : first;
    CHECK(stage.Bouts() ==
          std::set<Bout>{{"clip", "walk", 3 - own, 11 - own}, {"clip", "rear", 10, 20}});
    CHECK(stage.Boxes().count(5 - own) == 1);
  }
  Stage later;
  later.options.first_frame = 4;
  CHECK(later.Refusal("label-studio", "t.json", text).find("no stretch of time") !=
        std::string::npos);
}

TEST_CASE("a stretch of Label Studio belongs to the video it names, whatever --video says") {
  Stage stage;
  stage.options.video = "other";
  AddVideoRow(*stage.project, "cage4", 100, 64, 48, 25, "day1/cage4.mp4");
  AddVideoRow(*stage.project, "cage4_2", 100, 64, 48, 25, "day2/cage4.mp4");
  json tasks = json::array();
  for (const char* name : {"clip.mp4", "other.mp4", "cage4.mp4"}) {
    tasks.push_back(StudioTask({{"video", name}}, json::array({Stretch("a", 1, 10, {"walk"})}))[0]);
  }
  const auto report = stage.Import("label-studio", "t.json", tasks.dump());
  CHECK(stage.Bouts() == std::set<Bout>{{"other", "walk", 0, 10}});
  CHECK(Says(report, "2 stretches of time in other videos"));
}

TEST_CASE("names that stand in a URL are read as they were") {
  Stage stage;
  AddVideoRow(*stage.project, "my cage", 100, 64, 48);
  const json box = {
      {"type", "rectanglelabels"},
      {"id", "a"},
      {"original_width", 64},
      {"original_height", 48},
      {"value",
       {{"x", 0}, {"y", 0}, {"width", 50}, {"height", 50}, {"rectanglelabels", {"mouse"}}}}};
  stage.Import(
      "label-studio", "t.json",
      StudioTask({{"image", "/data/local-files/?d=a%20b/my%20cage_000012.png"}}, {box}).dump());
  json coco = {
      {"categories", {{{"id", 1}, {"name", "mouse"}}}},
      {"images", {{{"id", 1}, {"file_name", "https://x.y/a/my%20cage_000013.png?sig=1"}}}},
      {"annotations", {{{"id", 1}, {"image_id", 1}, {"category_id", 1}, {"bbox", {1, 1, 9, 9}}}}}};
  stage.Import("coco", "c.json", coco.dump());
  std::set<int> frames;
  for (const auto& image : stage.project->Images()) {
    CHECK(*image.video_id == stage.project->VideoByName("my cage").id);
    frames.insert(*image.frame_index);
  }
  CHECK(frames == std::set<int>{12, 13});
  AddVideoRow(*stage.project, "50%25", 100, 64, 48);
  stage.Import("label-studio", "p.json",
               StudioTask({{"image", "a/50%25_000002.png"}}, {box}).dump());
  const auto literal = stage.project->ImagesOfVideo(stage.project->VideoByName("50%25").id);
  CHECK(literal.size() == 1);
}

TEST_CASE("COCO outlines may have parts without an area, and boxes no outline at all") {
  Stage stage;
  json coco = {{"categories", {{{"id", 1}, {"name", "mouse"}}}},
               {"images", {{{"id", 1}, {"file_name", "clip_000012.png"}}}},
               {"annotations",
                {{{"id", 1},
                  {"image_id", 1},
                  {"category_id", 1},
                  {"segmentation", {{1, 1, 11, 1, 11, 11}, {1, 1, 5, 5}}}},
                 {{"id", 2},
                  {"image_id", 1},
                  {"category_id", 1},
                  {"segmentation", json::array({json::array()})},
                  {"area", "81"},
                  {"bbox", {20, 20, 9, 9}}}}}};
  const auto report = stage.Import("coco", "c.json", coco.dump());
  CHECK(report.annotations == 2);
  CHECK(Says(report, "1 parts of outlines have fewer than 3 points"));
  coco["annotations"][0]["segmentation"] = {{1, 1, 5, 5}, {1, 1}};
  Stage other;
  CHECK(other.Refusal("coco", "c.json", coco.dump()).find("none of its outlines") !=
        std::string::npos);
}

TEST_CASE("MOT's fields may stand between tabs, and its frames count from 0 when told") {
  Stage stage;
  stage.Import("mot", "clip.txt", "1\t1\t1\t1\t9\t9\t1\t-1\t-1\t-1\n");
  CHECK(stage.Boxes().count(0) == 1);
  const std::string from_zero = "0,1,20,20,9,9,1,-1,-1,-1\n5,1,20,20,9,9,1,-1,-1,-1\n";
  CHECK(stage.Refusal("mot", "clip.txt", from_zero).find("--first-frame 0") != std::string::npos);
  Stage zero;
  zero.options.first_frame = 0;
  zero.Import("mot", "clip.txt", from_zero);
  CHECK(zero.Boxes()[0].size() == 1);
  CHECK(zero.Boxes()[5].size() == 1);
}

TEST_CASE("the annotations that VIA 2 exports are read without their project") {
  const std::string shape = R"({"name":"rect","x":10,"y":5,"width":20,"height":8})";
  Stage stage;
  stage.Import("", "p.json",
               R"({"clip_000012.png7":{"filename":"clip_000012.png","size":7,"regions":[)"
               R"({"shape_attributes":)" +
                   shape + R"(,"region_attributes":{"species":"mouse"}}],"file_attributes":{}}})");
  CHECK(stage.Boxes()[12].size() == 1);
  stage.Import("", "p.csv",
               "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,"
               "region_attributes\n"
               R"(clip_000013.png,7,"{}",1,0,"{""name"":""rect"",""x"":10,""y"":5,""width"":20,)"
               R"(""height"":8}","{""species"":""mouse""}")"
               "\n"
               R"(clip_000014.png,7,"{}",0,0,"{}","{}")"
               "\n");
  REQUIRE(stage.Boxes()[13].size() == 1);
  CHECK(stage.Boxes()[13][0].width == 20);
  CHECK(stage.project->Categories().size() == 1);
  stage.Import("via", "P2.CSV",
               "filename,region_shape_attributes,region_attributes\n"
               R"(clip_000016.png,"{""name"":""rect"",""x"":1,""y"":5,""width"":20,""height"":8}",)"
               R"("{""species"":""mouse""}")"
               "\n");
  CHECK(stage.Boxes()[16].size() == 1);
  CHECK(stage
            .Refusal("via", "q.csv",
                     "filename,region_shape_attributes,region_attributes\nclip_000015.png,{x,{}\n")
            .find("line 2") != std::string::npos);
}

TEST_CASE("the tables that VIA 3 exports are read: segments are behaviors, regions labels") {
  Stage stage;
  stage.Import(
      "", "e.csv",
      "# Exported using VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)\n"
      R"(# SHAPE_ID = {"POINT":1,"RECTANGLE":2})"
      "\n"
      R"(# ATTRIBUTE = {"1":{"aname":"behavior","type":4,"options":{"1":"groom","2":"rear"}}})"
      "\n"
      "# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,"
      "metadata\n"
      R"("1_a","[""clip.mp4""]",0,"[1,2]","[]","{""1"":""1,2""}")"
      "\n"
      R"("1_b","[""clip.mp4""]",0,"[0.4]","[2,10,5,20,8]","{}")"
      "\n");
  CHECK(stage.Bouts() == std::set<Bout>{{"clip", "groom", 25, 50}, {"clip", "rear", 25, 50}});
  CHECK(stage.Boxes()[10].size() == 1);
  Stage segments;
  segments.Import("", "s.csv",
                  "# CSV_HEADER = metadata_id,file_list,temporal_segment_start,"
                  "temporal_segment_end,metadata\n"
                  R"("1_a","[""clip.mp4""]",1,2,"{""behavior"":""2""}")"
                  "\n"
                  R"("1_b","[""clip.mp4""]",2,3,"{""note"":""asleep""}")"
                  "\n");
  CHECK(segments.Bouts() ==
        std::set<Bout>{{"clip", "behavior 2", 25, 50}, {"clip", "asleep", 50, 75}});
  Stage boxes;  // of which several are checked, and a text with a comma
  boxes.Import("", "s.csv",
               "# CSV_HEADER = metadata_id,file_list,temporal_segment_start,"
               "temporal_segment_end,metadata\n"
               R"("1_a","[""clip.mp4""]",1,2,"{""behavior"":""1,3""}")"
               "\n"
               R"("1_b","[""clip.mp4""]",2,3,"{""note"":""asleep, 3""}")"
               "\n");
  CHECK(boxes.Bouts() == std::set<Bout>{{"clip", "behavior 1", 25, 50},
                                        {"clip", "behavior 3", 25, 50},
                                        {"clip", "asleep, 3", 50, 75}});
}

TEST_CASE("pictures lie where COCO's own folders have them") {
  Stage stage;
  for (const char* folder : {"images/train", "val"}) {
    std::filesystem::create_directories(stage.folder / folder);
    cv::imwrite((stage.folder / folder / "a.png").string(), cv::Mat::zeros(48, 64, CV_8UC3));
  }
  std::filesystem::create_directories(stage.folder / "annotations");
  const json coco = {
      {"categories", {{{"id", 1}, {"name", "mouse"}}}},
      {"images", {{{"id", 1}, {"file_name", "a.png"}}}},
      {"annotations", {{{"id", 1}, {"image_id", 1}, {"category_id", 1}, {"bbox", {1, 1, 9, 9}}}}}};
  stage.Import("coco", "annotations/instances_train.json", coco.dump());
  stage.Import("coco", "annotations/instances_val.json", coco.dump());
  CHECK(stage.project->Images().size() == 2);
}

TEST_CASE("words for yes and numbers in quotes mean what they say") {
  Stage stage;
  const auto cvat = stage.Import(
      "cvat", "a.xml",
      "<annotations><version>1.1</version><meta><task><source>clip.mp4</source></task></meta>"
      R"(<track id="0" label="mouse">)"
      R"(<box frame="0" outside="False" keyframe="True" xtl="1" ytl="1" xbr="9" ybr="9"/>)"
      R"(<box frame="1" outside="True" keyframe="True" xtl="1" ytl="1" xbr="9" ybr="9"/>)"
      "</track></annotations>");
  CHECK(cvat.annotations == 1);
  CHECK_FALSE(Says(cvat, "filled in by CVAT"));
  const auto labelme =
      stage.Import("labelme", "clip_000012.json",
                   R"({"imagePath":"clip_000012.png","shapes":[{"label":"mouse","group_id":"3",)"
                   R"("points":[[1,1],[9,1],[9,9]],"shape_type":"polygon"}]})");
  CHECK(labelme.tracks == 1);
}

TEST_CASE("what is still packed is said to be so") {
  Stage stage;
  for (const char* format : {"", "cvat"}) {
    CHECK(stage.Refusal(format, "a.tgz", "\x1f\x8b\x08").find("unpack it") != std::string::npos);
  }
  CHECK(stage.Refusal("", "a.xlsx", "PK\003\004").find("save it as CSV") != std::string::npos);
}

}  // namespace tool_variants_test
