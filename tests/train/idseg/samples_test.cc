#include "train/idseg/samples.h"

#include <map>

#include "tests/support/torch_doctest.h"
#include "tests/train/synthetic_labels.h"

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
