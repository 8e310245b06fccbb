#include <opencv2/imgproc.hpp>

#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/synthetic_labels.h"
#include "train/base/predictor.h"
#include "train/learn/evaluate.h"
#include "train/train_job.h"

namespace follow_test {

namespace {

using namespace train;

// The small drawn frame somewhere in a large empty arena.
cv::Mat Placed(const cv::Mat& small, const cv::Mat& arena, cv::Point at) {
  cv::Mat picture = arena.clone();
  small.copyTo(picture(cv::Rect(at, small.size())));
  return picture;
}

LabeledFrame PlacedLabels(const LabeledFrame& small, const cv::Size& arena, cv::Point at) {
  LabeledFrame frame = small;
  for (LabeledObject& object : frame.objects) {
    const cv::Mat mask = datasets::DecodeMask(object.mask);
    object.mask =
        datasets::EncodeMaskAt(mask, cv::Rect(at, mask.size()), arena.height, arena.width);
  }
  return frame;
}

}  // namespace

TEST_CASE("looking around the last places finds what looking everywhere finds, also after a jump") {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(4);
  tests::Connect(scene);
  datasets::Job job;
  TrainOptions options;
  options.steps = 90;
  options.threads = 1;
  options.device = "cpu";
  Train(scene.data, options, folder / "m", job);

  cv::Mat arena;
  cv::repeat(scene.data.backgrounds[0], 5, 5, arena);
  std::vector<cv::Mat> pictures;
  std::vector<LabeledFrame> labels;
  for (int i = 0; i < 14; ++i) {
    // Slow steps, then one jump across the arena.
    const cv::Point at = i < 9 ? cv::Point(160 + 2 * i, 128) : cv::Point(480, 384 + 2 * i);
    // The floor's pattern repeats, so the pasted frame must lie on its grid to leave no seam.
    pictures.push_back(Placed(scene.pictures[0], arena, at));
    labels.push_back(PlacedLabels(scene.data.frames[0], arena.size(), at));
  }
  PredictorOptions follow, everywhere;
  follow.threads = everywhere.threads = 1;
  follow.device = everywhere.device = "cpu";
  everywhere.follow = false;
  const auto a = LoadPredictor(folder / "m", follow)->Predict(pictures, {});
  const auto b = LoadPredictor(folder / "m", everywhere)->Predict(pictures, {});
  Evaluation followed(2), looked(2);
  for (size_t i = 0; i < pictures.size(); ++i) {
    followed.Add(a[i].detections, labels[i]);
    looked.Add(b[i].detections, labels[i]);
    CHECK(a[i].animal_probability.size() == b[i].animal_probability.size());
  }
  CHECK(looked.Figures().at("recall50") == 1.0);
  CHECK(followed.Figures().at("recall50") == 1.0);
  CHECK(std::abs(followed.MeanIou() - looked.MeanIou()) < 0.02);
}

}  // namespace follow_test
