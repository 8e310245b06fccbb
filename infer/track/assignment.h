// Best one-to-one assignment.
#pragma once

#include <vector>

namespace infer {

// value[i][j] > 0 is what pairing row i with column j is worth; 0 or less forbids the pair. Returns
// for each row its column or -1, such that the summed value is greatest (Hungarian method with
// potentials, O(n^2 m); Kuhn 1955, Munkres 1957). All rows have the same length.
std::vector<int> BestAssignment(const std::vector<std::vector<double>>& value);

}  // namespace infer
