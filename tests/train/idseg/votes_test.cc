#include "train/idseg/votes.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/random.h"
#include "tests/support/torch_doctest.h"

namespace votes_test {

namespace {

using train::GroupByCenters;
using train::VotedGroups;
using train::VoteScale;

// Animals as ellipses, later ones over earlier ones; each visible pixel votes for the center of
// what is seen of its animal, give or take `noise` pixels.
struct Huddle {
  explicit Huddle(cv::Size size) : owner(cv::Mat::zeros(size, CV_32SC1)) {}

  void Add(cv::Point at, double turn_degrees) {
    cv::Mat shape = cv::Mat::zeros(owner.size(), CV_8UC1);
    cv::ellipse(shape, at, {18, 8}, turn_degrees, 0, 360, 255, cv::FILLED);
    owner.setTo(++animals, shape);
  }

  int Group(double noise, VotedGroups& found, double favor = 0) const {
    cv::Mat x = cv::Mat::zeros(owner.size(), CV_32FC1), y = x.clone();
    datasets::Random random({7});
    for (int animal = 1; animal <= animals; ++animal) {
      const cv::Moments m = cv::moments(owner == animal, true);
      for (int row = 0; row < owner.rows; ++row) {
        for (int column = 0; column < owner.cols; ++column) {
          if (owner.at<int>(row, column) != animal) continue;
          x.at<float>(row, column) =
              static_cast<float>(m.m10 / m.m00 - column + random.Uniform(-noise, noise));
          y.at<float>(row, column) =
              static_cast<float>(m.m01 / m.m00 - row + random.Uniform(-noise, noise));
        }
      }
    }
    VoteScale scale;
    scale.favor = favor;
    scale.body = std::sqrt(18 * 8 * CV_PI);
    scale.usual_low = scale.usual_high = 18 * 8 * CV_PI;
    scale.smallest = 0.4 * 18 * 8 * CV_PI;
    return GroupByCenters(owner > 0, x, y, scale, found);
  }

  // Share of the animal's pixels that have one owner in `found`, whom no other animal shares much.
  double Whole(int animal, const cv::Mat& found) const {
    double best = 0;
    for (int group = 1; group <= animals; ++group) {
      const double both = cv::countNonZero((owner == animal) & (found == group));
      const double either = cv::countNonZero((owner == animal) | (found == group));
      best = std::max(best, both / either);
    }
    return best;
  }

  cv::Mat owner;  // CV_32SC1
  int animals = 0;
};

}  // namespace

TEST_CASE("animals that lie against and over each other are told apart by where pixels point") {
  Huddle huddle({120, 100});
  huddle.Add({50, 46}, 0);
  huddle.Add({64, 58}, 70);
  huddle.Add({38, 60}, 130);
  VotedGroups found;
  REQUIRE(huddle.Group(3, found) == 3);
  for (int animal = 1; animal <= 3; ++animal) CHECK(huddle.Whole(animal, found.owners) > 0.9);
  for (float apart : found.apart) CHECK(apart > 0.9);
  CHECK(cv::countNonZero((found.owners > 0) != (huddle.owner > 0)) == 0);
}

TEST_CASE("an animal that another one lies across stays one animal in two parts") {
  Huddle huddle({120, 100});
  huddle.Add({60, 50}, 0);
  huddle.Add({60, 50}, 90);
  VotedGroups found;
  // Both centers are the same place: nothing points apart, so nothing is cut.
  CHECK(huddle.Group(7, found) == 1);
  Huddle beside({120, 100});
  beside.Add({60, 50}, 0);
  beside.Add({56, 62}, 90);
  REQUIRE(beside.Group(1, found) == 2);
  CHECK(beside.Whole(1, found.owners) > 0.9);
}

TEST_CASE("where pixels hesitate between two animals it is said that they are hardly apart") {
  Huddle huddle({120, 100});
  huddle.Add({50, 50}, 90);
  huddle.Add({66, 50}, 90);
  VotedGroups sure, vague;
  REQUIRE(huddle.Group(1, sure) == 2);
  REQUIRE(huddle.Group(7, vague) == 2);
  CHECK(std::min(sure.apart[0], sure.apart[1]) > 0.99f);
  CHECK(std::max(vague.apart[0], vague.apart[1]) < 0.95f);
}

TEST_CASE(
    "where pixels are vague it counts how many animals are expected; where they are sure it does "
    "not") {
  Huddle huddle({120, 100});
  huddle.Add({50, 50}, 90);
  huddle.Add({60, 50}, 90);  // hides half of the first
  VotedGroups found;
  CHECK(huddle.Group(7, found) == 1);
  CHECK(huddle.Group(7, found, 1.5) == 2);
  Huddle apart({120, 100});
  apart.Add({45, 50}, 90);
  apart.Add({62, 50}, 90);
  CHECK(apart.Group(2, found, -1.5) == 2);
  Huddle one({120, 100});
  one.Add({60, 50}, 20);
  CHECK(one.Group(4, found, 1.5) == 1);
}

TEST_CASE("one animal whose pixels do not quite agree stays one animal") {
  Huddle one({120, 100});
  one.Add({60, 50}, 20);
  VotedGroups found;
  for (double noise : {0.0, 2.0, 4.0}) CHECK(one.Group(noise, found) == 1);
}

TEST_CASE("votes that point out of the picture, or nowhere, make no animals") {
  const cv::Mat inside(20, 40, CV_8UC1, cv::Scalar(255));
  const cv::Mat far(20, 40, CV_32FC1, cv::Scalar(1e6));
  const cv::Mat nowhere(20, 40, CV_32FC1, cv::Scalar(std::nan("")));
  VoteScale scale;
  scale.body = 28;
  scale.usual_low = scale.usual_high = 800;
  scale.smallest = 20;
  VotedGroups found;
  CHECK(GroupByCenters(inside, far, far, scale, found) == 1);
  CHECK(GroupByCenters(inside, nowhere, nowhere, scale, found) == 1);
}

}  // namespace votes_test
