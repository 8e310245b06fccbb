// Labels of a recording that lies in several files: by the numbers of the whole, or of its files.
#include <doctest/doctest.h>

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

// `exp`: rec_0.mp4 with frames 0 to 29, rec_1.mp4 with 30 to 49, rec_2.mp4 with 50 to 99; 25
// frames a second, no file.
struct InParts {
  TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "p.vole");
  Job job;

  InParts() {
    const auto part = [](int frames, const std::string& fingerprint) {
      datasets::VideoIndex index = Index(frames);
      index.fingerprint = fingerprint;
      return index;
    };
    const auto index = datasets::JoinIndices({"rec_0.mp4", "rec_1.mp4", "rec_2.mp4"},
                                             {part(30, "a"), part(20, "b"), part(50, "c")});
    datasets::VideoRow video = Video("exp", index);
    video.path = "rec_0.mp4";
    video.fingerprint = index.fingerprint;
    video.parts = index.parts;
    project->Write([&](datasets::Writer& writer) { writer.InsertVideo(video, index, {}); });
  }
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
  const auto table = WriteText(in.folder,
                               "video,subject,behavior,start_frame,stop_frame\n"
                               "rec_1.mp4,,groom,3,5\n",
                               "scored.csv");
  CHECK(Says(in.WhyNot("behaviors", table),
             {"'rec_1.mp4'", "part of the video 'exp'", "its first one is frame 30"}));
  const auto first = WriteText(in.folder,
                               "video,subject,behavior,start_frame,stop_frame\n"
                               "rec_0.mp4,,groom,3,5\nexp,,groom,40,41\n",
                               "first.csv");
  CHECK(datasets::Import(*in.project, "behaviors", first, {}, in.job).intervals == 2);
}

}  // namespace parts_import_test
