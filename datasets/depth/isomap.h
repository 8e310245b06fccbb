// Isomap: coordinates in which straight distances are those along the data.
#pragma once

#include <memory>
#include <opencv2/core.hpp>
#include <vector>

#include "datasets/depth/linear.h"

namespace datasets {

struct IsomapOptions {
  int dimensions = 6;
  int neighbors = 5;
  int most_full = 2000;  // rows; above, `landmarks` of them carry the embedding
  int landmarks = 500;
};

// Tenenbaum, de Silva & Langford (2000): a graph of nearest neighbors, shortest paths in it,
// classical scaling of the squared paths. With many rows the landmark form of de Silva & Tenenbaum
// (2003), whose triangulation also places rows that were not there: a new one's path to a landmark
// goes by the best of its neighbors. Parts of the graph that hang apart are joined by their nearest
// pair. Memory is landmarks x rows. Dimensions that the rows do not have come out as 0.
class Isomap {
 public:
  // Rows are taken as they are: standardize before. Throws Error for fewer rows than neighbors + 2.
  Isomap(const std::vector<Row>& rows, const IsomapOptions& options = {});
  ~Isomap();
  Isomap(Isomap&&) noexcept;

  // [dimensions], of a row as given to the constructor, or a new one.
  Row Of(const Row& row) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace datasets
