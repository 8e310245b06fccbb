#include "infer/track/contact_split.h"

#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

namespace contact_split_test {

namespace {

constexpr int kSize = 120;

infer::Blob BlobFrom(const cv::Mat& mask) {
  infer::Blob blob;
  infer::SetMask(blob, mask, cv::Rect(0, 0, mask.cols, mask.rows));
  return blob;
}

cv::Mat Bar(cv::Point from, cv::Point to) {
  cv::Mat mask(kSize, kSize, CV_8UC1, cv::Scalar(0));
  cv::line(mask, from, to, cv::Scalar(255), 17);
  return mask;
}

double IouOf(const infer::Blob& blob, const cv::Mat& truth) {
  return infer::Iou(blob, {}, BlobFrom(truth));
}

// One animal lies across the other, which looks out on one side only: no outline can know that.
struct Crossing {
  cv::Mat above = Bar({20, 60}, {100, 60});
  cv::Mat below_whole = Bar({60, 20}, {75, 75});
  cv::Mat below = below_whole & ~above;
  infer::Blob merged, above_before, below_before;
  train::FrameDetections found;
  std::vector<infer::SplitTemplate> templates;

  Crossing() {
    // The largest part is what is still seen of the lower animal.
    below(cv::Rect(0, 60, kSize, kSize - 60)).setTo(0);
    merged = BlobFrom(above | below);
    above_before = BlobFrom(Bar({18, 58}, {98, 58}));
    below_before = BlobFrom(Bar({60, 16}, {72, 62}));
    found.scale = 1;
    found.class_probability = cv::Mat(kSize, kSize, CV_8UC2, cv::Scalar(0, 0));
    found.class_probability.setTo(cv::Scalar(250, 5), above);
    found.class_probability.setTo(cv::Scalar(5, 250), below);
    templates.resize(2);
    templates[0] = {&above_before, {0, 0}, above_before.area, {0.98, 0.02}};
    templates[1] = {&below_before, {0, 0}, below_before.area, {0.02, 0.98}};
  }
};

}  // namespace

TEST_CASE("A decisive opinion of the network cuts along the border that it sees") {
  const Crossing crossing;
  const auto pieces = infer::SplitMerged(crossing.merged, crossing.templates, crossing.found);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].cut_by_classes);
  CHECK(IouOf(pieces[0], crossing.above) > 0.97);
  CHECK(IouOf(pieces[1], crossing.below) > 0.95);
}

TEST_CASE("An opinion that contradicts where the animals were does not cut") {
  Crossing crossing;
  std::swap(crossing.templates[0].class_weights, crossing.templates[1].class_weights);
  const auto pieces = infer::SplitMerged(crossing.merged, crossing.templates, crossing.found);
  CHECK_FALSE(pieces[0].cut_by_classes);
  CHECK(pieces[0].area > pieces[1].area);
}

TEST_CASE("An opinion that is not decisive, or in patches, does not cut") {
  Crossing vague;
  vague.found.class_probability.setTo(cv::Scalar(140, 115), vague.above);
  vague.found.class_probability.setTo(cv::Scalar(115, 140), vague.below);
  CHECK_FALSE(infer::SplitMerged(vague.merged, vague.templates, vague.found)[0].cut_by_classes);

  Crossing patchy;
  for (int x = 0; x < kSize; x += 8) {
    patchy.found.class_probability(cv::Rect(x, 0, 4, kSize)).setTo(cv::Scalar(5, 250));
  }
  CHECK_FALSE(infer::SplitMerged(patchy.merged, patchy.templates, patchy.found)[0].cut_by_classes);

  const Crossing silent;
  const auto pieces = infer::SplitMerged(silent.merged, silent.templates, {});
  CHECK_FALSE(pieces[0].cut_by_classes);
  CHECK(pieces[0].area + pieces[1].area == doctest::Approx(silent.merged.area));
}

}  // namespace contact_split_test
