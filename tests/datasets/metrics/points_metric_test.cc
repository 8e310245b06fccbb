#include <doctest/doctest.h>

#include <cmath>

#include "datasets/keypoints/sides.h"
#include "datasets/metrics/points.h"

namespace points_metric_test {

namespace {

using namespace datasets;

struct At {
  double x, y;
  int visibility;
};

PointsAnimal Animal(const std::vector<At>& points, double area = 0, int kind = 0) {
  PointsAnimal animal;
  for (const At& at : points) animal.points.push_back({"", at.x, at.y, at.visibility, 0});
  animal.area = area;
  animal.kind = kind;
  return animal;
}

PointsMeasure Measure() {
  PointsMeasure measure;
  measure.names = {"nose", "left ear", "right ear", "tail"};
  measure.mirror = {0, 2, 1, 3};
  return measure;
}

}  // namespace

TEST_CASE("errors, shares within reach and similarity are those of a hand calculation") {
  // The largest distance, nose to tail, is 100: the body length.
  const PointsAnimal truth = Animal({{0, 0, 2}, {10, 20, 2}, {10, -20, 1}, {100, 0, 2}}, 2000);
  const PointsAnimal found = Animal({{3, 4, 2}, {10, 26, 2}, {10, -20, 1}, {0, 0, 0}});
  const PointsFigures figures = EvaluatePoints({{&truth, &found}}, Measure());
  CHECK(figures.all.labeled == 4);
  CHECK(figures.all.compared == 3);
  CHECK(figures.all.missed == 1);
  CHECK(figures.all.spurious == 0);
  CHECK(figures.all.rmse == doctest::Approx(std::sqrt((25 + 36 + 0) / 3.0)));
  CHECK(figures.all.median == doctest::Approx(5));
  CHECK(figures.all.mean == doctest::Approx(11 / 3.0));
  CHECK(figures.body_length == doctest::Approx(100));
  CHECK(figures.all.mean_share == doctest::Approx(0.11 / 3));
  CHECK(figures.all.within_radius == doctest::Approx(2 / 4.0));  // exactly 5 is within
  CHECK(figures.all.within_share == doctest::Approx(3 / 4.0));
  CHECK(figures.all.hidden == 1);
  CHECK(figures.all.hidden_f1 == doctest::Approx(1));
  const double k = 2 * (0.2 * 0.2) * 2000;  // 2 area (2 sigma)^2
  CHECK(figures.oks == doctest::Approx((std::exp(-25 / k) + std::exp(-36 / k) + 1 + 0) / 4));
  CHECK(figures.of_point[1].rmse == doctest::Approx(6));
  CHECK(figures.of_point[3].missed == 1);
}

TEST_CASE("hidden points that were recognized are counted among those that the truth labels") {
  const PointsAnimal truth = Animal({{0, 0, 1}, {10, 20, 1}, {10, -20, 2}, {0, 0, 0}}, 2000);
  const PointsAnimal found = Animal({{3, 4, 1}, {10, 26, 2}, {10, -20, 1}, {9, 9, 1}});
  const PointsFigures figures = EvaluatePoints({{&truth, &found}}, Measure());
  CHECK(figures.all.hidden == 2);
  CHECK(figures.all.hidden_precision == doctest::Approx(0.5));  // the fourth has no truth
  CHECK(figures.all.hidden_recall == doctest::Approx(0.5));
  CHECK(figures.all.hidden_f1 == doctest::Approx(0.5));
  CHECK(figures.of_point[0].hidden_recall == doctest::Approx(1));
  CHECK(figures.of_point[2].hidden_precision == 0);
}

TEST_CASE("the similarity of the published points of people uses their published sigmas") {
  const std::vector<std::string> people = {
      "nose",           "left_eye",   "right_eye",   "left_ear",   "right_ear",   "left_shoulder",
      "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip",
      "right_hip",      "left_knee",  "right_knee",  "left_ankle", "right_ankle"};
  const std::vector<double> sigmas = SigmasFor(people);
  CHECK(sigmas[0] == .026);
  CHECK(sigmas[16] == .089);
  CHECK(SigmasFor({"nose", "tail"}) == std::vector<double>{.1, .1});
  CHECK(SigmasFor({}).empty());
}

TEST_CASE("ears that stand at each other's place are an exchange, not two small errors") {
  const PointsAnimal truth = Animal({{0, 0, 2}, {10, 20, 2}, {10, -20, 2}, {100, 0, 2}});
  const PointsAnimal crossed = Animal({{0, 0, 2}, {10, -19, 2}, {11, 20, 2}, {100, 0, 2}});
  const PointsAnimal apart = Animal({{0, 0, 2}, {10, 20, 2}, {10, -19, 2}, {100, 0, 2}});
  const PointsAnimal one_ear = Animal({{0, 0, 2}, {10, -20, 2}, {0, 0, 0}, {100, 0, 2}});
  const PointsFigures figures =
      EvaluatePoints({{&truth, &crossed}, {&truth, &apart}, {&truth, &one_ear}}, Measure());
  CHECK(figures.all.sided == 2);
  CHECK(figures.all.exchanged == 1);
  CHECK(figures.of_point[1].exchanged == 1);
  CHECK(figures.of_point[2].exchanged == 1);
  CHECK(figures.of_point[0].sided == 0);
}

TEST_CASE("animals without a partner miss all of their points, or are wholly spurious") {
  const PointsAnimal truth = Animal({{0, 0, 2}, {10, 20, 2}, {10, -20, 2}, {100, 0, 0}});
  const PointsAnimal other = Animal({{0, 0, 2}, {10, 20, 2}, {0, 0, 0}, {0, 0, 0}});
  const PointsFigures figures = EvaluatePoints({{&truth, nullptr}, {nullptr, &other}}, Measure());
  CHECK(figures.missed_animals == 1);
  CHECK(figures.extra_animals == 1);
  CHECK(figures.all.missed == 3);
  CHECK(figures.all.spurious == 2);
  CHECK(figures.all.compared == 0);
  CHECK(figures.oks == 0);
}

TEST_CASE("each kind of animal has its own body length") {
  const PointsAnimal big = Animal({{0, 0, 2}, {0, 0, 0}, {0, 0, 0}, {100, 0, 2}}, 0, 0);
  const PointsAnimal small = Animal({{0, 0, 2}, {0, 0, 0}, {0, 0, 0}, {10, 0, 2}}, 0, 1);
  const PointsAnimal single = Animal({{0, 0, 2}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}}, 0, 2);
  const auto lengths = BodyLengths({{&big, nullptr}, {&small, nullptr}, {&single, nullptr}});
  CHECK(lengths == std::vector<double>{100, 10, 55});
  const PointsAnimal found = Animal({{5, 0, 2}, {0, 0, 0}, {0, 0, 0}, {15, 0, 2}});
  const PointsFigures figures = EvaluatePoints({{&small, &found}}, Measure());
  CHECK(figures.all.mean_share == doctest::Approx(0.5));
  CHECK(figures.all.within_share == 0);
}

TEST_CASE("the median of an even number lies between the two in the middle") {
  const PointsAnimal truth = Animal({{0, 0, 2}, {10, 0, 2}, {0, 0, 0}, {0, 0, 0}});
  const PointsAnimal found = Animal({{0, 1, 2}, {10, 4, 2}, {0, 0, 0}, {0, 0, 0}});
  CHECK(EvaluatePoints({{&truth, &found}}, Measure()).all.median == doctest::Approx(2.5));
}

TEST_CASE("animals without a body length take no part in shares of it") {
  // The second kind is one point, and there is no other kind to take a length from before it.
  const PointsAnimal single = Animal({{5, 5, 2}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}});
  const PointsAnimal far = Animal({{5, 45, 2}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}});
  const PointsFigures alone = EvaluatePoints({{&single, &far}}, Measure());
  CHECK(alone.all.compared == 1);
  CHECK(alone.all.compared_by_body == 0);
  CHECK(alone.all.labeled_by_body == 0);
  const PointsAnimal pair = Animal({{0, 0, 2}, {0, 0, 0}, {0, 0, 0}, {100, 0, 2}});
  const PointsFigures both = EvaluatePoints({{&pair, &pair}, {&pair, nullptr}}, Measure());
  CHECK(both.all.compared_by_body == 2);
  CHECK(both.all.labeled_by_body == 4);
  CHECK(both.all.within_share == doctest::Approx(0.5));
}

TEST_CASE("nothing to compare gives zeros, not a division by zero") {
  const PointsFigures figures = EvaluatePoints({}, Measure());
  CHECK(figures.all.rmse == 0);
  CHECK(figures.oks == 0);
  CHECK(figures.of_point.size() == 4);
}

TEST_CASE("sides are told by words and by single letters, each point in one pair") {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(PartnersByName({"leftear", "nose", "rightear"}) == Pairs{{"leftear", "rightear"}});
  CHECK(PartnersByName({"wingR", "wingL", "forelegL4", "forelegR4", "tail"}) ==
        Pairs{{"wingL", "wingR"}, {"forelegL4", "forelegR4"}});
  CHECK(PartnersByName({"l_eye", "r_eye", "ear L", "ear R"}) ==
        Pairs{{"l_eye", "r_eye"}, {"ear L", "ear R"}});
  CHECK(PartnersByName({"tail", "tair", "Lear", "Rear", "XLY", "XRY"}).empty());
  CHECK(PartnersByName({"left", "left"}).empty());
}

}  // namespace points_metric_test
