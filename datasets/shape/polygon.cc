#include "datasets/shape/polygon.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "datasets/base/error.h"

namespace datasets {
namespace {

double Cross(const cv::Point2d& o, const cv::Point2d& a, const cv::Point2d& b) {
  return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

double DistanceToSegment(const cv::Point2d& p, const cv::Point2d& a, const cv::Point2d& b) {
  const cv::Point2d along = b - a;
  const double squared = along.dot(along);
  const double t = squared > 0 ? std::clamp((p - a).dot(along) / squared, 0.0, 1.0) : 0.0;
  return cv::norm(p - (a + t * along));
}

// Douglas-Peucker between two kept indices of the ring (`last` may run past the end, modulo size).
void KeepFarthest(const Ring& ring, size_t first, size_t last, double tolerance,
                  std::vector<char>& keep) {
  std::vector<std::pair<size_t, size_t>> open{{first, last}};
  const size_t n = ring.size();
  while (!open.empty()) {
    const auto [from, to] = open.back();
    open.pop_back();
    double farthest = tolerance;
    size_t at = 0;
    for (size_t i = from + 1; i < to; ++i) {
      const double distance = DistanceToSegment(ring[i % n], ring[from % n], ring[to % n]);
      if (distance > farthest) farthest = distance, at = i;
    }
    if (at == 0) continue;
    keep[at % n] = 1;
    open.emplace_back(from, at);
    open.emplace_back(at, to);
  }
}

// Cumulative share of the perimeter at each vertex; one more entry (1) for the return to the start.
std::vector<double> Shares(const Ring& ring) {
  std::vector<double> shares(ring.size() + 1, 0.0);
  for (size_t i = 0; i < ring.size(); ++i)
    shares[i + 1] = shares[i] + cv::norm(ring[(i + 1) % ring.size()] - ring[i]);
  const double perimeter = shares.back();
  for (auto& share : shares) share = perimeter > 0 ? share / perimeter : 0;
  shares.back() = 1;
  return shares;
}

cv::Point2d PointAt(const Ring& ring, const std::vector<double>& shares, double share) {
  share -= std::floor(share);
  const auto after = std::upper_bound(shares.begin(), shares.end() - 1, share);
  const size_t i = after - shares.begin() - 1;
  const double length = shares[i + 1] - shares[i];
  const double t = length > 0 ? (share - shares[i]) / length : 0;
  const cv::Point2d& from = ring[i];
  return from + t * (ring[(i + 1) % ring.size()] - from);
}

// The share of `to` at which it should start so that it lies on `from` best, both centered.
double BestStart(const Ring& from, const std::vector<double>& from_shares, const Ring& to,
                 const std::vector<double>& to_shares) {
  constexpr int kSamples = 96;
  std::vector<cv::Point2d> reference(kSamples);
  cv::Point2d from_center(0, 0), to_center(0, 0);
  for (int i = 0; i < kSamples; ++i) {
    const double share = static_cast<double>(i) / kSamples;
    reference[i] = PointAt(from, from_shares, share);
    from_center += reference[i];
    to_center += PointAt(to, to_shares, share);
  }
  const cv::Point2d shift = (from_center - to_center) / kSamples;
  std::vector<double> candidates;
  const size_t step = std::max<size_t>(1, to.size() / kSamples);
  for (size_t i = 0; i < to.size(); i += step) candidates.push_back(to_shares[i]);
  for (int i = 0; i < kSamples; ++i) candidates.push_back(static_cast<double>(i) / kSamples);
  double best = std::numeric_limits<double>::infinity(), start = 0;
  for (const double candidate : candidates) {
    double sum = 0;
    for (int i = 0; i < kSamples && sum < best; ++i) {
      const auto point = PointAt(to, to_shares, candidate + static_cast<double>(i) / kSamples);
      const cv::Point2d apart = point + shift - reference[i];
      sum += apart.dot(apart);
    }
    if (sum < best - 1e-9) best = sum, start = candidate;
  }
  return start;
}

}  // namespace

Ring WithoutRepeats(const Ring& ring) {
  Ring kept;
  kept.reserve(ring.size());
  for (const auto& point : ring)
    if (kept.empty() || kept.back() != point) kept.push_back(point);
  while (kept.size() > 1 && kept.front() == kept.back()) kept.pop_back();
  return kept;
}

double SignedRingArea(const Ring& ring) {
  if (ring.size() < 3) return 0;
  double twice = 0;
  for (size_t i = 1; i + 1 < ring.size(); ++i) twice += Cross(ring[0], ring[i], ring[i + 1]);
  return twice / 2;
}

double RingArea(const Ring& ring) { return std::abs(SignedRingArea(ring)); }

Box BoxOf(const Polygons& polygons) {
  bool any = false;
  double left = 0, top = 0, right = 0, bottom = 0;
  for (const auto& ring : polygons) {
    for (const auto& p : ring) {
      left = any ? std::min(left, p.x) : p.x;
      right = any ? std::max(right, p.x) : p.x;
      top = any ? std::min(top, p.y) : p.y;
      bottom = any ? std::max(bottom, p.y) : p.y;
      any = true;
    }
  }
  return {left, top, right - left, bottom - top};
}

double BoxIou(const Box& a, const Box& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (!(width > 0) || !(height > 0)) return 0;
  const double shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}

Ring SimplifyRing(const Ring& given, double tolerance) {
  Ring ring = WithoutRepeats(given);
  if (ring.size() <= 3) return ring.size() == 3 ? ring : given;
  const size_t n = ring.size();
  // Two anchors that any simplification keeps: the point farthest from the centroid, and the point
  // farthest from that.
  cv::Point2d center(0, 0);
  for (const auto& point : ring) center += point / static_cast<double>(n);
  const auto farthest_from = [&](const cv::Point2d& origin) {
    size_t at = 0;
    double best = -1;
    for (size_t i = 0; i < n; ++i) {
      const double distance = cv::norm(ring[i] - origin);
      if (distance > best) best = distance, at = i;
    }
    return at;
  };
  const size_t a = farthest_from(center), b = farthest_from(ring[a]);
  if (a == b) return given;
  std::vector<char> keep(n, 0);
  keep[a] = keep[b] = 1;
  const size_t first = std::min(a, b), last = std::max(a, b);
  KeepFarthest(ring, first, last, tolerance, keep);
  KeepFarthest(ring, last, first + n, tolerance, keep);
  if (std::count(keep.begin(), keep.end(), 1) < 3) {
    double best = -1;
    size_t at = n;
    for (size_t i = 0; i < n; ++i) {
      const double distance = DistanceToSegment(ring[i], ring[a], ring[b]);
      if (!keep[i] && distance > best) best = distance, at = i;
    }
    keep[at] = 1;
  }
  Ring simple;
  for (size_t i = 0; i < n; ++i)
    if (keep[i]) simple.push_back(ring[i]);
  return simple;
}

void CheckRing(const Ring& ring, const std::string& what) {
  const std::string remedy = "draw the outline again or remove it";
  double largest = 0;
  for (const auto& point : ring) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y))
      throw Error(what, "the outline has a coordinate that is not a finite number", remedy);
    largest = std::max({largest, std::abs(point.x), std::abs(point.y)});
  }
  Ring distinct = WithoutRepeats(ring);
  std::sort(distinct.begin(), distinct.end(), [](const cv::Point2d& a, const cv::Point2d& b) {
    return a.x != b.x ? a.x < b.x : a.y < b.y;
  });
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() < 3)
    throw Error(what,
                "the outline has " + std::to_string(distinct.size()) +
                    " distinct point(s) where at least 3 are needed",
                remedy);
  // A symmetric bow-tie has a signed area of zero and still covers something: only points that all
  // lie on one line enclose nothing.
  const cv::Point2d& a = distinct.front();
  const cv::Point2d& b = distinct.back();
  const double reach = cv::norm(b - a);
  for (const auto& point : distinct)
    if (std::abs(Cross(a, b, point)) > 1e-12 * reach * std::max(1.0, largest)) return;
  throw Error(what, "the outline encloses no area", remedy);
}

Ring InterpolateRings(const Ring& given_from, const Ring& given_to, double t) {
  const Ring from = WithoutRepeats(given_from);
  Ring to = WithoutRepeats(given_to);
  if (from.empty() || to.empty()) return from.empty() ? to : from;
  if (SignedRingArea(from) * SignedRingArea(to) < 0) std::reverse(to.begin() + 1, to.end());
  const auto from_shares = Shares(from), to_shares = Shares(to);
  const double start = BestStart(from, from_shares, to, to_shares);
  // Every vertex of either ring becomes a vertex of the blend, so that t = 0 and t = 1 lose none.
  std::vector<double> shares(from_shares.begin(), from_shares.end() - 1);
  for (size_t i = 0; i < to.size(); ++i) {
    const double share = to_shares[i] - start;
    shares.push_back(share - std::floor(share));
  }
  std::sort(shares.begin(), shares.end());
  Ring blend;
  double previous = -1;
  for (const double share : shares) {
    if (share - previous < 1e-9 || share > 1 - 1e-9) continue;
    previous = share;
    const cv::Point2d a = PointAt(from, from_shares, share);
    const cv::Point2d b = PointAt(to, to_shares, share + start);
    blend.push_back((1 - t) * a + t * b);
  }
  return blend;
}

}  // namespace datasets
