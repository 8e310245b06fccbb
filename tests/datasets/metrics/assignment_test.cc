#include "datasets/base/assignment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <set>

namespace assignment_test {

using datasets::SolveAssignment;

namespace {

// (pairs made, their cost) of the best choice by trying all of them.
std::pair<int, double> BestByTrial(const cv::Mat_<double>& cost) {
  std::pair<int, double> best{0, 0};
  std::vector<char> taken(cost.cols, 0);
  std::function<void(int, int, double)> go = [&](int row, int pairs, double sum) {
    if (row == cost.rows) {
      if (pairs > best.first || (pairs == best.first && sum < best.second)) best = {pairs, sum};
      return;
    }
    go(row + 1, pairs, sum);
    for (int j = 0; j < cost.cols; ++j) {
      if (taken[j] || !(cost(row, j) < datasets::kForbiddenCost)) continue;
      taken[j] = 1;
      go(row + 1, pairs + 1, sum + cost(row, j));
      taken[j] = 0;
    }
  };
  go(0, 0, 0);
  return best;
}

}  // namespace

TEST_CASE("The assignment equals the best of all choices, with forbidden pairs and any shape") {
  std::mt19937 random(7);
  const double forbidden[] = {std::numeric_limits<double>::infinity(), 1e12, std::nan("")};
  for (int round = 0; round < 2000; ++round) {
    cv::Mat_<double> cost(1 + random() % 5, 1 + random() % 5);
    for (auto& value : cost) {
      value = round % 2 ? (random() % 5) - 2.0 : random() % 100000 / 1000.0 - 40;
      if (random() % 4 == 0) value = forbidden[random() % 3];
    }
    const auto columns = SolveAssignment(cost);
    REQUIRE(columns.size() == static_cast<size_t>(cost.rows));
    std::set<int> used;
    std::pair<int, double> found{0, 0};
    for (int i = 0; i < cost.rows; ++i) {
      if (columns[i] < 0) continue;
      CHECK(used.insert(columns[i]).second);
      CHECK(cost(i, columns[i]) < datasets::kForbiddenCost);
      ++found.first;
      found.second += cost(i, columns[i]);
    }
    const auto best = BestByTrial(cost);
    CHECK(found.first == best.first);
    CHECK(found.second == doctest::Approx(best.second));
  }
}

TEST_CASE("Nothing to assign is answered with nothing") {
  CHECK(SolveAssignment(cv::Mat_<double>(0, 3)).empty());
  CHECK(SolveAssignment(cv::Mat_<double>(2, 0)) == std::vector<int>{-1, -1});
  CHECK(SolveAssignment(cv::Mat_<double>(2, 2, 1e10)) == std::vector<int>{-1, -1});
}

TEST_CASE("Four hundred by five hundred is exact: no single swap of two rows improves it") {
  std::mt19937 random(8);
  cv::Mat_<double> cost(400, 500);
  for (auto& value : cost) value = random() % 1000000;
  const auto columns = SolveAssignment(cost);
  bool improvable = false;
  for (int i = 0; i < 400; ++i)
    for (int k = i + 1; k < 400; ++k)
      improvable |=
          cost(i, columns[k]) + cost(k, columns[i]) < cost(i, columns[i]) + cost(k, columns[k]);
  CHECK_FALSE(improvable);
}

}  // namespace assignment_test
