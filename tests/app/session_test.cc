#include "app/model/session/session.h"

#include <doctest/doctest.h>

#include "datasets/video/video.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_dir.h"

namespace {

using datasets::Id;
using datasets::Project;

constexpr int kWidth = 64, kHeight = 48;

// A project with two videos of one brightness each.
struct TwoVideos {
  tests::TempDir folder;
  Id dark = 0, light = 0;

  TwoVideos() {
    auto project = Project::Create(folder / "two.vole");
    dark = Add(*project, "dark", 20);
    light = Add(*project, "light", 200);
  }

 private:
  Id Add(Project& project, const std::string& name, int brightness) {
    const auto file = folder / (name + ".mp4");
    datasets::VideoWriter writer(file, kWidth, kHeight, 25, 4);
    for (int frame = 0; frame < 12; ++frame) {
      writer.Write(cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar::all(brightness + frame)));
    }
    writer.Close();
    datasets::Job job;
    return project.AddVideo(file, job).id;
  }
};

double Brightness(const app::Session& session) {
  const cv::Mat& picture = session.picture().bgr;
  return picture.empty() ? -1 : cv::mean(picture)[0];
}

}  // namespace

TEST_CASE("After another video is chosen nothing of the one before is shown or worked on") {
  TwoVideos scene;
  app::Session session(Project::Open(scene.folder / "two.vole"), [] {});
  const auto shows = [&](Id video, double brightness) {
    return tests::Eventually([&] {
      session.Poll();
      const auto view = session.frame_view();
      return view && view->video_id == video && session.background() &&
             std::abs(Brightness(session) - brightness) < 12;
    });
  };
  REQUIRE(shows(scene.dark, 20));
  // Both stand at frame 0, so the number of the frame does not tell them apart.
  for (int turn = 0; turn < 3; ++turn) {
    session.GoTo(scene.light, 0);
    CHECK(session.picture().bgr.empty());
    CHECK_FALSE(session.frame_view());
    CHECK_FALSE(session.background());
    REQUIRE(shows(scene.light, 200));
    CHECK(session.picture().video_id == scene.light);
    session.GoTo(scene.dark, 0);
    session.Poll();
    CHECK(std::abs(Brightness(session) - 200) > 100);
    REQUIRE(shows(scene.dark, 20));
  }
}
