#include "datasets/video/video.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <opencv2/imgproc.hpp>
#include <random>
#include <thread>

#include "datasets/base/error.h"
#include "tests/support/coded_video.h"
#include "tests/support/shared_data.h"
#include "tests/support/temp_dir.h"

namespace {

using datasets::Error;
using datasets::IndexVideo;
using datasets::Job;
using datasets::VideoIndex;
using datasets::VideoReader;

bool Same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

// In order, backwards, at random, and with several threads: always the picture of the first pass.
void CheckEveryPath(const std::filesystem::path& path, const VideoIndex& index) {
  std::vector<cv::Mat> truth;
  VideoReader reader(path, index);
  for (int i = 0; i < index.frame_count(); ++i) truth.push_back(reader.Read(i));
  int wrong = 0;
  for (int i = index.frame_count() - 1; i >= 0; --i) wrong += !Same(reader.Read(i), truth[i]);
  CHECK(wrong == 0);
  std::mt19937 random(7);
  for (const int threads : {1, 3}) {
    VideoReader jumper(path, index, threads);
    for (int k = 0; k < 60; ++k) {
      const int frame = static_cast<int>(random() % index.frame_count());
      wrong += !Same(jumper.Read(frame), truth[frame]);
      if (frame + 1 < index.frame_count()) wrong += !Same(jumper.Read(frame + 1), truth[frame + 1]);
      wrong += !Same(jumper.Read(frame), truth[frame]);
    }
  }
  CHECK(wrong == 0);
}

// The worst gap of the means of small areas: codecs keep colors coarsely only.
double CoarseGap(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat small_a, small_b;
  cv::resize(a, small_a, {18, 6}, 0, 0, cv::INTER_AREA);
  cv::resize(b, small_b, {18, 6}, 0, 0, cv::INTER_AREA);
  return cv::norm(small_a, small_b, cv::NORM_INF);
}

void CheckCodes(const std::filesystem::path& path, const VideoIndex& index, int first = 0) {
  VideoReader reader(path, index);
  std::vector<int> codes, expected;
  for (int i = 0; i < index.frame_count(); ++i) {
    codes.push_back(tests::FrameCode(reader.Read(i)));
    expected.push_back(first + i);
  }
  CHECK(codes == expected);
}

std::string ErrorOf(const std::filesystem::path& path) {
  Job job;
  try {
    IndexVideo(path, job);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void WriteBytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string ReadBytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
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
    int wrong = 0;
    for (int frame = index.frame_count() - 1; frame > 0; frame -= index.frame_count() / 9) {
      const cv::Mat jumped = jumping.Read(frame);
      forward.SkipTo(frame);
      wrong += !Same(forward.Read(frame), jumped);
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
  for (const auto& [degrees, code] :
       std::vector<std::pair<int, int>>{{90, cv::ROTATE_90_COUNTERCLOCKWISE},
                                        {180, cv::ROTATE_180},
                                        {270, cv::ROTATE_90_CLOCKWISE}}) {
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

TEST_CASE("what the cache gives is what the reader gives, within its bytes, from many threads") {
  tests::TempDir folder;
  {
    datasets::VideoWriter writer(folder / "a.mp4", 180, 60, 25, 20, 30);
    for (int i = 0; i < 120; ++i) writer.Write(tests::CodedFrame(i));
    writer.Close();
  }
  Job job;
  const VideoIndex index = IndexVideo(folder / "a.mp4", job);
  VideoReader reader(folder / "a.mp4", index);
  std::vector<cv::Mat> truth;
  for (int i = 0; i < 120; ++i) truth.push_back(reader.Read(i));
  const size_t frame_bytes = 180 * 60 * 3;
  for (const size_t room : {size_t{0}, 3 * frame_bytes + 10, 50 * frame_bytes, 500 * frame_bytes}) {
    CAPTURE(room);
    datasets::FrameCache cache(folder / "a.mp4", index, room);
    std::atomic<int> wrong{0};
    std::atomic<bool> over{false};
    std::vector<std::thread> people;
    for (unsigned person = 0; person < 3; ++person) {
      people.emplace_back([&, person] {
        std::mt19937 random(person);
        int frame = 60, step = 1;
        for (int k = 0; k < 150; ++k) {
          if (random() % 20 == 0) frame = static_cast<int>(random() % 120);
          if (random() % 15 == 0) step = -step;
          frame = std::clamp(frame + step, 0, 119);
          cache.Prefetch(frame, step);
          if (const auto quick = cache.GetIfCached(frame)) wrong += !Same(*quick, truth[frame]);
          wrong += !Same(cache.Get(frame), truth[frame]);
          if (cache.used_bytes() > room) over = true;
        }
      });
    }
    for (std::thread& person : people) person.join();
    CHECK(wrong == 0);
    CHECK_FALSE(over);
  }
}

TEST_CASE("stepping back finds the frames before in the cache, and prefetching goes both ways") {
  tests::TempDir folder;
  {
    datasets::VideoWriter writer(folder / "a.mp4", 180, 60, 25, 20, 40);
    for (int i = 0; i < 120; ++i) writer.Write(tests::CodedFrame(i));
    writer.Close();
  }
  Job job;
  const VideoIndex index = IndexVideo(folder / "a.mp4", job);
  datasets::FrameCache cache(folder / "a.mp4", index, size_t{100} * 180 * 60 * 3);
  cache.Get(75);
  cache.Get(74);
  for (int frame = 73; frame >= 40; --frame) CHECK(cache.GetIfCached(frame).has_value());
  for (const auto& [from, step, far] : std::vector<std::array<int, 3>>{{40, -1, 5}, {80, 1, 110}}) {
    CAPTURE(step);
    cache.Prefetch(from, step);
    bool arrived = false;
    for (int patience = 0; patience < 20000 && !arrived; ++patience) {
      arrived = cache.GetIfCached(far).has_value();
      if (!arrived) std::this_thread::yield(), usleep(500);
    }
    CHECK(arrived);
  }
}

TEST_CASE("what the writer wrote reads back: sizes, rates, groups, pictures") {
  tests::TempDir folder;
  for (const cv::Size size : {cv::Size(180, 60), cv::Size(181, 61)}) {
    for (const char* name : {"w.mp4", "w.mkv", "w.avi"}) {
      CAPTURE(std::string(name));
      datasets::VideoWriter writer(folder / name, size.width, size.height, 29.97, 12, 15);
      for (int i = 0; i < 50; ++i) writer.Write(tests::CodedFrame(i, size));
      CHECK_FALSE(std::filesystem::exists(folder / name));
      writer.Close();
      CHECK_FALSE(std::filesystem::exists(folder / (std::string(name) + ".part")));
      Job job;
      std::string warning;
      const VideoIndex index = IndexVideo(folder / name, job, &warning);
      CHECK(warning == "");
      CHECK(index.frame_count() == 50);
      CHECK(index.width == size.width);
      CHECK(index.height == size.height);
      CHECK(index.fps == doctest::Approx(29.97).epsilon(0.01));
      CheckCodes(folder / name, index);
      CheckEveryPath(folder / name, index);
      VideoReader reader(folder / name, index);
      CHECK(CoarseGap(reader.Read(20), tests::CodedFrame(20, size)) <= 8);
      std::filesystem::remove(folder / name);
    }
  }
}

TEST_CASE("a video that is not closed leaves nothing, and an old one stays as it was") {
  tests::TempDir folder;
  WriteBytes(folder / "a.mp4", "precious");
  {
    datasets::VideoWriter writer(folder / "a.mp4", 180, 60, 25);
    for (int i = 0; i < 5; ++i) writer.Write(tests::CodedFrame(i));
  }
  CHECK(ReadBytes(folder / "a.mp4") == "precious");
  CHECK_FALSE(std::filesystem::exists(folder / "a.mp4.part"));
  CHECK_THROWS_AS(datasets::VideoWriter(folder / "no/such/a.mp4", 180, 60, 25), Error);
  CHECK_THROWS_AS(datasets::VideoWriter(folder / "b.mp4", 0, 60, 25), Error);
  CHECK_THROWS_AS(datasets::VideoWriter(folder / "b.mp4", 180, 60, 0), Error);
}

TEST_CASE("a full disk is told, and leaves no half video") {
  tests::TempDir folder;
  const pid_t child = fork();
  if (child == 0) {  // a limit of its own, so that the other tests keep theirs
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20000, 20000};
    setrlimit(RLIMIT_FSIZE, &limit);
    int code = 1;
    try {
      datasets::VideoWriter writer(folder / "a.mp4", 320, 240, 25, 1);
      cv::Mat noise(240, 320, CV_8UC3);
      for (int i = 0; i < 60; ++i) {
        cv::randu(noise, 0, 255);
        writer.Write(noise);
      }
      writer.Close();
    } catch (const Error& error) {
      code = std::string(error.what()).find("make room") != std::string::npos ? 42 : 2;
    }
    _exit(code);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 42);
  CHECK(std::filesystem::is_empty(folder.path()));
}
