#include "infer/track/assignment.h"

#include <algorithm>
#include <limits>

namespace infer {

std::vector<int> BestAssignment(const std::vector<std::vector<double>>& value) {
  const size_t rows = value.size();
  if (rows == 0) return {};
  const size_t columns = value[0].size();
  // Forbidden pairs cost nothing and gain nothing; one spare column a row lets it stay alone.
  const size_t m = columns + rows;
  const auto cost = [&](size_t i, size_t j) {
    return j < columns && value[i][j] > 0 ? -value[i][j] : 0.0;
  };
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> row_potential(rows + 1, 0), column_potential(m + 1, 0);
  std::vector<size_t> row_of(m + 1, 0), way(m + 1, 0);  // 1-based; 0 = free
  for (size_t i = 1; i <= rows; ++i) {
    row_of[0] = i;
    size_t column = 0;
    std::vector<double> slack(m + 1, infinity);
    std::vector<bool> used(m + 1, false);
    do {
      used[column] = true;
      const size_t row = row_of[column];
      double delta = infinity;
      size_t next = 0;
      for (size_t j = 1; j <= m; ++j) {
        if (used[j]) continue;
        const double reduced = cost(row - 1, j - 1) - row_potential[row] - column_potential[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          way[j] = column;
        }
        if (slack[j] < delta) {
          delta = slack[j];
          next = j;
        }
      }
      for (size_t j = 0; j <= m; ++j) {
        if (used[j]) {
          row_potential[row_of[j]] += delta;
          column_potential[j] -= delta;
        } else {
          slack[j] -= delta;
        }
      }
      column = next;
    } while (row_of[column] != 0);
    do {
      const size_t before = way[column];
      row_of[column] = row_of[before];
      column = before;
    } while (column != 0);
  }
  std::vector<int> assigned(rows, -1);
  for (size_t j = 1; j <= columns; ++j) {
    if (row_of[j] > 0 && value[row_of[j] - 1][j - 1] > 0) {
      assigned[row_of[j] - 1] = static_cast<int>(j - 1);
    }
  }
  return assigned;
}

}  // namespace infer
