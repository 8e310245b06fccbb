// Whether an outline crosses itself.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "datasets/shape/polygon.h"

namespace datasets {
namespace {

int Side(const cv::Point2d& o, const cv::Point2d& a, const cv::Point2d& b) {
  const double cross = (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
  return (cross > 0) - (cross < 0);
}

bool InBoundsOf(const cv::Point2d& p, const cv::Point2d& a, const cv::Point2d& b) {
  return p.x >= std::min(a.x, b.x) && p.x <= std::max(a.x, b.x) && p.y >= std::min(a.y, b.y) &&
         p.y <= std::max(a.y, b.y);
}

bool SegmentsMeet(const cv::Point2d& a, const cv::Point2d& b, const cv::Point2d& c,
                  const cv::Point2d& d) {
  if (std::max(c.x, d.x) < std::min(a.x, b.x) || std::min(c.x, d.x) > std::max(a.x, b.x) ||
      std::max(c.y, d.y) < std::min(a.y, b.y) || std::min(c.y, d.y) > std::max(a.y, b.y)) {
    return false;
  }
  const int abc = Side(a, b, c), abd = Side(a, b, d), cda = Side(c, d, a), cdb = Side(c, d, b);
  if (abc != abd && cda != cdb) return true;
  return (abc == 0 && InBoundsOf(c, a, b)) || (abd == 0 && InBoundsOf(d, a, b)) ||
         (cda == 0 && InBoundsOf(a, c, d)) || (cdb == 0 && InBoundsOf(b, c, d));
}

// Which edges of a ring pass which cells of a square grid of about as many cells as edges. Edges
// that meet share the cell in which they do.
class EdgeGrid {
 public:
  explicit EdgeGrid(const Ring& ring) : ring_(ring) {
    const Box box = BoxOf({ring});
    left_ = box.x;
    top_ = box.y;
    side_ = std::max<int64_t>(1, static_cast<int64_t>(std::sqrt(static_cast<double>(ring.size()))));
    cell_width_ = std::max(box.width / static_cast<double>(side_), 1e-300);
    cell_height_ = std::max(box.height / static_cast<double>(side_), 1e-300);
    for (size_t edge = 0; edge < ring.size(); ++edge) AddEdge(edge);
    std::sort(passes_.begin(), passes_.end());
  }

  // Calls visit(edge, edge) for the pairs that share a cell, until it returns true.
  template <class Visit>
  bool AnyPair(Visit visit) const {
    for (size_t begin = 0; begin < passes_.size();) {
      size_t end = begin;
      while (end < passes_.size() && passes_[end].cell == passes_[begin].cell) ++end;
      for (size_t i = begin; i < end; ++i) {
        for (size_t j = i + 1; j < end; ++j) {
          if (visit(passes_[i].edge, passes_[j].edge)) return true;
        }
      }
      begin = end;
    }
    return false;
  }

 private:
  struct Pass {
    int64_t cell;
    size_t edge;
    bool operator<(const Pass& other) const {
      return cell != other.cell ? cell < other.cell : edge < other.edge;
    }
  };

  int64_t Place(double at) const {
    return std::clamp<int64_t>(static_cast<int64_t>(std::clamp(at, 0.0, 1e15)), 0, side_ - 1);
  }

  // Column by column, the rows that the edge passes there; a little more, for rounding.
  void AddEdge(size_t edge) {
    constexpr double kSlack = 1e-6;  // of a cell
    const auto in_cells = [&](const cv::Point2d& p) {
      return cv::Point2d((p.x - left_) / cell_width_, (p.y - top_) / cell_height_);
    };
    cv::Point2d a = in_cells(ring_[edge]), b = in_cells(ring_[(edge + 1) % ring_.size()]);
    if (a.x > b.x) std::swap(a, b);
    const int64_t last = Place(b.x + kSlack);
    for (int64_t column = Place(a.x - kSlack); column <= last; ++column) {
      const auto y_at = [&](double x) {
        const double share = b.x > a.x ? std::clamp((x - a.x) / (b.x - a.x), 0.0, 1.0) : 0.0;
        return a.y + share * (b.y - a.y);
      };
      double from = y_at(static_cast<double>(column) - kSlack);
      double to = y_at(static_cast<double>(column + 1) + kSlack);
      if (b.x - a.x < 2 * kSlack) from = a.y, to = b.y;
      if (from > to) std::swap(from, to);
      const int64_t bottom = Place(to + kSlack);
      for (int64_t row = Place(from - kSlack); row <= bottom; ++row) {
        passes_.push_back({row * side_ + column, edge});
      }
    }
  }

  const Ring& ring_;
  double left_ = 0, top_ = 0, cell_width_ = 1, cell_height_ = 1;
  int64_t side_ = 1;
  std::vector<Pass> passes_;
};

}  // namespace

bool SelfCrosses(const Ring& given) {
  const Ring ring = WithoutRepeats(given);
  const size_t n = ring.size();
  if (n < 4) return false;
  return EdgeGrid(ring).AnyPair([&](size_t i, size_t j) {
    const size_t apart = j > i ? j - i : i - j;
    if (apart < 2 || apart == n - 1) return false;
    return SegmentsMeet(ring[i], ring[(i + 1) % n], ring[j], ring[(j + 1) % n]);
  });
}

}  // namespace datasets
