// The assignment problem: who goes with whom at the least total cost.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace datasets {

// For each row of `cost` [rows, columns] the column it is assigned to, or -1. Each column is used
// at most once. Infinite, NaN or very large (>= kForbiddenCost) entries are pairs that must not be
// made: as many allowed pairs as possible are made, and of those choices the cheapest one.
// Exact; O(min^2 * max) by shortest augmenting paths (Jonker and Volgenant 1987; the rectangular
// form of Crouse 2016). Costs may be negative.
constexpr double kForbiddenCost = 1e9;
std::vector<int> SolveAssignment(const cv::Mat_<double>& cost);

// The other way to ask: value[i][j] > 0 is what pairing row i with column j is worth; 0 or less
// forbids the pair. For each row its column or -1, such that the summed value is greatest; a row
// stays alone where that is worth more. All rows have the same length.
std::vector<int> BestAssignment(const std::vector<std::vector<double>>& value);

}  // namespace datasets
