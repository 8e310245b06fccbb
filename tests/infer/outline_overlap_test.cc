#include "infer/review/outline_overlap.h"

#include <doctest/doctest.h>

#include <random>

namespace outline_overlap_test {

namespace {

infer::ReviewAnimal Animal(float agreement, bool touching = false, float area_ratio = 1) {
  infer::ReviewAnimal animal;
  animal.agreement = agreement;
  animal.area_ratio = area_ratio;
  animal.signs[static_cast<size_t>(infer::Sign::kTouching)] = touching;
  return animal;
}

}  // namespace

TEST_CASE(
    "before anything was checked half agreement is half overlap, and the most there is all of it") {
  const infer::OverlapModel model({}, 1, 0.9);
  CHECK(model.Expected(Animal(0.9f)) == doctest::Approx(1).epsilon(0.01));
  CHECK(model.Expected(Animal(0.5f)) == doctest::Approx(0.5).epsilon(0.01));
  CHECK(model.SignOf(Animal(0.9f)) < 0.05f);
  CHECK(model.SignOf(Animal(0.5f)) == doctest::Approx(0.5).epsilon(0.02));
  CHECK(model.SignOf(Animal(0.1f)) > 0.85f);
}

TEST_CASE("labels teach how agreement, touching and area bear on the overlap") {
  // overlap = 0.2 + 0.6 agreement - 0.1 touching + 0.05 log(area ratio)
  std::mt19937 random(3);
  std::uniform_real_distribution<double> any(0, 1);
  std::normal_distribution<double> noise(0, 0.01);
  std::vector<infer::OverlapExample> examples;
  for (int i = 0; i < 400; ++i) {
    const bool touching = any(random) < 0.4;
    const infer::ReviewAnimal animal = Animal(static_cast<float>(0.4 + 0.5 * any(random)), touching,
                                              static_cast<float>(0.7 + 0.6 * any(random)));
    const double overlap = 0.2 + 0.6 * animal.agreement - 0.1 * touching +
                           0.05 * std::log(animal.area_ratio) + noise(random);
    examples.push_back({animal, overlap, 1});
  }
  const infer::OverlapModel model(examples, 1, 0.9);
  CHECK(model.Expected(Animal(0.5f)) == doctest::Approx(0.5).epsilon(0.02));
  CHECK(model.Expected(Animal(0.8f)) == doctest::Approx(0.68).epsilon(0.02));
  CHECK(model.Expected(Animal(0.8f, true)) == doctest::Approx(0.58).epsilon(0.02));
  CHECK(model.Deviation(0) < 0.03);
  // Half of the outlines at the edge are below an IoU of 0.5.
  CHECK(model.SignOf(Animal(0.5f)) == doctest::Approx(0.5).epsilon(0.1));
  CHECK(model.SignOf(Animal(0.7f)) == 0);
  CHECK(model.SignOf(Animal(0.3f)) == 1);
}

TEST_CASE("examples of one class say nothing about another") {
  std::vector<infer::OverlapExample> examples;
  for (int i = 0; i < 50; ++i) examples.push_back({Animal(0.8f), 0.3, 1});
  const infer::OverlapModel model(examples, 2, 0.9);
  infer::ReviewAnimal other = Animal(0.8f);
  CHECK(model.Expected(other) < 0.4);
  other.class_index = 1;
  CHECK(model.Expected(other) > 0.8);
}

TEST_CASE("an outline that nothing is known about stays as it was") {
  infer::ReviewData data;
  data.classes = {"a"};
  data.animals = {Animal(-1), Animal(0.2f)};
  infer::JudgeByOverlap(infer::OverlapModel({}, 1, 0.9), data);
  const size_t off = static_cast<size_t>(infer::Sign::kOffPicture);
  CHECK(data.animals[0].signs[off] == 0);
  CHECK(data.animals[1].signs[off] > 0.7f);
}

}  // namespace outline_overlap_test
