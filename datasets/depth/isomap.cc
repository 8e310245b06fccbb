#include "datasets/depth/isomap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nanoflann.hpp>
#include <numeric>
#include <queue>

#include "datasets/base/error.h"
#include "datasets/base/random.h"

namespace datasets {
namespace {

struct Cloud {
  std::vector<Row> rows;
  size_t kdtree_get_point_count() const { return rows.size(); }
  double kdtree_get_pt(size_t row, size_t column) const { return rows[row][column]; }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};
using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Cloud>, Cloud,
                                                 -1, size_t>;

struct Edge {
  int to;
  double length;
};
using Graph = std::vector<std::vector<Edge>>;

struct Near {
  std::vector<size_t> rows;
  std::vector<double> distances;
};

Near NearestOf(const Tree& tree, const Row& row, size_t count) {
  Near near;
  near.rows.resize(count);
  near.distances.resize(count);
  const size_t found = tree.knnSearch(row.data(), count, near.rows.data(), near.distances.data());
  near.rows.resize(found);
  near.distances.resize(found);
  for (double& distance : near.distances) distance = std::sqrt(distance);
  return near;
}

double DistanceOf(const Row& a, const Row& b) {
  double square = 0;
  for (size_t j = 0; j < a.size(); ++j) square += (a[j] - b[j]) * (a[j] - b[j]);
  return std::sqrt(square);
}

void Join(Graph* graph, int a, int b, double length) {
  (*graph)[static_cast<size_t>(a)].push_back({b, length});
  (*graph)[static_cast<size_t>(b)].push_back({a, length});
}

std::vector<int> PartsOf(const Graph& graph, int* count) {
  std::vector<int> part(graph.size(), -1);
  *count = 0;
  for (size_t start = 0; start < graph.size(); ++start) {
    if (part[start] >= 0) continue;
    std::vector<size_t> open = {start};
    part[start] = *count;
    while (!open.empty()) {
      const size_t at = open.back();
      open.pop_back();
      for (const Edge& edge : graph[at]) {
        if (part[static_cast<size_t>(edge.to)] >= 0) continue;
        part[static_cast<size_t>(edge.to)] = *count;
        open.push_back(static_cast<size_t>(edge.to));
      }
    }
    ++*count;
  }
  return part;
}

// Joins the smallest part to its nearest neighbor until there is one part.
void JoinParts(const std::vector<Row>& rows, Graph* graph) {
  for (int count = 2; count > 1;) {
    const std::vector<int> part = PartsOf(*graph, &count);
    if (count == 1) return;
    std::vector<int> sizes(static_cast<size_t>(count));
    for (const int one : part) ++sizes[static_cast<size_t>(one)];
    const auto smallest =
        static_cast<int>(std::min_element(sizes.begin(), sizes.end()) - sizes.begin());
    int from = -1, to = -1;
    double best = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < rows.size(); ++i) {
      if (part[i] != smallest) continue;
      for (size_t j = 0; j < rows.size(); ++j) {
        if (part[j] == smallest) continue;
        const double distance = DistanceOf(rows[i], rows[j]);
        if (distance < best) {
          best = distance;
          from = static_cast<int>(i);
          to = static_cast<int>(j);
        }
      }
    }
    Join(graph, from, to, best);
  }
}

// Dijkstra (1959).
std::vector<double> PathsFrom(const Graph& graph, int start) {
  std::vector<double> length(graph.size(), std::numeric_limits<double>::infinity());
  using Entry = std::pair<double, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  length[static_cast<size_t>(start)] = 0;
  open.push({0, start});
  while (!open.empty()) {
    const auto [so_far, at] = open.top();
    open.pop();
    if (so_far > length[static_cast<size_t>(at)]) continue;
    for (const Edge& edge : graph[static_cast<size_t>(at)]) {
      const double there = so_far + edge.length;
      if (there >= length[static_cast<size_t>(edge.to)]) continue;
      length[static_cast<size_t>(edge.to)] = there;
      open.push({there, edge.to});
    }
  }
  return length;
}

// Farthest first, from the first row: spread over the data (de Silva & Tenenbaum's "maxmin").
std::vector<int> SpreadLandmarks(const std::vector<Row>& rows, int count) {
  std::vector<int> chosen = {0};
  std::vector<double> away(rows.size(), std::numeric_limits<double>::infinity());
  while (static_cast<int>(chosen.size()) < count) {
    for (size_t i = 0; i < rows.size(); ++i) {
      away[i] = std::min(away[i], DistanceOf(rows[i], rows[static_cast<size_t>(chosen.back())]));
    }
    chosen.push_back(static_cast<int>(std::max_element(away.begin(), away.end()) - away.begin()));
  }
  return chosen;
}

// Orthonormal columns, in place (Gram and Schmidt, twice).
void Orthonormalize(cv::Mat_<double>* columns) {
  for (int j = 0; j < columns->cols; ++j) {
    for (int pass = 0; pass < 2; ++pass) {
      for (int k = 0; k < j; ++k) {
        const double along = columns->col(j).dot(columns->col(k));
        columns->col(j) -= along * columns->col(k);
      }
    }
    const double length = cv::norm(columns->col(j));
    if (length > 1e-300) columns->col(j) *= 1 / length;
  }
}

// The largest eigenvalues of a symmetric matrix and their vectors, by subspace iteration: the full
// decomposition of 2000 rows takes minutes.
void LargestEigen(const cv::Mat_<double>& matrix, int count, cv::Mat_<double>* vectors,
                  std::vector<double>* values) {
  const int width = std::min(matrix.rows, count + 6);
  Random random(1);
  cv::Mat_<double> basis(matrix.rows, width);
  for (double& value : basis) value = random.Normal();
  Orthonormalize(&basis);
  std::vector<double> before;
  for (int round = 0; round < 300; ++round) {
    cv::Mat_<double> next = matrix * basis;
    cv::Mat_<double> small = basis.t() * next, small_values, small_vectors;
    small = (small + small.t()) * 0.5;
    cv::eigen(small, small_values, small_vectors);  // descending, vectors in rows
    next = next * small_vectors.t();
    Orthonormalize(&next);
    basis = next;
    values->assign(small_values.begin(), small_values.begin() + std::min(count, width));
    double moved = 0;
    for (size_t i = 0; i < values->size() && !before.empty(); ++i) {
      moved = std::max(moved,
                       std::abs((*values)[i] - before[i]) / (std::abs(values->front()) + 1e-300));
    }
    if (!before.empty() && moved < 1e-8) break;
    before = *values;
  }
  *vectors = basis.colRange(0, std::min(count, width)).clone();
}

}  // namespace

struct Isomap::Impl {
  Cloud cloud;
  std::unique_ptr<Tree> tree;
  IsomapOptions options;
  std::vector<std::vector<double>> paths;  // [landmark][row]
  std::vector<double> mean_square;         // [landmark]: mean of its squared paths to landmarks
  std::vector<Row> triangulation;          // [dimension][landmark]

  void Build() {
    const auto count = static_cast<int>(cloud.rows.size());
    tree = std::make_unique<Tree>(static_cast<int>(cloud.rows[0].size()), cloud,
                                  nanoflann::KDTreeSingleIndexAdaptorParams(10));
    tree->buildIndex();
    Graph graph(cloud.rows.size());
    for (int i = 0; i < count; ++i) {
      const Near near = NearestOf(*tree, cloud.rows[static_cast<size_t>(i)],
                                  static_cast<size_t>(options.neighbors) + 1);
      for (size_t k = 0; k < near.rows.size(); ++k) {
        const auto other = static_cast<int>(near.rows[k]);
        if (other != i) Join(&graph, i, other, near.distances[k]);
      }
    }
    JoinParts(cloud.rows, &graph);
    std::vector<int> landmarks(cloud.rows.size());
    std::iota(landmarks.begin(), landmarks.end(), 0);
    if (count > options.most_full) landmarks = SpreadLandmarks(cloud.rows, options.landmarks);
    for (const int landmark : landmarks) paths.push_back(PathsFrom(graph, landmark));
    Embed(landmarks);
  }

  void Embed(const std::vector<int>& landmarks) {
    const auto count = static_cast<int>(landmarks.size());
    cv::Mat_<double> squares(count, count);
    for (int i = 0; i < count; ++i) {
      for (int j = 0; j < count; ++j) {
        squares(i, j) = std::pow(
            paths[static_cast<size_t>(i)][static_cast<size_t>(landmarks[static_cast<size_t>(j)])],
            2);
      }
    }
    mean_square.resize(landmarks.size());
    double mean = 0;
    for (int i = 0; i < count; ++i) {
      mean_square[static_cast<size_t>(i)] = cv::sum(squares.row(i))[0] / count;
      mean += mean_square[static_cast<size_t>(i)] / count;
    }
    cv::Mat_<double> gram(count, count);
    for (int i = 0; i < count; ++i) {
      for (int j = 0; j < count; ++j) {
        gram(i, j) = -0.5 * (squares(i, j) - mean_square[static_cast<size_t>(i)] -
                             mean_square[static_cast<size_t>(j)] + mean);
      }
    }
    cv::Mat_<double> vectors;
    std::vector<double> values;
    LargestEigen(gram, options.dimensions, &vectors, &values);
    triangulation.assign(static_cast<size_t>(options.dimensions), Row(landmarks.size(), 0.0));
    for (size_t d = 0; d < values.size(); ++d) {
      if (!(values[d] > 1e-9 * values[0])) continue;
      for (int i = 0; i < count; ++i) {
        triangulation[d][static_cast<size_t>(i)] =
            vectors(i, static_cast<int>(d)) / std::sqrt(values[d]);
      }
    }
  }

  Row Place(const Row& row) const {
    const Near near = NearestOf(*tree, row, static_cast<size_t>(options.neighbors));
    Row place(triangulation.size(), 0.0);
    for (size_t landmark = 0; landmark < paths.size(); ++landmark) {
      double path = std::numeric_limits<double>::infinity();
      for (size_t k = 0; k < near.rows.size(); ++k) {
        path = std::min(path, near.distances[k] + paths[landmark][near.rows[k]]);
      }
      const double off = -0.5 * (path * path - mean_square[landmark]);
      for (size_t d = 0; d < place.size(); ++d) place[d] += triangulation[d][landmark] * off;
    }
    return place;
  }
};

Isomap::Isomap(const std::vector<Row>& rows, const IsomapOptions& options)
    : impl_(std::make_unique<Impl>()) {
  if (static_cast<int>(rows.size()) < options.neighbors + 2) {
    throw Error("Isomap", std::to_string(rows.size()) + " rows have too few neighbors",
                "give at least " + std::to_string(options.neighbors + 2));
  }
  impl_->cloud.rows = rows;
  impl_->options = options;
  impl_->Build();
}

Isomap::~Isomap() = default;
Isomap::Isomap(Isomap&&) noexcept = default;

Row Isomap::Of(const Row& row) const { return impl_->Place(row); }

}  // namespace datasets
