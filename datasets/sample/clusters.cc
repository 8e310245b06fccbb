#include "datasets/sample/clusters.h"

#include <algorithm>
#include <limits>
#include <opencv2/core/hal/hal.hpp>
#include <opencv2/imgproc.hpp>

namespace datasets {
namespace {

constexpr int kLongSide = 40;
constexpr int kMaxRounds = 25;

struct Nearest {
  int center = 0;
  double distance = std::numeric_limits<double>::infinity();
};

void Consider(const cv::Mat& points, const cv::Mat& centers, int center, int number,
              std::vector<Nearest>* nearest) {
  for (int row = 0; row < points.rows; ++row) {
    const double distance = SquaredDistance(points, row, centers, center);
    if (distance < (*nearest)[row].distance) (*nearest)[row] = {number, distance};
  }
}

// k-means++: the next center is a point drawn by its squared distance to the centers so far.
cv::Mat FirstCenters(const cv::Mat& points, const cv::Mat& fixed, int count,
                     std::mt19937_64* random) {
  std::vector<Nearest> nearest(points.rows);
  for (int k = 0; k < fixed.rows; ++k) Consider(points, fixed, k, k, &nearest);
  cv::Mat centers;
  for (int k = 0; k < count; ++k) {
    double total = 0;
    for (const Nearest& one : nearest) total += std::min(one.distance, 1e12);
    double ticket = static_cast<double>((*random)() >> 11) * 0x1p-53 * total;
    int row = 0;
    while (row + 1 < points.rows && (ticket -= std::min(nearest[row].distance, 1e12)) >= 0) ++row;
    centers.push_back(points.row(row));
    Consider(points, centers, k, k, &nearest);
  }
  return centers;
}

}  // namespace

cv::Mat SmallPictures(VideoReader& reader, const std::vector<int>& frames, Job& job,
                      const std::string& text) {
  const VideoIndex& index = reader.index();
  const double scale =
      std::min(1.0, static_cast<double>(kLongSide) / std::max(index.width, index.height));
  const cv::Size size(std::max(1, cvRound(index.width * scale)),
                      std::max(1, cvRound(index.height * scale)));
  cv::Mat pictures(static_cast<int>(frames.size()), size.area(), CV_32F), bgr, small, grey;
  for (size_t i = 0; i < frames.size(); ++i) {
    job.Advance(static_cast<double>(i), static_cast<double>(frames.size()), text);
    reader.ReadInto(frames[i], &bgr);
    cv::resize(bgr, small, size, 0, 0, cv::INTER_AREA);
    cv::cvtColor(small, grey, cv::COLOR_BGR2GRAY);
    cv::Mat row = pictures.row(static_cast<int>(i));
    grey.reshape(1, 1).convertTo(row, CV_32F, 1, -cv::mean(grey)[0]);
  }
  return pictures;
}

double SquaredDistance(const cv::Mat& a, int row_of_a, const cv::Mat& b, int row_of_b) {
  return cv::hal::normL2Sqr_(a.ptr<float>(row_of_a), b.ptr<float>(row_of_b), a.cols);
}

std::vector<Cluster> GroupPictures(const cv::Mat& points, const cv::Mat& fixed, int count,
                                   std::mt19937_64* random, Job& job) {
  cv::Mat centers = FirstCenters(points, fixed, count, random);
  std::vector<Nearest> nearest(points.rows);
  for (int round = 0; round < kMaxRounds; ++round) {
    job.Advance(round, kMaxRounds, "grouping the pictures");
    std::vector<Nearest> now(points.rows);
    for (int k = 0; k < fixed.rows; ++k) Consider(points, fixed, k, count + k, &now);
    for (int k = 0; k < count; ++k) {
      job.ThrowIfCancelled();
      Consider(points, centers, k, k, &now);
    }
    const bool same = round > 0 && std::equal(now.begin(), now.end(), nearest.begin(),
                                              [](const Nearest& a, const Nearest& b) {
                                                return a.center == b.center;
                                              });
    nearest = std::move(now);
    if (same) break;
    cv::Mat sums = cv::Mat::zeros(centers.size(), CV_32F);
    std::vector<int> sizes(count);
    for (int row = 0; row < points.rows; ++row) {
      const int k = nearest[row].center;
      if (k >= count) continue;
      sums.row(k) += points.row(row);
      ++sizes[k];
    }
    for (int k = 0; k < count; ++k) {
      if (sizes[k] > 0) centers.row(k) = sums.row(k) / sizes[k];
    }
  }
  std::vector<Cluster> clusters(count);
  std::vector<double> best(count, std::numeric_limits<double>::infinity());
  for (int row = 0; row < points.rows; ++row) {
    const auto [k, distance] = nearest[row];
    if (k >= count) continue;
    ++clusters[k].size;
    if (distance < best[k]) best[k] = distance, clusters[k].nearest = row;
  }
  clusters.erase(std::remove_if(clusters.begin(), clusters.end(),
                                [](const Cluster& one) { return one.size == 0; }),
                 clusters.end());
  std::stable_sort(clusters.begin(), clusters.end(),
                   [](const Cluster& a, const Cluster& b) { return a.size > b.size; });
  return clusters;
}

}  // namespace datasets
