// Frame indices and video rows that a damaged or crafted project holds.
#include <doctest/doctest.h>

#include <opencv2/imgcodecs.hpp>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/codec.h"
#include "datasets/store/connection.h"
#include "datasets/store/writer.h"
#include "datasets/verify.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace index_faults_test {

namespace {

using datasets::Blob;
using datasets::Connection;
using datasets::PackIntegers;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  datasets::VideoRow video;
  Scene() {
    project->Write([&](Writer& writer) {
      const auto index = tests::Index(30);
      datasets::Background background;
      background.bgr = cv::Mat(48, 64, CV_8UC3, cv::Scalar(1, 2, 3));
      writer.InsertVideo(tests::Video("v", index), index, background);
    });
    video = project->Videos()[0];
  }
  template <class... Values>
  void Run(const char* sql, const Values&... values) {
    project->Write([&](Writer& writer) { writer.connection().Run(sql, values...); });
  }
  // Whether reading refuses with the row's number, and `vole verify` names the row.
  void CheckRefused(const std::string& what) {
    CAPTURE(what);
    const std::string message = MessageOf([&] { project->IndexOf(video); });
    CAPTURE(message);
    CHECK(message.find("video 1") == 0);
    CheckFound();
  }
  void CheckFound() {
    datasets::Job job;
    bool found = false;
    for (const auto& finding : datasets::Verify(*project, job)) {
      found = found || (finding.code == "video" && finding.id == 1);
    }
    CHECK(found);
  }
};

TEST_CASE("a frame index that breaks a promise is refused and found, whichever it is") {
  const auto with_keys = [](const std::vector<int64_t>& keys) {
    Scene scene;
    scene.Run("UPDATE video_data SET key_frames = ?", Blob{PackIntegers(keys)});
    scene.CheckRefused("key frames");
  };
  with_keys({0, 24, 12});
  with_keys({0, 12, 12});
  with_keys({-1, 12});
  with_keys({0, 30});
  with_keys({0, int64_t{1} << 40});
  const auto with_stamps = [](std::vector<int64_t> stamps) {
    Scene scene;
    scene.Run("UPDATE video_data SET pts = ?", Blob{PackIntegers(stamps)});
    scene.CheckRefused("time stamps");
  };
  std::vector<int64_t> stamps = tests::Index(30).pts;
  with_stamps({stamps.begin(), stamps.begin() + 20});
  with_stamps({});
  std::swap(stamps[3], stamps[4]);
  with_stamps(stamps);
  stamps[3] = stamps[4];
  with_stamps(stamps);
  for (const char* damage :
       {"pts = x'ff'", "pts = x''", "key_frames = x'ffffffffffffffffffff01'", "pts = x'02'"}) {
    Scene scene;
    scene.Run((std::string("UPDATE video_data SET ") + damage).c_str());
    scene.CheckRefused(damage);
  }
  for (const char* damage : {"width = -5", "width = 2000000000", "width = 4294967360", "height = 0",
                             "frame_count = 2000000000", "frame_count = 29", "fps = 0", "fps = -1",
                             "fps = 9e999", "time_base_num = 0", "time_base_den = -25"}) {
    Scene scene;
    scene.Run((std::string("UPDATE videos SET ") + damage).c_str());
    scene.CheckRefused(damage);
  }
}

TEST_CASE("a background that is broken, or of another size, is refused and found") {
  for (const int width : {0, 63}) {
    Scene scene;
    std::string png = "not a picture";
    if (width > 0) {
      std::vector<uchar> bytes;
      cv::imencode(".png", cv::Mat(48, width, CV_8UC3, cv::Scalar(0, 0, 0)), bytes);
      png.assign(bytes.begin(), bytes.end());
    }
    CHECK(scene.project->BackgroundOf(scene.video).bgr.cols == 64);
    scene.Run("UPDATE video_data SET background = ?", Blob{png});
    CHECK(MessageOf([&] { scene.project->BackgroundOf(scene.video); }).find("video 1") == 0);
    scene.CheckFound();
  }
}

TEST_CASE("a row of absurd size ends no listing with a guess") {
  Scene scene;
  scene.Run("UPDATE videos SET width = 2000000000");
  CHECK(MessageOf([&] { scene.project->Videos(); }).find("2000000000 x 48") != std::string::npos);
}

}  // namespace

}  // namespace index_faults_test
