// A recording that a camera wrote as several files: one video of the project.
#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/exchange/format.h"
#include "datasets/formats/formats.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/file/restore.h"
#include "datasets/store/removal/removal.h"
#include "datasets/store/writer.h"
#include "datasets/verify.h"
#include "datasets/video/find_videos.h"
#include "datasets/video/frame_times.h"
#include "datasets/video_files.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"
#include "tests/support/video_checks.h"

namespace video_parts_test {

namespace {

using datasets::FrameTimes;
using datasets::Job;
using datasets::Project;
using datasets::VideoRow;
using tests::CodedFrame;
using tests::FrameCode;
using tests::MessageOf;
using tests::Same;
using tests::TempDir;
namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

constexpr int kEnds[] = {0, 25, 37, 60};  // of the parts' frames

// Lossless: frame N of a part is to the bit frame first + N of the whole.
void WriteFrames(const fs::path& file, int first, int end, double fps = 25,
                 cv::Size size = {180, 60}) {
  datasets::VideoWriter writer(file, size.width, size.height, fps, 0, 10);
  for (int frame = first; frame < end; ++frame) writer.Write(CodedFrame(frame, size));
  writer.Close();
}

// cage4.mp4, and the same frames as rec_9.mp4, rec_10.mp4 and rec_11.mp4.
struct Cut {
  TempDir folder;
  Paths parts = {folder / "rec_9.mp4", folder / "rec_10.mp4", folder / "rec_11.mp4"};
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Job job;
  std::vector<std::string> warnings;

  Cut() {
    static const TempDir made;
    static const bool first = [] {
      WriteFrames(made / "cage4.mp4", 0, 60);
      const char* const names[] = {"rec_9.mp4", "rec_10.mp4", "rec_11.mp4"};
      for (int i = 0; i < 3; ++i) WriteFrames(made / names[i], kEnds[i], kEnds[i + 1]);
      return true;
    }();
    (void)first;
    fs::copy(made.path(), folder.path(), fs::copy_options::recursive);
  }
  VideoRow Join(const Paths& files, const std::string& name = "exp") {
    return datasets::JoinVideo(*project, files, name, job, &warnings);
  }
  std::string WhyNot(const Paths& files, const std::string& name = "exp") {
    const size_t before = project->Videos().size();
    std::string message = MessageOf([&] { Join(files, name); });
    CHECK(project->Videos().size() == before);
    return message;
  }
};

bool Says(const std::string& text, const std::string& words) {
  const bool found = text.find(words) != std::string::npos;
  if (!found) MESSAGE("'" << words << "' is not in: " << text);
  return found;
}

std::vector<std::string> Codes(const std::vector<datasets::Finding>& findings) {
  std::vector<std::string> codes;
  for (const auto& finding : findings) codes.push_back(finding.code);
  return codes;
}

}  // namespace

TEST_CASE("a recording in parts reads on every path as the one file that was cut") {
  Cut cut;
  const VideoRow video = cut.Join(cut.parts);
  CHECK(video.name == "exp");
  CHECK(video.path == "rec_9.mp4");
  CHECK(video.frame_count == 60);
  REQUIRE(video.parts.size() == 3);
  CHECK(video.parts[2].path == "rec_11.mp4");
  CHECK(video.parts[2].first_frame == 37);
  CHECK(video.parts[2].start_ms == 1480);
  CHECK(cut.warnings.empty());
  const VideoRow whole = cut.project->AddVideo(cut.folder / "cage4.mp4", cut.job);
  CHECK(video.fps == whole.fps);
  CHECK(video.static_camera == whole.static_camera);
  const auto index = cut.project->IndexOf(video), one = cut.project->IndexOf(whole);
  CHECK(index.pts == one.pts);
  CHECK(Same(cut.project->BackgroundOf(video).bgr, cut.project->BackgroundOf(whole).bgr));

  tests::CheckCodes(cut.project->VideoPath(video), index);
  tests::CheckEveryPath(cut.project->VideoPath(video), index);
  auto joined = cut.project->OpenVideo(video), single = cut.project->OpenVideo(whole);
  int wrong = 0;
  for (int frame = 0; frame < 60; ++frame) wrong += !Same(joined.Read(frame), single.Read(frame));
  CHECK(wrong == 0);
  joined.SkipTo(25);
  CHECK(FrameCode(joined.Read(25)) == 25);
  CHECK(FrameCode(joined.Read(24)) == 24);

  datasets::FrameCache cache(cut.project->VideoPath(video), index, 1 << 20);
  for (const int frame : {24, 25, 24, 36, 37, 38, 37, 59, 0}) {
    cache.Prefetch(frame, frame % 2 ? 1 : -1);
    CHECK(FrameCode(cache.Get(frame)) == frame);
  }
  CHECK(datasets::Verify(*cut.project, cut.job).empty());
}

TEST_CASE("each part begins where the one before ends, whatever their time stamps count in") {
  Cut cut;
  WriteFrames(cut.folder / "rec_10.avi", kEnds[1], kEnds[2]);
  WriteFrames(cut.folder / "rec_11.mkv", kEnds[2], kEnds[3]);
  const VideoRow video =
      cut.Join({cut.parts[0], cut.folder / "rec_10.avi", cut.folder / "rec_11.mkv"});
  const auto index = cut.project->IndexOf(video);
  const FrameTimes times(index);
  for (const int frame : {0, 1, 24, 25, 26, 36, 37, 59}) {
    CHECK(times.Start(frame) == doctest::Approx(frame / 25.0).epsilon(1e-6));
    CHECK(times.Nearest(frame / 25.0) == frame);
  }
  CHECK(video.fps == doctest::Approx(25));
  tests::CheckCodes(cut.project->VideoPath(video), index);
  tests::CheckEveryPath(cut.project->VideoPath(video), index);
}

TEST_CASE("parts that do not belong together are refused by name, and nothing is written") {
  Cut cut;
  WriteFrames(cut.folder / "large.mp4", 25, 37, 25, {200, 80});
  WriteFrames(cut.folder / "quick.mp4", 0, 60, 30);
  tests::WriteBytes(cut.folder / "notes.mp4", "no video at all");
  fs::copy(cut.parts[1], cut.folder / "copy.mp4");
  const Paths& parts = cut.parts;
  CHECK(Says(cut.WhyNot({parts[0], cut.folder / "large.mp4"}),
             "large.mp4': its pictures are 200 x 80"));
  CHECK(Says(cut.WhyNot({parts[0], cut.folder / "quick.mp4"}),
             "quick.mp4': it has 30 frames a second"));
  CHECK(Says(cut.WhyNot({parts[0], cut.folder / "notes.mp4"}), "notes.mp4: "));
  CHECK(Says(cut.WhyNot({parts[0], cut.folder / "none.mp4"}), "none.mp4"));
  CHECK(Says(cut.WhyNot({parts[0], cut.folder.path()}), "a folder"));
  CHECK(Says(cut.WhyNot({parts[0], parts[1], parts[0]}), "rec_9.mp4': it stands there twice"));
  CHECK(Says(cut.WhyNot({parts[1], cut.folder / "copy.mp4"}), "copy.mp4': the same recording"));
  CHECK(Says(cut.WhyNot({parts[0]}), "only one file"));
  CHECK(Says(cut.WhyNot(parts, ""), "empty"));
  CHECK(Says(cut.WhyNot(parts, "a/b"), "'/'"));

  cut.project->AddVideo(parts[1], cut.job);
  CHECK(
      Says(cut.WhyNot(parts), "rec_10.mp4': it is in the project already, as the video 'rec_10'"));
  CHECK(Says(cut.WhyNot({parts[0], parts[2]}, "rec_10"), "choose another name"));
  cut.Join({parts[0], parts[2]});
  CHECK(
      Says(cut.WhyNot({parts[2], cut.folder / "cage4.mp4"}, "more"), "a part of the video 'exp'"));
}

TEST_CASE("parts that are there already change nothing, alone or together") {
  Cut cut;
  const VideoRow video = cut.Join(cut.parts);
  CHECK(cut.Join(cut.parts, "another name").id == video.id);
  CHECK(cut.project->AddVideo(cut.parts[1], cut.job).id == video.id);
  CHECK(cut.project->Videos().size() == 1);
  fs::rename(cut.parts[1], cut.folder / "moved.mp4");
  CHECK(cut.project->AddVideo(cut.folder / "moved.mp4", cut.job).parts[1].path == "moved.mp4");
  CHECK_FALSE(datasets::FirstLostFile(*cut.project, cut.project->VideoById(video.id)));
}

TEST_CASE("a part that is lost is named, the others can be read, and all are found again") {
  Cut cut;
  VideoRow video = cut.Join(cut.parts);
  fs::create_directories(cut.folder / "disk");
  fs::rename(cut.parts[1], cut.folder / "disk" / "rec_10.mp4");
  CHECK(Says(MessageOf([&] { cut.project->OpenVideo(video); }), "part 2 of 3"));
  CHECK(Says(MessageOf([&] { cut.project->OpenVideo(video); }), "rec_10.mp4"));
  {
    datasets::VideoReader reader(cut.project->VideoPath(video), cut.project->IndexOf(video));
    CHECK(FrameCode(reader.Read(24)) == 24);
    CHECK(Says(MessageOf([&] { reader.Read(25); }), "rec_10.mp4: there is no such file"));
    CHECK(FrameCode(reader.Read(37)) == 37);
  }
  fs::rename(cut.parts[2], cut.folder / "disk" / "rec_11.mp4");
  auto findings = datasets::Verify(*cut.project, cut.job);
  CHECK(Codes(findings) == std::vector<std::string>{"video_missing", "video_missing"});
  CHECK(Says(findings[0].text, "part 2 of 3: its file"));

  const auto relink = [&](const fs::path& place) {
    return MessageOf([&] { cut.project->RelinkVideo(video.id, place); });
  };
  CHECK(Says(relink(cut.folder / "cage4.mp4"), "none of its 3 parts"));
  fs::create_directories(cut.folder / "nothing");
  CHECK(Says(relink(cut.folder / "nothing"), "none of its 3 parts lies in the folder"));
  CHECK(relink(cut.folder / "disk" / "rec_11.mp4") == "");  // and the one beside it
  video = cut.project->VideoById(video.id);
  CHECK(video.parts[0].path == "rec_9.mp4");
  CHECK(video.parts[1].path == "disk/rec_10.mp4");
  CHECK(video.parts[2].path == "disk/rec_11.mp4");
  tests::CheckCodes("", cut.project->IndexOf(video));

  fs::create_directories(cut.folder / "all");
  for (const auto& file : datasets::FilesOf(*cut.project, video)) {
    fs::rename(file.path, cut.folder / "all" / file.path.filename());
  }
  CHECK(relink(cut.folder / "all") == "");
  video = cut.project->VideoById(video.id);
  CHECK(video.path == "all/rec_9.mp4");
  CHECK(datasets::Verify(*cut.project, cut.job).empty());

  // Another file in the place of a part is not taken for it.
  WriteFrames(cut.folder / "all" / "rec_10.mp4", 100, 112);
  findings = datasets::Verify(*cut.project, cut.job);
  CHECK(Codes(findings) == std::vector<std::string>{"video_changed"});
  CHECK(Says(MessageOf([&] { cut.project->OpenVideo(video).Read(30); }), "not the one"));
}

TEST_CASE("parts go with their video, move with the project, and are saved from a damaged one") {
  Cut cut;
  const VideoRow video = cut.Join(cut.parts);
  fs::create_directories(cut.folder / "elsewhere");
  datasets::RecoverProject(cut.folder / "a.vole", cut.folder / "elsewhere" / "b.vole", cut.job);
  {
    const auto saved = Project::Open(cut.folder / "elsewhere" / "b.vole");
    CHECK(saved->VideoByName("exp").parts[1].path == "../rec_10.mp4");
    tests::CheckCodes("", saved->IndexOf(saved->VideoByName("exp")));
    CHECK(datasets::Verify(*saved, cut.job).empty());
  }
  cut.project->Write([&](datasets::Writer& writer) { datasets::DeleteVideo(writer, video.id); });
  cut.project->Read([](datasets::Connection& connection) {
    auto row = connection.Query("SELECT count(*) FROM video_parts");
    CHECK(row.Step());
    CHECK(row.Int(0) == 0);
  });
  CHECK(cut.Join(cut.parts).frame_count == 60);  // nobody's any more
}

TEST_CASE("parts whose rows are damaged are listed, and never read as something else") {
  for (const char* damage :
       {"UPDATE video_parts SET frame_count = 24 WHERE part = 0",
        "UPDATE video_parts SET frame_count = 2000000000", "DELETE FROM video_parts WHERE part = 2",
        "UPDATE video_parts SET shift = -9223372036854775807",
        "UPDATE video_parts SET ticks = 9223372036854775807",
        "UPDATE video_parts SET start_ms = 7 WHERE part = 1",
        "UPDATE video_parts SET fingerprint = 'x' WHERE part = 1"}) {
    CAPTURE(damage);
    Cut cut;
    const VideoRow video = cut.Join(cut.parts);
    cut.project->Write([&](datasets::Writer& writer) { writer.connection().Run(damage); });
    CHECK(MessageOf([&] { cut.project->IndexOf(video); }) != "");
    CHECK_FALSE(datasets::Verify(*cut.project, cut.job).empty());
  }
  for (const char* damage : {"UPDATE video_parts SET part = 5 WHERE part = 2",
                             "UPDATE video_parts SET path = 'x' WHERE part = 0"}) {
    CAPTURE(damage);
    Cut cut;
    cut.Join(cut.parts);
    cut.project->Write([&](datasets::Writer& writer) { writer.connection().Run(damage); });
    const auto findings = datasets::Verify(*cut.project, cut.job);
    REQUIRE_FALSE(findings.empty());
    CHECK(findings[0].table == "video_parts");
  }
}

TEST_CASE("files are in the order in which a person counts") {
  Paths files = {"d/GX020042.MP4", "d/gx010042.mp4", "d/cam10.mp4", "d/cam9.mp4",
                 "b/z1.mp4",       "d/cam09b.mp4",   "d/cam.mp4"};
  datasets::SortNaturally(&files);
  CHECK(files == Paths{"b/z1.mp4", "d/cam.mp4", "d/cam9.mp4", "d/cam09b.mp4", "d/cam10.mp4",
                       "d/gx010042.mp4", "d/GX020042.MP4"});
  // What was written first has no number; where a folder is named twice it is one.
  files = {"./d/clip-1.mp4", "d/clip (1).mp4", "e/../d/clip.mp4",
           "d/clip_2.mp4",   "./a.mp4",        "d.mp4"};
  datasets::SortNaturally(&files);
  CHECK(files.front() == "./a.mp4");
  CHECK(std::find(files.begin(), files.end(), "e/../d/clip.mp4") <
        std::find(files.begin(), files.end(), "d/clip (1).mp4"));
  CHECK(std::find(files.begin(), files.end(), "e/../d/clip.mp4") <
        std::find(files.begin(), files.end(), "./d/clip-1.mp4"));
  CHECK(std::find(files.begin(), files.end(), "./d/clip-1.mp4") <
        std::find(files.begin(), files.end(), "d/clip_2.mp4"));
}

}  // namespace video_parts_test
