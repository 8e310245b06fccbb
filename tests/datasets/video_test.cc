#include "datasets/video/video.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <opencv2/imgproc.hpp>
#include <random>

#include "datasets/base/error.h"
#include "tests/support/coded_video.h"
#include "tests/support/shared_data.h"
#include "tests/support/temp_dir.h"
#include "tests/support/video_checks.h"

namespace video_test {

namespace {

using datasets::Error;
using datasets::IndexVideo;
using datasets::Job;
using datasets::VideoIndex;
using datasets::VideoReader;
using tests::CheckCodes;
using tests::CheckEveryPath;
using tests::CoarseGap;
using tests::ReadBytes;
using tests::Same;
using tests::WriteBytes;

std::string ErrorOf(const std::filesystem::path& path) {
  Job job;
  try {
    IndexVideo(path, job);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every frame of the numbered videos is the right one on every path") {
  const auto data = tests::SharedData("video_seek");
  if (!data) return;
  for (const char* name : {"h264_longgop_bframes.mp4", "mjpeg.avi"}) {
    CAPTURE(std::string(name));
    Job job;
    std::string warning;
    const VideoIndex index = IndexVideo(*data / name, job, &warning);
    CHECK(warning == "");
    CHECK(index.frame_count() == 60);
    CHECK(index.width == 384);
    CHECK(index.height == 384);
    CHECK(index.fps == doctest::Approx(25));
    CheckCodes(*data / name, index);
    CheckEveryPath(*data / name, index);
  }
}

TEST_CASE("the real recordings have the frame counts and rates that their notes say") {
  struct Fact {
    const char* folder;
    int frames, width, height;
    double fps;
  };
  for (const Fact& fact : {Fact{"flies_pair", 600, 384, 384, 15},
                           {"flies_pair2", 128, 1024, 1024, 25},
                           {"mice_homecage", 600, 1024, 768, 47},
                           {"mouse_openfield", 1173, 640, 480, 30}}) {
    const auto data = tests::SharedData(fact.folder);
    if (!data) return;
    CAPTURE(std::string(fact.folder));
    Job job;
    std::string warning;
    const VideoIndex index = IndexVideo(*data / "video.mp4", job, &warning);
    CHECK(warning == "");
    CHECK(index.frame_count() == fact.frames);
    CHECK(index.width == fact.width);
    CHECK(index.height == fact.height);
    CHECK(index.fps == doctest::Approx(fact.fps).epsilon(0.002));
    CHECK(std::is_sorted(index.pts.begin(), index.pts.end(), std::less_equal<>()));
    VideoReader forward(*data / "video.mp4", index), jumping(*data / "video.mp4", index);
    std::vector<std::pair<int, cv::Mat>> jumped;
    for (int frame = index.frame_count() - 1; frame > 0; frame -= index.frame_count() / 3) {
      jumped.emplace_back(frame, jumping.Read(frame));
    }
    int wrong = 0;
    for (auto it = jumped.rbegin(); it != jumped.rend(); ++it) {
      forward.SkipTo(it->first);
      wrong += !Same(forward.Read(it->first), it->second);
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("group structure, time stamps, container, codec and pixel format do not move a frame") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  struct Kind {
    const char* file;
    const char* arguments;
    cv::Size size = {180, 60};
  };
  for (const Kind& kind : std::vector<Kind>{
           {"closed.mp4", "-c:v libx264 -preset veryfast -g 12 -bf 3 -flags +cgop"},
           {"open.mp4", "-c:v libx264 -g 12 -bf 3 -x264-params open-gop=1:keyint=12:b-pyramid=2"},
           {"refresh.mp4", "-c:v libx264 -x264-params intra-refresh=1:keyint=20"},
           {"long.mkv", "-c:v libx264 -preset veryfast -g 500 -bf 4"},
           {"open.ts", "-c:v libx264 -g 15 -bf 2 -x264-params open-gop=1:keyint=15"},
           {"raw.h264", "-c:v libx264 -preset veryfast -g 15"},
           {"varying.mp4",
            "-c:v libx264 -g 20 -bf 2 -vf 'setpts=(N+3*floor(N/7)+mod(N\\,3)*0.2)/25/TB'"
            " -vsync passthrough -video_track_timescale 90000"},
           {"wide.mp4", "-c:v libx264 -preset veryfast -g 25 -pix_fmt yuv444p"},
           {"odd.mp4", "-c:v libx264 -preset veryfast -g 25 -pix_fmt yuv444p", {181, 61}},
           {"ten_bits.mkv", "-c:v ffv1 -pix_fmt yuv420p10le", {181, 61}},
           {"packed.avi", "-c:v mpeg4 -q:v 3 -bf 2 -g 10", {181, 61}},
           {"still.avi", "-c:v mjpeg -q:v 3 -pix_fmt yuvj422p", {181, 61}},
           {"plain.avi", "-c:v rawvideo -pix_fmt bgr24", {181, 61}},
           {"gray.mkv", "-c:v ffv1 -pix_fmt gray", {181, 61}},
           {"old.mpg", "-c:v mpeg2video -q:v 2 -bf 2 -g 9"}}) {
    CAPTURE(std::string(kind.file));
    const auto path = folder / kind.file;
    REQUIRE(tests::EncodeCoded(path, 70, kind.arguments, kind.size));
    Job job;
    std::string warning;
    const VideoIndex index = IndexVideo(path, job, &warning);
    CHECK(warning == "");
    CHECK(index.frame_count() == 70);
    CHECK(index.width == kind.size.width);
    CHECK(index.height == kind.size.height);
    CHECK(index.key_frames.at(0) == 0);
    const std::string name = kind.file;
    const bool one_group = name == "refresh.mp4" || name == "long.mkv" || name == "raw.h264";
    CHECK(index.key_frames.size() >= (one_group ? 1 : 3));
    CHECK(std::is_sorted(index.pts.begin(), index.pts.end(), std::less_equal<>()));
    CheckCodes(path, index);
    CheckEveryPath(path, index);
  }
}

TEST_CASE("seeking is possible in the middle of ordinary files") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  REQUIRE(tests::EncodeCoded(folder / "a.mp4", 70,
                             "-c:v libx264 -g 12 -keyint_min 12 -sc_threshold 0"));
  Job job;
  const VideoIndex index = IndexVideo(folder / "a.mp4", job);
  CHECK(index.key_frames == std::vector<int32_t>{0, 12, 24, 36, 48, 60});
}

TEST_CASE("frames before an edit list's start are not counted") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  REQUIRE(tests::EncodeCoded(folder / "whole.mp4", 70, "-c:v libx264 -g 20 -bf 2"));
  const std::string cut = "ffmpeg -v error -y -ss 1.2 -i '" + (folder / "whole.mp4").string() +
                          "' -c copy '" + (folder / "cut.mp4").string() + "'";
  REQUIRE(std::system(cut.c_str()) == 0);
  Job job;
  const VideoIndex index = IndexVideo(folder / "cut.mp4", job);
  CHECK(index.frame_count() == 40);
  CheckCodes(folder / "cut.mp4", index, 30);
  CheckEveryPath(folder / "cut.mp4", index);
}

TEST_CASE("a video that says it is turned is shown upright") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  REQUIRE(tests::EncodeCoded(folder / "flat.mp4", 5, "-c:v libx264 -qp 1"));
  // ffmpeg 5.1 stores this tag as a counterclockwise turn, and shows it so.
  for (const auto& turn_code :
       std::vector<std::pair<int, int>>{{90, cv::ROTATE_90_COUNTERCLOCKWISE},
                                        {180, cv::ROTATE_180},
                                        {270, cv::ROTATE_90_CLOCKWISE}}) {
    const int degrees = turn_code.first, code = turn_code.second;
    CAPTURE(degrees);
    const std::string turn = "ffmpeg -v error -y -i '" + (folder / "flat.mp4").string() +
                             "' -c copy -metadata:s:v rotate=" + std::to_string(degrees) + " '" +
                             (folder / "turned.mp4").string() + "'";
    REQUIRE(std::system(turn.c_str()) == 0);
    Job job;
    const VideoIndex flat = IndexVideo(folder / "flat.mp4", job);
    const VideoIndex turned = IndexVideo(folder / "turned.mp4", job);
    CHECK(turned.width == (degrees == 180 ? 180 : 60));
    CHECK(turned.height == (degrees == 180 ? 60 : 180));
    cv::Mat expected;
    cv::rotate(VideoReader(folder / "flat.mp4", flat).Read(3), expected, code);
    CHECK(Same(VideoReader(folder / "turned.mp4", turned).Read(3), expected));
  }
}

TEST_CASE("colors come out as they went in") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  const cv::Mat drawn = tests::CodedFrame(5);
  for (const char* arguments :
       {"-c:v ffv1 -pix_fmt yuv444p", "-c:v ffv1 -pix_fmt yuv420p",
        "-c:v libx264 -qp 1 -vf scale=out_color_matrix=bt709 -colorspace bt709",
        "-c:v mjpeg -q:v 1 -pix_fmt yuvj444p", "-c:v ffv1 -pix_fmt yuv422p10le"}) {
    CAPTURE(std::string(arguments));
    REQUIRE(tests::EncodeCoded(folder / "c.mkv", 6, arguments));
    Job job;
    VideoReader reader(folder / "c.mkv", IndexVideo(folder / "c.mkv", job));
    const cv::Mat shown = reader.Read(5);
    CHECK(CoarseGap(shown, drawn) <= 6);
  }
}

TEST_CASE("reused memory shows the same pictures, and frames outside the video are refused") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  REQUIRE(tests::EncodeCoded(folder / "a.mp4", 30, "-c:v libx264 -g 10"));
  Job job;
  const VideoIndex index = IndexVideo(folder / "a.mp4", job);
  VideoReader reader(folder / "a.mp4", index), second(folder / "a.mp4", index);
  cv::Mat reused;
  reader.ReadInto(0, &reused);
  const uchar* memory = reused.data;
  for (const int frame : {1, 2, 17, 3, 29}) {
    reader.ReadInto(frame, &reused);
    CHECK(reused.data == memory);
    CHECK(Same(reused, second.Read(frame)));
  }
  CHECK_THROWS_AS(reader.Read(30), std::logic_error);
  CHECK_THROWS_AS(reader.Read(-1), std::logic_error);
  CHECK(Same(reader.Read(29), reused));
}

TEST_CASE("indexing can be cancelled in the middle") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  REQUIRE(tests::EncodeCoded(folder / "a.mp4", 80, "-c:v libx264 -preset veryfast"));
  double seen = 0;
  Job* running = nullptr;
  Job job([&](const Job::Progress& progress) {
    seen = progress.done;
    CHECK(progress.total == 80);
    if (progress.done >= 32) running->Cancel();
  });
  running = &job;
  CHECK_THROWS_AS(IndexVideo(folder / "a.mp4", job), datasets::Cancelled);
  CHECK(seen == 32);
}

TEST_CASE("what is no video is refused with one clear sentence") {
  tests::TempDir folder;
  CHECK(ErrorOf(folder / "absent.mp4").find("no such file") != std::string::npos);
  CHECK(ErrorOf(folder.path()).find("folder") != std::string::npos);
  WriteBytes(folder / "empty.mp4", "");
  CHECK(ErrorOf(folder / "empty.mp4").find("empty") != std::string::npos);
  WriteBytes(folder / "text.mp4", "Frame,animal,x,y\n1,vole_1,3,4\n");
  CHECK(ErrorOf(folder / "text.mp4").find("not a video") != std::string::npos);
  WriteBytes(folder / "list.mp4", "#EXTM3U\n#EXTINF:1,\nhttp://localhost:1/a.ts\n#EXT-X-ENDLIST\n");
  CHECK(ErrorOf(folder / "list.mp4") != "");
  WriteBytes(folder / "zeros.mp4", std::string(100000, '\0'));
  CHECK(ErrorOf(folder / "zeros.mp4") != "");
  if (geteuid() != 0) {
    WriteBytes(folder / "secret.mp4", "x");
    std::filesystem::permissions(folder / "secret.mp4", std::filesystem::perms::none);
    CHECK(ErrorOf(folder / "secret.mp4").find("cannot be opened") != std::string::npos);
  }
  if (!tests::HasFfmpeg()) return;
  const std::string sound =
      "ffmpeg -v error -y -f lavfi -i sine=duration=1 '" + (folder / "sound.m4a").string() + "'";
  REQUIRE(std::system(sound.c_str()) == 0);
  CHECK(ErrorOf(folder / "sound.m4a").find("no video") != std::string::npos);
}

TEST_CASE("a cut-off recording is refused when nothing can be used, else used to its last frame") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  REQUIRE(tests::EncodeCoded(folder / "a.mp4", 80, "-c:v libx264 -g 10 -preset veryfast"));
  const std::string whole = ReadBytes(folder / "a.mp4");
  WriteBytes(folder / "headless.mp4", whole.substr(0, whole.size() / 2));
  CHECK(ErrorOf(folder / "headless.mp4").find("table of frames") != std::string::npos);

  for (const char* name : {"front.mp4", "front.avi", "front.mkv"}) {
    CAPTURE(std::string(name));
    const bool mp4 = std::string(name) == "front.mp4";
    REQUIRE(tests::EncodeCoded(
        folder / name, 80,
        mp4 ? "-c:v libx264 -g 10 -movflags +faststart" : "-c:v mpeg4 -q:v 3 -g 10"));
    const std::string bytes = ReadBytes(folder / name);
    WriteBytes(folder / name, bytes.substr(0, bytes.size() * 2 / 3));
    Job job;
    std::string warning;
    const VideoIndex index = IndexVideo(folder / name, job, &warning);
    CHECK(index.frame_count() > 20);
    CHECK(index.frame_count() < 75);
    CHECK(warning != "");
    CheckCodes(folder / name, index);
    CheckEveryPath(folder / name, index);
  }
}

TEST_CASE("a video that changed since it was indexed is not read") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  REQUIRE(tests::EncodeCoded(folder / "a.mp4", 20, "-c:v libx264"));
  Job job;
  const VideoIndex index = IndexVideo(folder / "a.mp4", job);
  CHECK(index.fingerprint.size() == 64);
  CHECK(index.fingerprint == datasets::FingerprintFile(folder / "a.mp4"));
  REQUIRE(tests::EncodeCoded(folder / "a.mp4", 21, "-c:v libx264"));
  CHECK_THROWS_WITH_AS(VideoReader(folder / "a.mp4", index),
                       doctest::Contains("not the one that was indexed"), Error);
  std::filesystem::remove(folder / "a.mp4");
  CHECK_THROWS_AS(VideoReader(folder / "a.mp4", index), Error);
}

TEST_CASE("flipped bytes never crash or hang, and what is indexed can be read") {
  if (!tests::HasFfmpeg()) return;
  tests::TempDir folder;
  std::mt19937 random(11);
  for (const char* name : {"a.mp4", "a.avi", "a.mkv", "a.ts"}) {
    REQUIRE(tests::EncodeCoded(folder / name, 12,
                               std::string(name) == "a.avi"
                                   ? "-c:v mpeg4 -bf 2 -g 5"
                                   : "-c:v libx264 -g 5 -preset ultrafast"));
    const std::string whole = ReadBytes(folder / name);
    for (int round = 0; round < 25; ++round) {
      std::string bytes = whole;
      const int flips = 1 + static_cast<int>(random() % 20);
      for (int k = 0; k < flips; ++k) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      const auto path = folder / ("flipped" + std::filesystem::path(name).extension().string());
      WriteBytes(path, bytes);
      CAPTURE(std::string(name));
      CAPTURE(round);
      try {
        Job job;
        const VideoIndex index = IndexVideo(path, job);
        REQUIRE(index.frame_count() > 0);
        REQUIRE(index.fps > 0);
        VideoReader reader(path, index);
        for (const int frame : {index.frame_count() - 1, 0, index.frame_count() / 2}) {
          CHECK(reader.Read(frame).cols == index.width);
        }
      } catch (const Error& error) {
        CHECK(std::string(error.what()).find("\n") == std::string::npos);
      }
    }
  }
}

}  // namespace video_test
