// Labels of other drawing tools: Pascal VOC, CVAT, Label Studio. No file of theirs lies in the
// shared data; the ones here are written after what each tool documents (see the headers of the
// formats).
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "datasets/files/xml_file.h"
#include "datasets/formats/labelstudio/labelstudio.h"
#include "datasets/formats/voc/voc.h"
#include "tests/support/coco_sample.h"

namespace drawn_labels_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;
namespace fs = std::filesystem;

namespace {

struct Drawn {  // one label, as what is compared
  int frame = 0;
  std::string name;
  Box box;
  double area = 0;
  AnnotationRow row;
};

struct Stage {
  TempDir folder;
  std::unique_ptr<Project> project = LabelProject(folder.path());
  ImportOptions options;

  fs::path Write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << text;
    return folder / name;
  }
  ImportReport Import(const std::string& format, const fs::path& path) {
    Job job;
    return datasets::Import(*project, format, path, options, job);
  }
  // The one line that an import is refused with; nothing of it may have come in.
  std::string Refusal(const std::string& format, const std::string& name, const std::string& text) {
    Write(name, text);
    const std::string said = ErrorOf([&] { Import(format, folder / name); });
    CHECK(said.find('\n') == std::string::npos);
    CHECK(project->Images().empty());
    CHECK(project->Categories().empty());
    return said;
  }
  std::vector<Drawn> Labels() const {
    std::map<Id, std::string> names;
    for (const auto& category : project->Categories()) names[category.id] = category.name;
    std::vector<Drawn> all;
    for (const auto& image : project->Images()) {
      for (const auto& row : project->AnnotationsOfImage(image.id)) {
        all.push_back(
            {image.frame_index.value_or(-1), names[row.category_id], row.box, row.area, row});
      }
    }
    return all;
  }
};

std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

void CheckBox(const Box& box, double x, double y, double width, double height) {
  CHECK(box.x == doctest::Approx(x));
  CHECK(box.y == doctest::Approx(y));
  CHECK(box.width == doctest::Approx(width));
  CHECK(box.height == doctest::Approx(height));
}

std::string VocText(const std::string& picture, const std::string& objects) {
  return "<annotation><folder>cage</folder><filename>" + picture +
         "</filename><size><width>64</width><height>48</height><depth>3</depth></size>"
         "<segmented>0</segmented>" +
         objects + "</annotation>\n";
}
std::string VocObjectText(const std::string& name, const std::string& box) {
  std::string corners;
  std::stringstream numbers(box);
  for (const char* side : {"xmin", "ymin", "xmax", "ymax"}) {
    std::string number;
    numbers >> number;
    corners += std::string("<") + side + ">" + number + "</" + side + ">";
  }
  return "<object><name>" + name + "</name><truncated>0</truncated><bndbox>" + corners +
         "</bndbox></object>";
}

}  // namespace

TEST_CASE("VOC's boxes count pixels from 1 and hold their last one") {
  Stage stage;
  stage.Write("Annotations/clip_000003.xml",
              VocText("clip_000003.jpg",
                      VocObjectText("ann", "1 1 64 48") + VocObjectText("bob", "11 21 20 30") +
                          "<object><name>ann</name><part><name>head</name></part>"
                          "<bndbox><xmin>60</xmin><ymin>2</ymin><xmax>70</xmax>"
                          "<ymax>5</ymax></bndbox></object>"));
  stage.Write("Annotations/clip_000004.xml", VocText("clip_000004.jpg", ""));
  stage.Write("Annotations/other.xml", "<data/>");
  CHECK(RecognizeFormat(stage.folder / "Annotations") == "voc");
  CHECK(RecognizeFormat(stage.folder / "Annotations/clip_000003.xml") == "voc");
  const ImportReport report = stage.Import("voc", stage.folder / "Annotations");
  CHECK(report.annotations == 3);
  CHECK(report.images == 2);
  CHECK(Says(Joined(report.warnings), {"3 boxes were stored as rectangles", "1 boxes reached out",
                                       "1 parts of objects", "1 XML files are not VOC's"}));
  const auto labels = stage.Labels();
  REQUIRE(labels.size() == 3);
  CHECK(labels[0].frame == 3);
  CheckBox(labels[0].box, 0, 0, 64, 48);
  CHECK(labels[1].name == "bob");
  CheckBox(labels[1].box, 10, 20, 10, 10);
  CheckBox(labels[2].box, 59, 1, 5, 4);
  CHECK(stage.Import("voc", stage.folder / "Annotations").already_present == 3);
}

TEST_CASE("boxes that begin at 0 or have a fraction are taken as they stand, which is said") {
  Stage stage;
  CHECK(RecognizeFormat(stage.Write("a.xml", "<annotation verified=\"yes\"></annotation>")) ==
        "voc");  // LabelImg
  stage.Write("clip_000003.xml",
              VocText("clip_000003.png",
                      VocObjectText("ann", "0 0 10.5 20") +
                          "<object><name>bob</name><occluded>1</occluded><polygon><x1>1</x1><y1>1"
                          "</y1><x2>5</x2><y2>1</y2><x3>5</x3><y3>4</y3></polygon></object>"));
  const ImportReport report = stage.Import("voc", stage.folder / "clip_000003.xml");
  CHECK(Says(Joined(report.warnings), {"as they stand, from 0"}));
  const auto labels = stage.Labels();
  REQUIRE(labels.size() == 2);
  CheckBox(labels[0].box, 0, 0, 10.5, 20);
  CHECK(labels[1].area == 6);
  CHECK(labels[1].row.occluded);
}

TEST_CASE("XML that is damaged, too deep or declares entities is refused in one line") {
  Stage stage;
  const std::string good = VocText("clip_000003.jpg", VocObjectText("ann", "1 1 9 9"));
  const auto refusal = [&](const std::string& text) {
    return stage.Refusal("voc", "clip_000003.xml", text);
  };
  CHECK(Says(refusal(good.substr(0, good.size() / 2)), {"line 1", "ends in the middle"}));
  CHECK(Says(refusal(""), {"no XML"}));
  CHECK(Says(refusal("{}"), {"no XML"}));
  CHECK(Says(refusal("<annotations/>"), {"no <annotation>"}));
  // Billion laughs, and a file of the machine.
  CHECK(Says(refusal("<!DOCTYPE a [<!ENTITY l \"lol\"><!ENTITY m \"&l;&l;\">]><annotation>&m;"
                     "</annotation>"),
             {"document type", "entities"}));
  CHECK(Says(refusal("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" + good),
             {"document type"}));
  std::string deep = "<annotation>";
  for (int i = 0; i < 100000; ++i) deep += "<a>";
  for (int i = 0; i < 100000; ++i) deep += "</a>";
  CHECK(Says(refusal(deep + "</annotation>"), {"nested too deep"}));
  CHECK(Says(refusal(VocText("clip_000003.jpg", VocObjectText("ann", "1 1 x 9"))),
             {"xmax is 'x'", "line 1"}));
  CHECK(Says(refusal(VocText("clip_000003.jpg", VocObjectText("ann", "9 1 1 9"))),
             {"ends before it begins"}));
  CHECK(Says(refusal(VocText("clip_000003.jpg", VocObjectText("ann", "90 1 99 9"))),
             {"no area inside"}));
  CHECK(Says(refusal(VocText("clip_000300.jpg", VocObjectText("ann", "1 1 9 9"))), {"frame 300"}));
  CHECK(
      Says(refusal("<annotation><filename>clip_000003.jpg</filename><size><width>999999999</width>"
                   "</size></annotation>"),
           {"width is impossible"}));
}

namespace {

const char kCvatVideo[] = R"(<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<meta><task><id>3</id><name>cage</name><original_size><width>64</width><height>48</height>
</original_size><source>clip.mp4</source></task></meta>
<track id="0" label="mouse" source="manual">
 <box frame="2" keyframe="1" outside="0" occluded="0" xtl="1.5" ytl="2" xbr="11.5" ybr="22"/>
 <box frame="3" keyframe="0" outside="0" occluded="1" xtl="2.5" ytl="2" xbr="12.5" ybr="22">
  <attribute name="mood">calm</attribute></box>
 <box frame="4" keyframe="1" outside="1" occluded="0" xtl="2.5" ytl="2" xbr="12.5" ybr="22"/>
</track>
<track id="7" label="mouse">
 <polygon frame="2" keyframe="1" outside="0" occluded="0" points="1,1;5,1;5,4"/>
 <mask frame="3" keyframe="1" outside="0" occluded="0" rle="1, 2, 3" left="10" top="20" width="3" height="2"/>
 <points frame="3" keyframe="1" outside="0" occluded="0" points="1,1"/>
</track>
</annotations>)";

}  // namespace

TEST_CASE("CVAT's tracks come in with their masks, hidden and filled-in frames") {
  Stage stage;
  const fs::path file = stage.Write("annotations.xml", kCvatVideo);
  CHECK(RecognizeFormat(file) == "cvat");
  const ImportReport report = stage.Import("cvat", file);
  CHECK(report.annotations == 4);
  CHECK(report.images == 2);  // on frame 4 the one animal is outside
  CHECK(report.tracks == 2);
  CHECK(Says(Joined(report.warnings), {"1 points were left out", "1 attributes of shapes",
                                       "1 labels were filled in by CVAT"}));
  const auto labels = stage.Labels();
  REQUIRE(labels.size() == 4);
  CheckBox(labels[0].box, 1.5, 2, 10, 20);
  CHECK(labels[0].row.keyframe);
  CHECK(labels[1].area == 6);
  CHECK(labels[2].frame == 3);
  CHECK(labels[2].row.occluded);
  CHECK_FALSE(labels[2].row.keyframe);
  CHECK(labels[2].row.source == LabelSource::kInterpolated);
  // Runs of 1, 2, 3 in rows of 3: pixels (11, 20) and (12, 20).
  REQUIRE(labels[3].row.rle);
  CHECK(labels[3].area == 2);
  CheckBox(labels[3].box, 11, 20, 2, 1);
  std::set<int64_t> numbers;
  for (const TrackRow& track : stage.project->Tracks(stage.project->Videos()[0].id)) {
    numbers.insert(track.external_id.value());
  }
  CHECK(numbers == std::set<int64_t>{0, 7});
  CHECK(stage.Import("cvat", file).already_present == 4);
}

TEST_CASE("CVAT's images name the frames of the task's video, turned boxes and ellipses too") {
  Stage stage;
  const fs::path file = stage.Write("annotations.xml", R"(<annotations><version>1.1</version>
<meta><task><source>clip.mp4</source></task></meta>
<image id="0" name="frame_000005" subset="Train" width="64" height="48">
 <box label="ann" occluded="0" xtl="10" ytl="10" xbr="20" ybr="14" rotation="90" z_order="0"/>
 <ellipse label="bob" cx="30" cy="20" rx="10" ry="5" rotation="0"/>
 <tag label="good"/>
</image>
<image id="1" name="frame_000006" subset="Test" width="64" height="48"></image></annotations>)");
  const ImportReport report = stage.Import("cvat", file);
  CHECK(report.annotations == 2);
  CHECK(Says(Joined(report.warnings), {"1 tags were left out"}));
  const auto labels = stage.Labels();
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].frame == 5);
  CheckBox(labels[0].box, 13, 7, 4, 10);
  CheckBox(labels[1].box, 20, 15, 20, 10);
  CHECK(labels[1].area == doctest::Approx(CV_PI * 50).epsilon(0.01));
  CHECK(stage.project->Images()[0].split == "train");
  CHECK(stage.project->Images()[1].split == "test");
  CHECK(stage.project->Images()[1].state == ImageState::kNew);
}

TEST_CASE("a faulty file of CVAT is one clear line, and nothing of it is stored") {
  Stage stage;
  const std::string good = kCvatVideo;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    return stage.Refusal("cvat", "annotations.xml", text);
  };
  CHECK(Says(with("1.1", "1.0"), {"version is '1.0'"}));
  CHECK(Says(with("frame=\"2\"", "frame=\"-2\""), {"line 6", "counted from 0"}));
  CHECK(Says(with("frame=\"2\"", "frame=\"200\""), {"line 6", "frame 200"}));
  CHECK(Says(with("frame=\"2\"", "frame=\"2.5\""), {"no whole number"}));
  CHECK(Says(with("xbr=\"11.5\"", "xbr=\"1.5\""), {"no area"}));
  CHECK(Says(with("xbr=\"11.5\"", "xbr=\"nan\""), {"xbr is 'nan'"}));
  CHECK(Says(with("1,1;5,1;5,4", "1,1;5;5,4"), {"no list of x,y"}));
  CHECK(Says(with("1, 2, 3", "1, 2, 2"), {"do not fill"}));
  CHECK(Says(with("1, 2, 3", "1, 2, 4000000000"), {"do not fill"}));
  CHECK(Says(with("width=\"3\" height=\"2\"", "width=\"300000\" height=\"200000\""),
             {"does not lie inside"}));
  CHECK(Says(with("clip.mp4", "lost.mp4"), {"lost.mp4"}));
  CHECK(Says(with("<width>64</width>", "<width>640</width>"), {"640 x 48"}));
  CHECK(Says(with("label=\"mouse\" source", "lable=\"mouse\" source"), {"no label"}));
  CHECK(
      Says(stage.Refusal("cvat", "annotations.xml", good.substr(0, 900)), {"ends in the middle"}));
}

namespace {

// thi.ng's run lengths of RGBA values, written with runs alone.
class BrushWriter {
 public:
  std::vector<uint8_t> Write(const std::vector<bool>& pixels) {
    Bits(static_cast<uint32_t>(4 * pixels.size()), 32);
    Bits(7, 5);  // words of 8 bits
    for (const int size : {3, 4, 8, 16}) Bits(static_cast<uint32_t>(size - 1), 4);
    for (size_t at = 0; at < pixels.size();) {
      size_t end = at;
      while (end < pixels.size() && pixels[end] == pixels[at] && end - at < 1000) ++end;
      Bits(1, 1);
      Bits(3, 2);
      Bits(static_cast<uint32_t>(4 * (end - at) - 1), 16);
      Bits(pixels[at] ? 255 : 0, 8);
      at = end;
    }
    while (count_ % 8 != 0) Bits(0, 1);
    return bytes_;
  }

 private:
  void Bits(uint32_t value, int count) {
    for (int bit = count - 1; bit >= 0; --bit, ++count_) {
      if (count_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() =
          static_cast<uint8_t>(bytes_.back() | ((value >> bit & 1U) << (7 - count_ % 8)));
    }
  }
  std::vector<uint8_t> bytes_;
  size_t count_ = 0;
};

std::vector<uint8_t> Brush() {
  std::vector<bool> pixels(64 * 48, false);
  for (int y = 5; y < 9; ++y) {
    for (int x = 10; x < 16; ++x) pixels[static_cast<size_t>(y * 64 + x)] = true;
  }
  return BrushWriter().Write(pixels);
}

json StudioResult(const std::string& type, const json& value) {
  return {{"id", type},          {"type", type},  {"original_width", 64}, {"original_height", 48},
          {"image_rotation", 0}, {"value", value}};
}

json StudioTasks() {
  const json results = {
      StudioResult("polygonlabels", {{"points", {{25, 25}, {50, 25}, {50, 50}}},
                                     {"closed", true},
                                     {"polygonlabels", {"ann"}}}),
      StudioResult("rectanglelabels", {{"x", 50},
                                       {"y", 50},
                                       {"width", 25},
                                       {"height", 25},
                                       {"rotation", 0},
                                       {"rectanglelabels", {"bob"}}}),
      StudioResult("brushlabels", {{"format", "rle"}, {"rle", Brush()}, {"brushlabels", {"cat"}}}),
      StudioResult("ellipselabels", {{"x", 50},
                                     {"y", 50},
                                     {"radiusX", 25},
                                     {"radiusY", 25},
                                     {"rotation", 0},
                                     {"ellipselabels", {"ann"}}}),
      StudioResult("keypointlabels", {{"x", 1}, {"y", 1}, {"keypointlabels", {"nose"}}})};
  json tasks = json::array();
  tasks.push_back(
      {{"id", 1},
       {"data", {{"image", "/data/upload/1/3d5ee66a-clip_000007.png"}}},
       {"predictions", {{{"result", json::array()}}}},
       {"annotations",
        {{{"result", results}, {"completed_by", 4}, {"updated_at", "2024-05-02T00:00:00Z"}},
         {{"result", json::array()}, {"updated_at", "2024-05-01T00:00:00Z"}},
         {{"result", results}, {"was_cancelled", true}}}}});
  return tasks;
}

}  // namespace

TEST_CASE("Label Studio's percents and brush masks become outlines in pixels") {
  Stage stage;
  const fs::path file = stage.Write("project-1.json", StudioTasks().dump());
  CHECK(RecognizeFormat(file) == "label-studio");
  const ImportReport report = stage.Import("label-studio", file);
  CHECK(report.annotations == 4);
  CHECK(Says(Joined(report.warnings),
             {"1 tasks have annotations of several", "1 annotations were cancelled",
              "1 predictions of models", "1 regions 'keypointlabels'"}));
  const auto labels = stage.Labels();
  REQUIRE(labels.size() == 4);
  CHECK(labels[0].frame == 7);
  CHECK(labels[0].row.author == "annotator 4");
  CheckBox(labels[0].box, 16, 12, 16, 12);
  CHECK(labels[0].area == 96);
  CheckBox(labels[1].box, 32, 24, 16, 12);
  REQUIRE(labels[2].row.rle);
  CHECK(labels[2].area == 24);
  CheckBox(labels[2].box, 10, 5, 6, 4);
  CheckBox(labels[3].box, 16, 12, 32, 24);
  CHECK(stage.Import("label-studio", file).already_present == 4);
}

TEST_CASE("Label Studio's boxes in a video come in at their key frames, as tracks") {
  Stage stage;
  const json sequence = {
      {{"frame", 1},
       {"enabled", true},
       {"x", 0},
       {"y", 0},
       {"width", 50},
       {"height", 50},
       {"rotation", 0}},
      {{"frame", 11}, {"enabled", false}, {"x", 50}, {"y", 0}, {"width", 50}, {"height", 50}}};
  const json task = {{"data", {{"video", "/data/upload/1/3d5ee66a-clip.mp4"}}},
                     {"annotations",
                      {{{"result",
                         {{{"id", "a"},
                           {"type", "videorectangle"},
                           {"value", {{"sequence", sequence}, {"labels", {"mouse"}}}}}}}}}}};
  const ImportReport report =
      stage.Import("label-studio", stage.Write("v.json", json::array({task}).dump()));
  CHECK(report.annotations == 2);
  CHECK(report.tracks == 1);
  const auto labels = stage.Labels();
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].frame == 0);
  CHECK(labels[1].frame == 10);
  CheckBox(labels[1].box, 32, 0, 32, 24);
}

TEST_CASE("a faulty file of Label Studio is one clear line, and nothing of it is stored") {
  Stage stage;
  const auto refusal = [&](const json& tasks) {
    return stage.Refusal("label-studio", "p.json", tasks.dump());
  };
  const auto value = [](json tasks, int region, const char* key, const json& to) {
    tasks[0]["annotations"][0]["result"][region]["value"][key] = to;
    return tasks;
  };
  const json good = StudioTasks();
  CHECK(Says(refusal(json::object({{"a", json::array({1})}})), {"no list of tasks"}));
  CHECK(Says(refusal(json::array({{{"image", "a"}, {"label", 1}}})), {"JSON-MIN"}));
  CHECK(Says(refusal(value(good, 0, "points", json::array({1, 2}))), {"region 1", "[x, y]"}));
  CHECK(Says(refusal(value(good, 1, "width", "x")), {"region 2", "width"}));
  CHECK(Says(refusal(value(good, 2, "rle", json::array({1, 2, 3}))), {"region 3"}));
  CHECK(Says(refusal(value(good, 2, "rle", json::array({999}))), {"no list of bytes"}));
  std::vector<uint8_t> cut = Brush();
  cut.resize(cut.size() / 2);
  CHECK(Says(refusal(value(good, 2, "rle", cut)), {"region 3"}));
  json far = good;
  far[0]["data"]["image"] = "clip_000700.png";
  CHECK(Says(refusal(far), {"frame 700"}));
  json large = good;
  for (json& region : large[0]["annotations"][0]["result"]) region["original_width"] = 6400;
  CHECK(Says(refusal(large), {"6400 x 48"}));
  CHECK(Says(stage.Refusal("label-studio", "p.json", good.dump().substr(0, 400)),
             {"ends in the middle"}));
  stage.options.skip_bad = true;
  stage.Write("p.json", value(good, 1, "width", "x").dump());
  CHECK(stage.Import("label-studio", stage.folder / "p.json").annotations == 3);
}

TEST_CASE("a brush mask is decoded value by value too") {
  // 2 x 1 pixels: 8 values; a run of 4 zeros, then 4 single words 1, 2, 3, 255.
  std::string bits;
  const auto add = [&](uint32_t value, int count) {
    for (int bit = count - 1; bit >= 0; --bit) bits += (value >> bit & 1U) ? '1' : '0';
  };
  add(8, 32);
  add(7, 5);
  for (int i = 0; i < 4; ++i) add(3, 4);
  add(1, 1), add(0, 2), add(3, 4), add(0, 8);
  add(0, 1), add(0, 2), add(3, 4);
  for (const int word : {1, 2, 3, 255}) add(static_cast<uint32_t>(word), 8);
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < bits.size(); i += 8) {
    bytes.push_back(
        static_cast<uint8_t>(std::stoi((bits.substr(i, 8) + "0000000").substr(0, 8), nullptr, 2)));
  }
  const cv::Mat mask = DecodeBrush(bytes, {2, 1}, "mask");
  CHECK(mask.at<uint8_t>(0, 0) == 0);
  CHECK(mask.at<uint8_t>(0, 1) == 255);
}

}  // namespace drawn_labels_test
