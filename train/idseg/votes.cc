#include "train/idseg/votes.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace train {
namespace {

// Lengths in bodies (square root of the animal's area). Votes of one animal scatter by about a
// tenth of it after a short training; the centers of two animals that lie on each other are farther
// apart than a fifth.
constexpr double kBlur = 0.09, kPeaksApart = 0.22;
// Two peaks are two animals if the evidence for it is positive: the votes between them sink below
// this share of the lower peak (kValleyWeight a unit), and the sizes of two groups are likelier
// than that of both together. Sizes are log-normal around the usual ones with these deviations;
// what another animal hides is missing, so that small ones are likelier than large ones.
constexpr double kValley = 0.6, kValleyWeight = 6;
constexpr double kLargerDeviation = 0.3, kSmallerDeviation = 0.6;
// A vote is clear that is so much nearer to its center than to the next.
constexpr double kClear = 0.6;
constexpr double kStrayShare = 0.1;  // of a group's pixels, in a part that others surround
constexpr int kMostPeaks = 64, kRounds = 4;

struct Vote {
  cv::Point pixel;
  cv::Point2f center;
  int group = 0;
  bool clear = true;
};

struct Peak {
  cv::Point2f center;
  float height = 0;
};

std::vector<Vote> VotesOf(const cv::Mat& inside, const cv::Mat& to_x, const cv::Mat& to_y) {
  std::vector<Vote> votes;
  for (int y = 0; y < inside.rows; ++y) {
    for (int x = 0; x < inside.cols; ++x) {
      if (!inside.at<uchar>(y, x)) continue;
      // A network that answers nonsense points nowhere.
      const float dx = to_x.at<float>(y, x), dy = to_y.at<float>(y, x);
      const bool points = std::isfinite(dx) && std::isfinite(dy);
      const cv::Point2f center(static_cast<float>(x) + (points ? dx : 0),
                               static_cast<float>(y) + (points ? dy : 0));
      votes.push_back({{x, y},
                       {std::clamp(center.x, 0.f, static_cast<float>(inside.cols - 1)),
                        std::clamp(center.y, 0.f, static_cast<float>(inside.rows - 1))},
                       0});
    }
  }
  return votes;
}

cv::Mat DensityOf(const std::vector<Vote>& votes, const cv::Size& size, double body) {
  cv::Mat density = cv::Mat::zeros(size, CV_32FC1);
  for (const Vote& vote : votes) density.at<float>(cv::Point(vote.center)) += 1;
  cv::GaussianBlur(density, density, {}, std::max(1.0, kBlur * body), 0, cv::BORDER_CONSTANT);
  return density;
}

// Highest first.
std::vector<Peak> PeaksOf(const cv::Mat& density, double body) {
  const int reach = std::max(1, cvRound(kPeaksApart * body));
  cv::Mat highest;
  cv::dilate(density, highest,
             cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1}));
  std::vector<Peak> peaks;
  for (int y = 0; y < density.rows; ++y) {
    for (int x = 0; x < density.cols; ++x) {
      const float value = density.at<float>(y, x);
      if (value <= 0 || value < highest.at<float>(y, x)) continue;
      peaks.push_back({cv::Point2f(static_cast<float>(x), static_cast<float>(y)), value});
    }
  }
  std::stable_sort(peaks.begin(), peaks.end(),
                   [](const Peak& a, const Peak& b) { return a.height > b.height; });
  if (peaks.size() > kMostPeaks) peaks.resize(kMostPeaks);
  return peaks;
}

// How far the votes sink between two peaks, as a share of the lower one.
double Valley(const cv::Mat& density, const cv::Point2f& from, const cv::Point2f& to) {
  const auto at = [&](const cv::Point2f& p) { return density.at<float>(cv::Point(p)); };
  const float lower = std::min(at(from), at(to));
  float lowest = lower;
  constexpr int kSteps = 8;
  for (int step = 1; step < kSteps; ++step) {
    lowest = std::min(lowest, at(from + (to - from) * (static_cast<float>(step) / kSteps)));
  }
  return lower > 0 ? lowest / lower : 1;
}

// Of a group of this area being one animal, natural log, without the part that is the same for all.
double LogLikelihood(double area, const VoteScale& scale) {
  const double off = area > scale.usual_high  ? std::log(area / scale.usual_high) / kLargerDeviation
                     : area < scale.usual_low ? std::log(scale.usual_low / area) / kSmallerDeviation
                                              : 0;
  return -off * off / 2;
}

void Assign(std::vector<Vote>& votes, const std::vector<cv::Point2f>& centers) {
  for (Vote& vote : votes) {
    double nearest = 1e18, next = 1e18;
    for (size_t g = 0; g < centers.size(); ++g) {
      const double distance = cv::norm(vote.center - centers[g]);
      if (distance < nearest) {
        next = nearest;
        nearest = distance;
        vote.group = static_cast<int>(g);
      } else {
        next = std::min(next, distance);
      }
    }
    vote.clear = nearest < kClear * next;
  }
}

std::vector<double> Sizes(const std::vector<Vote>& votes, size_t groups) {
  std::vector<double> sizes(groups, 0);
  for (const Vote& vote : votes) sizes[static_cast<size_t>(vote.group)] += 1;
  return sizes;
}

void MoveToMeans(const std::vector<Vote>& votes, std::vector<cv::Point2f>& centers) {
  std::vector<cv::Point2f> sums(centers.size());
  const std::vector<double> sizes = Sizes(votes, centers.size());
  for (const Vote& vote : votes) sums[static_cast<size_t>(vote.group)] += vote.center;
  for (size_t g = 0; g < centers.size(); ++g) {
    if (sizes[g] > 0) centers[g] = sums[g] * static_cast<float>(1 / sizes[g]);
  }
}

// From all peaks: k-means, then the two that are likeliest one are joined, until none are.
std::vector<cv::Point2f> FindCenters(std::vector<Vote>& votes, const cv::Mat& density,
                                     const VoteScale& scale) {
  std::vector<cv::Point2f> peaks;
  for (const Peak& peak : PeaksOf(density, scale.body)) {
    const bool apart = std::none_of(peaks.begin(), peaks.end(), [&](const cv::Point2f& higher) {
      return cv::norm(higher - peak.center) < kPeaksApart * scale.body;
    });
    if (apart) peaks.push_back(peak.center);
  }
  std::vector<cv::Point2f> centers;
  while (true) {
    centers = peaks;
    for (int round = 0; round < kRounds; ++round) {
      Assign(votes, centers);
      MoveToMeans(votes, centers);
    }
    Assign(votes, centers);
    if (peaks.size() < 2) return centers;
    const std::vector<double> sizes = Sizes(votes, peaks.size());
    const auto least = std::min_element(sizes.begin(), sizes.end());
    if (*least < scale.smallest) {
      peaks.erase(peaks.begin() + (least - sizes.begin()));
      continue;
    }
    double worst = 0;
    size_t joined = 0;
    for (size_t a = 0; a < peaks.size(); ++a) {
      for (size_t b = a + 1; b < peaks.size(); ++b) {
        const double two = LogLikelihood(sizes[a], scale) + LogLikelihood(sizes[b], scale) -
                           LogLikelihood(sizes[a] + sizes[b], scale) + scale.favor +
                           kValleyWeight * (kValley - Valley(density, peaks[a], peaks[b]));
        if (two >= worst) continue;
        worst = two;
        joined = b;  // the lower one
      }
    }
    if (joined == 0) return centers;
    peaks.erase(peaks.begin() + static_cast<std::ptrdiff_t>(joined));
  }
}

// Small parts of a group that lie apart from the rest of it go to the group around them.
void GiveStraysAway(cv::Mat& owners, int groups) {
  const cv::Mat kernel = cv::getStructuringElement(cv::MORPH_RECT, {3, 3});
  for (int group = 1; group <= groups; ++group) {
    cv::Mat parts, stats, centers;
    const cv::Mat own = owners == group;
    const int count = cv::connectedComponentsWithStats(own, parts, stats, centers, 8, CV_32S);
    const double all = cv::countNonZero(own);
    for (int part = 1; part < count; ++part) {
      if (stats.at<int>(part, cv::CC_STAT_AREA) > kStrayShare * all) continue;
      const cv::Mat here = parts == part;
      cv::Mat ring;
      cv::dilate(here, ring, kernel);
      int best = 0, best_touch = 0;
      for (int other = 1; other <= groups; ++other) {
        if (other == group) continue;
        const int touch = cv::countNonZero(ring & (owners == other));
        if (touch > best_touch) {
          best_touch = touch;
          best = other;
        }
      }
      if (best > 0) owners.setTo(best, here);
    }
  }
}

}  // namespace

int GroupByCenters(const cv::Mat& inside, const cv::Mat& to_center_x, const cv::Mat& to_center_y,
                   const VoteScale& scale, VotedGroups& groups) {
  std::vector<Vote> votes = VotesOf(inside, to_center_x, to_center_y);
  if (static_cast<double>(votes.size()) < 2 * scale.smallest) return 1;
  const cv::Mat density = DensityOf(votes, inside.size(), scale.body);
  std::vector<cv::Point2f> centers = FindCenters(votes, density, scale);
  const int count = static_cast<int>(centers.size());
  if (count < 2) return 1;
  const std::vector<double> sizes = Sizes(votes, centers.size());
  groups.owners = cv::Mat::zeros(inside.size(), CV_32SC1);
  groups.apart.assign(centers.size(), 0);
  for (const Vote& vote : votes) {
    groups.owners.at<int>(vote.pixel) = vote.group + 1;
    const size_t g = static_cast<size_t>(vote.group);
    if (vote.clear) groups.apart[g] += static_cast<float>(1 / sizes[g]);
  }
  GiveStraysAway(groups.owners, count);
  return count;
}

}  // namespace train
