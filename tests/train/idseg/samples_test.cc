#include "train/idseg/samples.h"

#include <map>

#include "tests/support/torch_doctest.h"
#include "tests/train/synthetic_labels.h"

namespace samples_test {

namespace {

using namespace train;

struct Drawer {
  explicit Drawer(double pasted) : scene(tests::DrawScene(6)) {
    tests::Connect(scene);
    description = DescribeLabels(scene.data, job);
    set = LoadLearningSet(scene.data, description, job);
    sampling.pasted = pasted;
  }
  SegSample Draw(uint64_t seed) const {
    datasets::Random random({seed});
    return SegSampler(set, {0, 1, 2, 3, 4, 5}, description.seg, sampling).Draw(random, 1);
  }
  tests::Scene scene;
  datasets::Job job;
  IdsegDescription description;
  LearningSet set;
  SegSampling sampling;
};

// Pixels of each animal of a sample, by the center that they point at (in halves of a pixel).
std::map<std::pair<int, int>, std::vector<cv::Point>> Animals(const SegSample& sample) {
  std::map<std::pair<int, int>, std::vector<cv::Point>> animals;
  for (int y = 0; y < sample.label.rows; ++y) {
    for (int x = 0; x < sample.label.cols; ++x) {
      if (sample.label.at<uchar>(y, x) == 0) continue;
      const cv::Vec2f way = sample.to_center.at<cv::Vec2f>(y, x);
      animals[{cvRound(2 * (way[0] + static_cast<float>(x))),
               cvRound(2 * (way[1] + static_cast<float>(y)))}]
          .emplace_back(x, y);
    }
  }
  return animals;
}

}  // namespace

TEST_CASE("every pixel of an animal points at the middle of what is seen of it") {
  const Drawer drawer(0.5);
  int whole = 0;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    for (const auto& [center, pixels] : Animals(drawer.Draw(seed))) {
      const cv::Rect box = cv::boundingRect(pixels);
      const int side = drawer.sampling.side;
      // One that the crop's edge or the picture's cuts has its middle elsewhere.
      if (box.x < 3 || box.y < 3 || box.br().x > side - 3 || box.br().y > side - 3) continue;
      cv::Point2d mean;
      for (const cv::Point& pixel : pixels) mean += cv::Point2d(pixel);
      mean *= 1.0 / static_cast<double>(pixels.size());
      if (pixels.size() < 50) continue;
      CHECK(cv::norm(mean - cv::Point2d(center.first / 2.0, center.second / 2.0)) < 1.5);
      ++whole;
    }
  }
  CHECK(whole > 20);
}

TEST_CASE("pasted animals come into touch, over and under others, up to three") {
  const Drawer apart(0), pasted(1);
  size_t most = 0;
  int touching = 0;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    CHECK(Animals(apart.Draw(seed)).size() <= 2);
    const SegSample sample = pasted.Draw(seed);
    const auto animals = Animals(sample);
    most = std::max(most, animals.size());
    cv::Mat parts;
    const int blobs = cv::connectedComponents(sample.animal > 127, parts) - 1;
    touching += blobs < static_cast<int>(animals.size());
  }
  CHECK(most >= 3);
  CHECK(touching > 10);
}

TEST_CASE("tiny animals are enlarged, and their outlines with them") {
  tests::Scene scene = tests::DrawScene(4);
  for (size_t f = 0; f < scene.pictures.size(); ++f) {
    cv::Mat& picture = scene.pictures[f];
    picture.setTo(cv::Scalar::all(180));
    int at = 7;  // odd places are where a grid of two would be missed
    for (LabeledObject& object : scene.data.frames[f].objects) {
      cv::Mat mask = cv::Mat::zeros(picture.size(), CV_8UC1);
      mask(cv::Rect(at, 2 * at + 1, 21, 5)).setTo(255);
      picture.setTo(cv::Scalar::all(30), mask);
      object.mask = datasets::EncodeMask(mask);
      at += 34;
    }
  }
  scene.data.backgrounds = {cv::Mat()};
  tests::Connect(scene);
  datasets::Job job;
  const IdsegDescription description = DescribeLabels(scene.data, job);
  CHECK(description.seg.scale == 2);
  const LearningSet set = LoadLearningSet(scene.data, description, job);
  CHECK(set.frames[0].picture.size() == scene.pictures[0].size() * 2);
  for (const ScaledFrame& frame : set.frames) {
    for (const ScaledObject& object : frame.objects) {
      const cv::Mat dark = frame.picture(object.region) < cv::Scalar::all(105);
      cv::Mat grey;
      cv::extractChannel(dark, grey, 0);
      // Half of the border's pixels at most: what is dark is what is covered.
      CHECK(cv::countNonZero(grey ^ (object.coverage > 127)) <= 30);
      CHECK(cv::countNonZero(object.coverage > 127) == doctest::Approx(4 * 21 * 5).epsilon(0.05));
    }
  }
}

TEST_CASE("tiny animals keep their pixels, however large the picture is") {
  tests::Scene scene;
  scene.data.classes = {"larva"};
  const cv::Size size(3000, 2600);
  scene.pictures = {cv::Mat(size, CV_8UC3, cv::Scalar::all(180))};
  LabeledFrame frame;
  for (const int at : {300, 1700}) {
    cv::Mat mask = cv::Mat::zeros(size, CV_8UC1);
    mask(cv::Rect(at, at, 13, 3)).setTo(255);
    LabeledObject object;
    object.mask = datasets::EncodeMask(mask);
    frame.objects.push_back(object);
  }
  scene.data.frames = {frame};
  scene.data.backgrounds = {cv::Mat()};
  tests::Connect(scene);
  datasets::Job job;
  CHECK(DescribeLabels(scene.data, job).seg.scale == 1);
}

}  // namespace samples_test
