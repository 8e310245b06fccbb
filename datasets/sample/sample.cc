#include "datasets/sample/sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "datasets/base/error.h"
#include "datasets/sample/clusters.h"

namespace datasets {
namespace {

constexpr int kGapsInAShare = 4;  // automatic gap: a quarter of an even spacing
constexpr int kMaxLabeledCenters = 200;
constexpr int kShortListFactor = 4;  // doubtful frames to choose unlike ones from
constexpr double kDiversityWeight = 0.5;

// The same on every platform, unlike std::shuffle.
void Shuffle(std::vector<int>* values, std::mt19937_64* random) {
  for (size_t i = values->size(); i > 1; --i)
    std::swap((*values)[i - 1], (*values)[(*random)() % i]);
}

std::vector<int> EvenlyFrom(const std::vector<int>& values, size_t count) {
  if (count >= values.size()) return values;
  std::vector<int> picked;
  for (size_t i = 0; i < count; ++i) {
    picked.push_back(values[(2 * i + 1) * values.size() / (2 * count)]);
  }
  return picked;
}

// Collects frames that keep a distance from each other and from the labeled ones.
class Picks {
 public:
  // At most `wanted`; the gap is given up for `needed` of them only.
  Picks(const std::vector<int>& labeled, size_t wanted, size_t needed)
      : taken_(labeled.begin(), labeled.end()), wanted_(wanted), needed_(needed) {}

  bool full() const { return frames_.size() >= wanted_; }

  bool IsFree(int frame, int gap) const {
    const auto after = taken_.lower_bound(frame);
    if (after != taken_.end() && *after - frame < gap) return false;
    return after == taken_.begin() || frame - *std::prev(after) >= gap;
  }

  void Take(int frame) {
    taken_.insert(frame);
    frames_.push_back(frame);
  }

  // Best first; where the gap leaves fewer than needed, it is halved.
  void TakeInOrder(const std::vector<int>& order, int gap) {
    for (;; gap /= 2) {
      gap = std::max(gap, 1);
      for (const int frame : order) {
        if (full()) return;
        if (IsFree(frame, gap)) Take(frame);
      }
      if (gap == 1 || frames_.size() >= needed_) return;
    }
  }

  const std::vector<int>& frames() const { return frames_; }

 private:
  std::set<int> taken_;
  std::vector<int> frames_;
  size_t wanted_, needed_;
};

std::vector<int> ByScore(std::vector<int> frames, const std::vector<double>& score_of_frame) {
  std::stable_sort(frames.begin(), frames.end(), [&](int a, int b) {
    const double x = score_of_frame[a], y = score_of_frame[b];
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x);
    return x > y;
  });
  return frames;
}

std::vector<int> UnlikeOrder(VideoReader& reader, const std::vector<int>& free,
                             const std::vector<int>& labeled, const SampleOptions& options,
                             size_t count, std::mt19937_64* random, Job& job) {
  const auto shown = EvenlyFrom(free, std::max<size_t>(options.candidates, count));
  const cv::Mat points = SmallPictures(reader, shown, job, "looking at frames");
  const cv::Mat fixed = labeled.empty()
                            ? cv::Mat()
                            : SmallPictures(reader, EvenlyFrom(labeled, kMaxLabeledCenters), job,
                                            "looking at labeled frames");
  std::vector<int> order;
  const int groups = static_cast<int>(std::min(count, shown.size()));
  for (const Cluster& cluster : GroupPictures(points, fixed, groups, random, job)) {
    order.push_back(shown[cluster.nearest]);
  }
  return order;
}

std::vector<int> MovementOrder(VideoReader& reader, const std::vector<int>& free,
                               const SampleOptions& options, Job& job) {
  std::vector<int> pairs, shown = EvenlyFrom(free, options.candidates / 2);
  const int last = reader.index().frame_count() - 1;
  for (const int frame : shown) {
    for (const int other : {std::max(0, frame - 1), std::min(last, frame + 1)}) {
      if (pairs.empty() || pairs.back() < other) pairs.push_back(other);
    }
  }
  const cv::Mat pictures = SmallPictures(reader, pairs, job, "looking for movement");
  const auto row_of = [&](int frame) {
    return static_cast<int>(std::lower_bound(pairs.begin(), pairs.end(), frame) - pairs.begin());
  };
  std::vector<double> movement(static_cast<size_t>(last) + 1, std::nan(""));
  for (const int frame : shown) {
    movement[frame] = SquaredDistance(pictures, row_of(std::max(0, frame - 1)), pictures,
                                      row_of(std::min(last, frame + 1)));
  }
  return ByScore(shown, movement);
}

// From a short list of doubtful frames, again and again the one that is doubtful and unlike those
// before it.
std::vector<int> DoubtfulOrder(VideoReader& reader, std::vector<int> list,
                               const std::vector<double>& scores, size_t count, Job& job) {
  std::sort(list.begin(), list.end());
  const cv::Mat pictures = SmallPictures(reader, list, job, "looking at doubtful frames");
  const size_t size = list.size();
  // Of the scores above the video's median, so that a frame like most is not doubtful.
  std::vector<double> known;
  std::copy_if(scores.begin(), scores.end(), std::back_inserter(known),
               [](double score) { return std::isfinite(score); });
  std::vector<double> doubt(size, 0);
  if (!known.empty()) {
    const auto middle = known.begin() + static_cast<ptrdiff_t>(known.size() / 2);
    std::nth_element(known.begin(), middle, known.end());
    const double median = *middle, most = *std::max_element(known.begin(), known.end());
    for (size_t i = 0; i < size; ++i) {
      const double score = scores[list[i]];
      if (score > median) doubt[i] = std::min(1.0, (score - median) / (most - median));
    }
  }
  std::vector<double> distance(size, 0);
  std::vector<bool> used(size, false);
  std::vector<int> order;
  while (order.size() < std::min(count, size)) {
    job.ThrowIfCancelled();
    const double farthest = std::max(1e-9, *std::max_element(distance.begin(), distance.end()));
    int best = -1;
    double best_value = -1;
    for (size_t i = 0; i < size; ++i) {
      const double value = doubt[i] + kDiversityWeight * std::sqrt(distance[i] / farthest);
      if (!used[i] && value > best_value) best = static_cast<int>(i), best_value = value;
    }
    for (size_t i = 0; i < size; ++i) {
      const double gap = SquaredDistance(pictures, static_cast<int>(i), pictures, best);
      distance[i] = order.empty() ? gap : std::min(distance[i], gap);
    }
    used[best] = true;
    order.push_back(list[best]);
  }
  return order;
}

}  // namespace

std::vector<int> SampleFrames(VideoReader& reader, const SampleOptions& options,
                              const std::vector<int>& already_labeled, Job& job,
                              const std::vector<double>& scores) {
  CheckOptions(options, "sampling");
  const int frame_count = reader.index().frame_count();
  std::vector<int> labeled;
  for (const int frame : std::set<int>(already_labeled.begin(), already_labeled.end())) {
    if (frame >= 0 && frame < frame_count) labeled.push_back(frame);
  }
  std::vector<int> all(frame_count), free;
  std::iota(all.begin(), all.end(), 0);
  std::set_difference(all.begin(), all.end(), labeled.begin(), labeled.end(),
                      std::back_inserter(free));
  std::mt19937_64 random(static_cast<uint64_t>(options.seed));
  const size_t count = std::min<size_t>(options.count, free.size());
  const int gap = options.min_gap > 0 ? options.min_gap
                                      : std::max(1, frame_count / (kGapsInAShare * options.count));
  std::vector<int> shuffled = free;
  Shuffle(&shuffled, &random);

  std::vector<int> order;
  if (options.method == "stride") {
    order = EvenlyFrom(free, count);
  } else if (options.method == "random") {
    order = {};
  } else if (options.method == "kmeans") {
    if (count > 0) order = UnlikeOrder(reader, free, labeled, options, count, &random, job);
  } else if (options.method == "motion") {
    if (count > 0) order = MovementOrder(reader, free, options, job);
  } else if (options.method == "uncertainty") {
    if (static_cast<int>(scores.size()) != frame_count) {
      throw Error("sampling by uncertainty",
                  "it needs one score for each of the " + std::to_string(frame_count) + " frames",
                  "predict the video first, or choose another method");
    }
    Picks list(labeled, count * kShortListFactor, count);
    list.TakeInOrder(ByScore(shuffled, scores), gap);
    if (count > 0) order = DoubtfulOrder(reader, list.frames(), scores, count, job);
  } else {
    throw Error("sampling method '" + options.method + "'", "there is no such method",
                "choose stride, random, kmeans, motion or uncertainty");
  }
  Picks picks(labeled, count, count);
  picks.TakeInOrder(order, gap);
  picks.TakeInOrder(shuffled, gap);
  std::vector<int> frames = picks.frames();
  std::sort(frames.begin(), frames.end());
  return frames;
}

}  // namespace datasets
