// What a video teaches that nobody has labeled, and what it never may.
#include "infer/learning/unlabeled.h"

#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>
#include <set>

#include "datasets/store/writer.h"
#include "datasets/video/video.h"
#include "tests/support/temp_dir.h"

namespace unlabeled_test {

namespace {

// An animal that walks across an even ground.
cv::Mat Picture(int frame) {
  cv::Mat picture(120, 160, CV_8UC3, cv::Scalar::all(180));
  cv::ellipse(picture, {20 + 2 * frame, 40 + frame % 30}, {12, 8}, 20, 0, 360, cv::Scalar::all(30),
              cv::FILLED);
  return picture;
}

}  // namespace

TEST_CASE("Frames that are kept for a test are never proposed to be learned from") {
  tests::TempDir folder;
  const std::string file = (folder / "clip.mp4").string();
  {
    datasets::VideoWriter writer(file, 160, 120, 25, 4);
    for (int frame = 0; frame < 60; ++frame) writer.Write(Picture(frame));
    writer.Close();
  }
  const auto project = datasets::Project::Create(folder / "p.vole");
  datasets::Job job;
  const auto video = project->AddVideo(file, job);
  const auto proposed = [&] {
    std::set<int> frames;
    for (const auto& frame : infer::ProposeLabels(*project, video, 1, job).labels.data.frames) {
      frames.insert(frame.frame_index);
    }
    return frames;
  };
  const std::set<int> before = proposed();
  REQUIRE(before.size() > 10);
  const int first = *before.begin(), last = *before.rbegin();
  project->Write([&](datasets::Writer& writer) {
    writer.SetImageSplit(writer.FindOrInsertImage(video.id, first, 160, 120), "test");
    writer.SetImageSplit(writer.FindOrInsertImage(video.id, last, 160, 120), "val");
  });
  const std::set<int> after = proposed();
  CHECK(after.count(first) == 0);
  CHECK(after.count(last) == 0);
  CHECK(after.size() > 10);
}

}  // namespace unlabeled_test
