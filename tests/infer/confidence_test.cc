#include "infer/review/confidence.h"

#include <doctest/doctest.h>

#include <random>

namespace confidence_test {

using infer::ConfidenceModel;
using infer::CrossValidated;
using infer::Example;
using infer::ExpectedCalibrationError;
using infer::FitModel;
using infer::kSigns;
using infer::PriorModel;
using infer::Sign;
using infer::Signs;

namespace {

Signs With(Sign sign, float value) {
  Signs signs{};
  signs[static_cast<size_t>(sign)] = value;
  return signs;
}

// Frames whose truth follows a logistic in two of the signs.
std::vector<Example> Drawn(int count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<Example> examples;
  for (int i = 0; i < count; ++i) {
    Example example;
    for (float& sign : example.signs) sign = static_cast<float>(unit(random) * unit(random));
    const double z = -3 + 6 * example.signs[static_cast<size_t>(Sign::kOddArea)] +
                     4 * example.signs[static_cast<size_t>(Sign::kNameDoubt)];
    example.wrong = unit(random) < 1 / (1 + std::exp(-z));
    example.frame = i;
    examples.push_back(example);
  }
  return examples;
}

}  // namespace

TEST_CASE("before anything was checked every sign of trouble lowers the confidence") {
  const ConfidenceModel prior = PriorModel();
  const double calm = prior.Wrong(Signs{});
  CHECK(calm < 0.02);
  for (size_t s = 0; s < kSigns; ++s) {
    CHECK(prior.Wrong(With(static_cast<Sign>(s), 1)) > calm);
  }
  CHECK(prior.Wrong(With(Sign::kNameDoubt, 1)) > 0.4);
  Signs all;
  all.fill(1);
  CHECK(prior.Wrong(all) > 0.99);
}

TEST_CASE("no examples leave the prior, many replace it") {
  const ConfidenceModel none = FitModel({});
  CHECK(none.bias == doctest::Approx(PriorModel().bias));
  const ConfidenceModel many = FitModel(Drawn(6000, 1));
  const std::vector<Example> fresh = Drawn(4000, 2);
  std::vector<double> said, said_by_prior;
  for (const Example& example : fresh) {
    said.push_back(many.Wrong(example.signs));
    said_by_prior.push_back(PriorModel().Wrong(example.signs));
  }
  CHECK(ExpectedCalibrationError(said, fresh) < 0.03);
  CHECK(ExpectedCalibrationError(said, fresh) < ExpectedCalibrationError(said_by_prior, fresh));
  CHECK(many.weights[static_cast<size_t>(Sign::kOddArea)] >
        many.weights[static_cast<size_t>(Sign::kVagueBorder)] + 2);
}

TEST_CASE(
    "an outline of twice or half the animal's size is never sure, though it fits the picture") {
  infer::TrackRecord record(1, {640, 480});
  train::ModelInfo info;
  info.classes = {"vole"};
  info.max_instances = {1};
  info.median_area = 1000;
  info.class_median_area = {1000};
  const std::vector<double> sizes = {1, 1.3, 0.75, 2, 0.5, 1.7, 1 / 1.7};
  std::vector<double> areas(60, 1000);
  for (const double size : sizes) areas.push_back(1000 * size);
  for (size_t f = 0; f < areas.size(); ++f) {
    infer::TrackedFrame frame;
    frame.frame = static_cast<int>(f);
    infer::Blob blob;
    blob.frame = frame.frame;
    blob.tracklet = 0;
    blob.region = {100, 100, 50, 50};
    blob.centroid = {125, 125};
    blob.area = areas[f];
    blob.score = blob.certainty = blob.picture_agreement = 1;
    blob.previous_iou = 1;
    frame.blobs.push_back(blob);
    record.Add(frame);
  }
  infer::Tracklet tracklet;
  tracklet.end_frame = static_cast<int>(areas.size());
  infer::NamedTracklet name;
  name.class_index = name.number = 0;
  name.probability = name.margin = 1;
  const std::vector<Signs> signs = infer::SignsOf({record, {tracklet}, {name}, info, 25});
  const auto confidence = [&](size_t which) {
    return 1 - PriorModel(/*judged_by_picture=*/true).Wrong(signs[60 + which]);
  };
  for (size_t usual : {0, 1, 2}) CHECK(confidence(usual) > 0.98);
  for (size_t twice : {3, 4}) CHECK(confidence(twice) < 0.92);
  for (size_t odd : {5, 6}) CHECK(confidence(odd) < 0.985);
}

TEST_CASE("a sign never speaks for a frame, whatever the labels say") {
  std::vector<Example> odd;
  for (int i = 0; i < 400; ++i) {
    odd.push_back({With(Sign::kTouching, i % 2 ? 1.f : 0.f), i % 2 == 0, 1, i});
  }
  const ConfidenceModel model = FitModel(odd);
  for (double weight : model.weights) CHECK(weight >= 0);
}

TEST_CASE("cross-validation judges every frame by a model that has not seen its time") {
  // The second half of the video is wrong throughout, and nothing but the time tells.
  std::vector<Example> examples;
  for (int i = 0; i < 200; ++i) examples.push_back({Signs{}, i >= 100, 1, i});
  const std::vector<double> judged = CrossValidated(examples, PriorModel(), 2);
  CHECK(judged[0] > 0.5);    // learned from the wrong half
  CHECK(judged[199] < 0.1);  // learned from the right half
  CHECK(CrossValidated({}, PriorModel(), 5).empty());
}

TEST_CASE("the calibration error is the mean gap between what is said and what happens") {
  std::vector<Example> examples;
  std::vector<double> said;
  for (int i = 0; i < 100; ++i) {
    examples.push_back({Signs{}, i < 30, 1, i});
    said.push_back(0.3);
  }
  // Within bins of ten equal answers: 3 bins all wrong (|.3 - 1|), 7 all right (|.3 - 0|).
  CHECK(ExpectedCalibrationError(said, examples, 10) == doctest::Approx(0.3 * 0.7 + 0.7 * 0.3));
  CHECK(ExpectedCalibrationError(said, examples, 1) == doctest::Approx(0));
  CHECK(ExpectedCalibrationError({}, {}) == -1);
  const std::vector<Example> few(examples.begin(), examples.begin() + 9);
  CHECK(ExpectedCalibrationError(std::vector<double>(9, 0.1), few) == -1);
}

}  // namespace confidence_test
