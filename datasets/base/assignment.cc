#include "datasets/base/assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace datasets {
namespace {

bool Forbidden(double cost) { return !(cost < kForbiddenCost); }

// Shortest augmenting paths, one for each row; needs rows <= columns. Potentials keep every reduced
// cost nonnegative.
std::vector<int> AssignRows(const cv::Mat_<double>& cost) {
  const int rows = cost.rows, columns = cost.cols;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> row_potential(rows, 0), column_potential(columns, 0), distance(columns);
  std::vector<int> row_of(columns, -1), column_of(rows, -1), reached_from(columns);
  std::vector<int> open(columns), settled;
  for (int start = 0; start < rows; ++start) {
    std::fill(distance.begin(), distance.end(), kInfinity);
    for (int j = 0; j < columns; ++j) open[j] = columns - 1 - j;
    int open_count = columns;
    settled.clear();
    int row = start, sink = -1;
    double reached = 0;
    while (sink < 0) {
      const double* costs = cost[row];
      int best = 0;
      double lowest = kInfinity;
      for (int k = 0; k < open_count; ++k) {
        const int j = open[k];
        const double through = reached + costs[j] - row_potential[row] - column_potential[j];
        if (through < distance[j]) distance[j] = through, reached_from[j] = row;
        // Of equal columns prefer a free one: the path ends there.
        if (distance[j] < lowest || (distance[j] == lowest && row_of[j] < 0))
          lowest = distance[j], best = k;
      }
      const int column = open[best];
      reached = lowest;
      open[best] = open[--open_count];
      settled.push_back(column);
      if (row_of[column] < 0) {
        sink = column;
      } else {
        row = row_of[column];
      }
    }
    row_potential[start] += reached;
    for (const int j : settled) {
      if (j == sink) continue;
      row_potential[row_of[j]] += reached - distance[j];
      column_potential[j] -= reached - distance[j];
    }
    for (int j = sink; j >= 0;) {
      const int from = reached_from[j];
      row_of[j] = from;
      std::swap(column_of[from], j);
      if (from == start) break;
    }
  }
  return column_of;
}

}  // namespace

std::vector<int> SolveAssignment(const cv::Mat_<double>& cost) {
  if (cost.rows == 0 || cost.cols == 0) return std::vector<int>(cost.rows, -1);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (int i = 0; i < cost.rows; ++i) {
    for (int j = 0; j < cost.cols; ++j) {
      if (Forbidden(cost(i, j))) continue;
      low = std::min(low, std::max(cost(i, j), -kForbiddenCost));
      high = std::max(high, cost(i, j));
    }
  }
  if (low > high) return std::vector<int>(cost.rows, -1);
  // A forbidden pair costs more than any difference that all the allowed ones together can make.
  const int pairs = std::min(cost.rows, cost.cols);
  const double penalty = high + (high - low + 1) * (pairs + 1);
  const bool transposed = cost.rows > cost.cols;
  cv::Mat_<double> filled(transposed ? cost.cols : cost.rows, transposed ? cost.rows : cost.cols);
  for (int i = 0; i < cost.rows; ++i) {
    for (int j = 0; j < cost.cols; ++j) {
      const double value = Forbidden(cost(i, j)) ? penalty : std::max(cost(i, j), -kForbiddenCost);
      (transposed ? filled(j, i) : filled(i, j)) = value;
    }
  }
  const std::vector<int> assigned = AssignRows(filled);
  std::vector<int> columns(cost.rows, -1);
  for (int i = 0; i < filled.rows; ++i) {
    if (assigned[i] < 0) continue;
    const int row = transposed ? assigned[i] : i, column = transposed ? i : assigned[i];
    if (!Forbidden(cost(row, column))) columns[row] = column;
  }
  return columns;
}

std::vector<int> BestAssignment(const std::vector<std::vector<double>>& value) {
  if (value.empty()) return {};
  const int rows = static_cast<int>(value.size()), columns = static_cast<int>(value[0].size());
  // Forbidden pairs cost nothing and gain nothing; a spare column for every row lets it stay alone.
  cv::Mat_<double> cost(rows, columns + rows, 0.0);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      cost(i, j) = -std::max(value[static_cast<size_t>(i)][static_cast<size_t>(j)], 0.0);
    }
  }
  std::vector<int> assigned = SolveAssignment(cost);
  for (int i = 0; i < rows; ++i) {
    int& column = assigned[static_cast<size_t>(i)];
    if (column < 0) continue;
    const bool pays =
        column < columns && value[static_cast<size_t>(i)][static_cast<size_t>(column)] > 0;
    if (!pays) column = -1;
  }
  return assigned;
}

}  // namespace datasets
