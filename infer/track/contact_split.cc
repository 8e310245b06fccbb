#include "infer/track/contact_split.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "datasets/base/assignment.h"

namespace infer {
namespace {

constexpr int kLongestSide = 192;  // work on a smaller picture of bigger blobs

// Distance to the outline in pixels: positive inside, negative outside.
cv::Mat SignedDistance(const cv::Mat& mask) {
  cv::Mat inside, outside, inverted;
  cv::distanceTransform(mask, inside, cv::DIST_L2, 3);
  cv::bitwise_not(mask, inverted);
  cv::distanceTransform(inverted, outside, cv::DIST_L2, 3);
  return inside - outside;
}

struct Canvas {
  cv::Rect region;   // image pixels
  double scale = 1;  // canvas pixels per image pixel
  cv::Mat mask;      // merged blob
};

Canvas MakeCanvas(const Blob& merged) {
  Canvas canvas;
  canvas.region = merged.region;
  const int longest = std::max(merged.region.width, merged.region.height);
  canvas.scale = longest > kLongestSide ? static_cast<double>(kLongestSide) / longest : 1.0;
  if (canvas.scale < 1) {
    cv::resize(merged.mask, canvas.mask, {}, canvas.scale, canvas.scale, cv::INTER_AREA);
    cv::threshold(canvas.mask, canvas.mask, 127, 255, cv::THRESH_BINARY);
  } else {
    canvas.mask = merged.mask.clone();
  }
  cv::copyMakeBorder(canvas.mask, canvas.mask, 1, 1, 1, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
  return canvas;
}

// The template's mask drawn on the canvas, moved by `shift` image pixels.
cv::Mat Draw(const Canvas& canvas, const Blob& blob, cv::Point2d shift) {
  cv::Mat drawn(canvas.mask.size(), CV_8UC1, cv::Scalar(0));
  const double x = (blob.region.x + shift.x - canvas.region.x) * canvas.scale + 1;
  const double y = (blob.region.y + shift.y - canvas.region.y) * canvas.scale + 1;
  const cv::Matx23d place(canvas.scale, 0, x, 0, canvas.scale, y);
  cv::warpAffine(blob.mask, drawn, place, drawn.size(), cv::INTER_NEAREST);
  return drawn;
}

cv::Point2d CenterOf(const cv::Mat& mask) {
  const cv::Moments moments = cv::moments(mask, true);
  if (moments.m00 <= 0) return {-1, -1};
  return {moments.m10 / moments.m00, moments.m01 / moments.m00};
}

// Log-odds-like affinity of each canvas pixel to one template from the pixel's class opinion.
cv::Mat ClassAffinity(const Canvas& canvas, const train::FrameDetections& found,
                      const std::vector<double>& weights) {
  const cv::Mat& opinion = found.class_probability;
  const int classes = opinion.channels();
  if (opinion.empty() || opinion.depth() != CV_8U || classes < 2 ||
      weights.size() != static_cast<size_t>(classes)) {
    return {};
  }
  cv::Mat affinity(canvas.mask.size(), CV_32FC1, cv::Scalar(0));
  for (int y = 0; y < affinity.rows; ++y) {
    for (int x = 0; x < affinity.cols; ++x) {
      const double image_x = canvas.region.x + (x - 0.5) / canvas.scale;
      const double image_y = canvas.region.y + (y - 0.5) / canvas.scale;
      const int column = static_cast<int>(image_x * found.scale);
      const int row = static_cast<int>(image_y * found.scale);
      if (column < 0 || row < 0 || column >= opinion.cols || row >= opinion.rows) continue;
      const uchar* values = opinion.ptr<uchar>(row) + static_cast<ptrdiff_t>(column) * classes;
      double sum = 0, weighted = 0;
      for (int k = 0; k < classes; ++k) {
        sum += values[k];
        weighted += weights[k] * values[k];
      }
      if (sum > 0) {
        affinity.at<float>(y, x) = static_cast<float>(std::log((weighted / sum + 0.05) / 1.05));
      }
    }
  }
  return affinity;
}

class Splitter {
 public:
  Splitter(const Blob& merged, const std::vector<SplitTemplate>& templates,
           const train::FrameDetections& found)
      : merged_(merged), templates_(templates), canvas_(MakeCanvas(merged)) {
    const size_t n = templates.size();
    shifts_.resize(n);
    bias_.assign(n, 0);
    scores_.resize(n);
    const double pixels = cv::countNonZero(canvas_.mask);
    double known = 0;
    int unknown = 0;
    for (size_t i = 0; i < n; ++i) {
      shifts_[i] = templates[i].velocity;
      affinity_.push_back(ClassAffinity(canvas_, found, templates[i].class_weights));
      known += templates[i].usual_area;
      unknown += templates[i].usual_area <= 0;
    }
    const double mean_area = n > static_cast<size_t>(unknown)
                                 ? known / static_cast<double>(n - static_cast<size_t>(unknown))
                                 : 1;
    const double all = known + unknown * mean_area;
    for (const SplitTemplate& t : templates) {
      wanted_.push_back(pixels * (t.usual_area > 0 ? t.usual_area : mean_area) / all);
    }
  }

  std::vector<Blob> Run() {
    if (CutByClasses()) return Pieces();
    SeedUnknown();
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < templates_.size(); ++i) Score(i);
      Assign();
      if (round + 1 < kRounds) Fit();
    }
    return Pieces();
  }

 private:
  static constexpr int kRounds = 5;
  static constexpr float kDecisive = 0.76f;      // nats between the best template and the next
  static constexpr double kDecisiveShare = 0.8;  // of the blob's pixels
  static constexpr double kOnePiece = 0.8;       // of an animal's pixels in its largest part
  static constexpr double kLeastShare = 0.05;    // of its usual area, to be there at all
  static constexpr double kLeastOverlap = 0.2;   // with where the animal was (IoU)

  bool CutByClasses() {
    const size_t n = templates_.size();
    for (size_t i = 0; i < n; ++i) {
      if (!templates_[i].blob || affinity_[i].empty()) return false;
    }
    labels_ = cv::Mat(canvas_.mask.size(), CV_8UC1, cv::Scalar(0));
    std::vector<int> got(n, 0);
    int pixels = 0, decisive = 0;
    for (int y = 0; y < labels_.rows; ++y) {
      for (int x = 0; x < labels_.cols; ++x) {
        if (!canvas_.mask.at<uchar>(y, x)) continue;
        size_t best = 0;
        float next = -std::numeric_limits<float>::infinity();
        for (size_t i = 1; i < n; ++i) {
          const float value = affinity_[i].at<float>(y, x);
          if (value > affinity_[best].at<float>(y, x)) {
            next = affinity_[best].at<float>(y, x);
            best = i;
          } else {
            next = std::max(next, value);
          }
        }
        labels_.at<uchar>(y, x) = static_cast<uchar>(best + 1);
        ++got[best];
        ++pixels;
        decisive += affinity_[best].at<float>(y, x) - next >= kDecisive;
      }
    }
    if (n < 2 || decisive < kDecisiveShare * pixels) return false;
    for (size_t i = 0; i < n; ++i) {
      if (got[i] < std::max(4.0, kLeastShare * wanted_[i]) ||
          LargestPart(static_cast<int>(i + 1)) < kOnePiece * got[i]) {
        return false;
      }
    }
    KeepLargestParts();
    cut_by_classes_ = FitsWhereTheyWere();
    return cut_by_classes_;
  }

  int LargestPart(int label) const {
    cv::Mat parts, stats, centers;
    const int count =
        cv::connectedComponentsWithStats(labels_ == label, parts, stats, centers, 8, CV_32S);
    int largest = 0;
    for (int part = 1; part < count; ++part) {
      largest = std::max(largest, stats.at<int>(part, cv::CC_STAT_AREA));
    }
    return largest;
  }

  // Each piece overlaps its own animal, and no other pairing overlaps more in sum.
  bool FitsWhereTheyWere() const {
    const size_t n = templates_.size();
    std::vector<std::vector<double>> overlap(n, std::vector<double>(n));
    for (size_t j = 0; j < n; ++j) {
      const cv::Mat outline = Draw(canvas_, *templates_[j].blob, shifts_[j]) & canvas_.mask;
      for (size_t i = 0; i < n; ++i) {
        const cv::Mat piece = labels_ == static_cast<int>(i + 1);
        const double either = cv::countNonZero(piece | outline);
        overlap[i][j] = either > 0 ? cv::countNonZero(piece & outline) / either + 1e-6 : 1e-6;
      }
    }
    const std::vector<int> match = datasets::BestAssignment(overlap);
    for (size_t i = 0; i < n; ++i) {
      if (match[i] != static_cast<int>(i) || overlap[i][i] < kLeastOverlap) return false;
    }
    return true;
  }

  // Templates that were never seen alone start as a disc at the place farthest from the others.
  void SeedUnknown() {
    for (size_t i = 0; i < templates_.size(); ++i) {
      seeds_.emplace_back();
      if (templates_[i].blob) continue;
      cv::Mat free = canvas_.mask.clone();
      cv::Mat covered(canvas_.mask.size(), CV_8UC1, cv::Scalar(0));
      for (size_t j = 0; j < templates_.size(); ++j) {
        if (templates_[j].blob) {
          covered |= Draw(canvas_, *templates_[j].blob, shifts_[j]);
        } else if (j < i) {
          covered |= seeds_[j];
        }
      }
      cv::Mat distance;
      if (cv::countNonZero(covered) > 0) {
        cv::Mat inverted;
        cv::bitwise_not(covered, inverted);
        cv::distanceTransform(inverted, distance, cv::DIST_L2, 3);
      } else {  // nothing to be far from: one end of the blob
        const cv::Point2d center = CenterOf(canvas_.mask);
        distance.create(canvas_.mask.size(), CV_32FC1);
        for (int y = 0; y < distance.rows; ++y) {
          for (int x = 0; x < distance.cols; ++x) {
            distance.at<float>(y, x) = static_cast<float>(std::hypot(x - center.x, y - center.y));
          }
        }
      }
      cv::Point farthest;
      cv::minMaxLoc(distance, nullptr, nullptr, nullptr, &farthest, free);
      seeds_[i] = cv::Mat(canvas_.mask.size(), CV_8UC1, cv::Scalar(0));
      const int radius = std::max(2, static_cast<int>(std::sqrt(wanted_[i] / CV_PI)));
      cv::circle(seeds_[i], farthest, radius, cv::Scalar(255), cv::FILLED);
    }
  }

  void Score(size_t i) {
    const cv::Mat outline =
        templates_[i].blob ? Draw(canvas_, *templates_[i].blob, shifts_[i]) : seeds_[i];
    if (cv::countNonZero(outline) == 0) {
      scores_[i] = cv::Mat(canvas_.mask.size(), CV_32FC1, cv::Scalar(-1e6f));
      centers_[i] = {-1, -1};
      return;
    }
    centers_[i] = CenterOf(outline);
    scores_[i] = SignedDistance(outline);
    if (!affinity_[i].empty()) {
      const float pixels_a_nat = static_cast<float>(0.06 * std::sqrt(wanted_[i]));
      scores_[i] += affinity_[i] * pixels_a_nat;
    }
  }

  void Assign() {
    labels_ = cv::Mat(canvas_.mask.size(), CV_8UC1, cv::Scalar(0));
    for (int round = 0; round < 4; ++round) {
      std::vector<double> got(templates_.size(), 0);
      for (int y = 0; y < labels_.rows; ++y) {
        const uchar* inside = canvas_.mask.ptr<uchar>(y);
        uchar* label = labels_.ptr<uchar>(y);
        for (int x = 0; x < labels_.cols; ++x) {
          label[x] = 0;
          if (!inside[x]) continue;
          double best = -std::numeric_limits<double>::infinity();
          for (size_t i = 0; i < scores_.size(); ++i) {
            const double value = scores_[i].at<float>(y, x) + bias_[i];
            if (value > best) {
              best = value;
              label[x] = static_cast<uchar>(i + 1);
            }
          }
          ++got[label[x] - 1u];
        }
      }
      for (size_t i = 0; i < got.size(); ++i) {
        const double reach = 0.5 * std::sqrt(wanted_[i]);
        bias_[i] += std::clamp(0.25 * (wanted_[i] - got[i]) / std::sqrt(wanted_[i]), -reach, reach);
      }
    }
    KeepLargestParts();
  }

  // Stray parts go to the animal that most of their border touches.
  void KeepLargestParts() {
    const cv::Mat kernel = cv::getStructuringElement(cv::MORPH_RECT, {3, 3});
    for (size_t i = 0; i < templates_.size(); ++i) {
      cv::Mat parts, stats, centers;
      const int count = cv::connectedComponentsWithStats(labels_ == static_cast<int>(i + 1), parts,
                                                         stats, centers, 8, CV_32S);
      int largest = 0;
      for (int part = 1; part < count; ++part) {
        if (largest == 0 ||
            stats.at<int>(part, cv::CC_STAT_AREA) > stats.at<int>(largest, cv::CC_STAT_AREA)) {
          largest = part;
        }
      }
      for (int part = 1; part < count; ++part) {
        if (part == largest) continue;
        const cv::Mat here = parts == part;
        cv::Mat grown;
        cv::dilate(here, grown, kernel);
        int best = 0, best_touch = 0;
        for (size_t j = 0; j < templates_.size(); ++j) {
          if (j == i) continue;
          const int touch = cv::countNonZero(grown & (labels_ == static_cast<int>(j + 1)));
          if (touch > best_touch) {
            best_touch = touch;
            best = static_cast<int>(j + 1);
          }
        }
        if (best > 0) labels_.setTo(best, here);
      }
    }
  }

  void Fit() {
    for (size_t i = 0; i < templates_.size(); ++i) {
      const cv::Mat piece = labels_ == static_cast<int>(i + 1);
      const cv::Point2d center = CenterOf(piece);
      if (center.x < 0) continue;
      if (!templates_[i].blob) {
        seeds_[i] = piece;
        continue;
      }
      if (centers_[i].x < 0) continue;
      shifts_[i] += 0.6 * (center - centers_[i]) / canvas_.scale;
    }
  }

  std::vector<Blob> Pieces() const {
    const cv::Mat unpadded = labels_({1, 1, labels_.cols - 2, labels_.rows - 2});
    cv::Mat full;
    if (canvas_.scale < 1) {
      // Pixels that shrinking lost go to the nearest label.
      cv::Mat no_label = unpadded == 0, distance, nearest;
      cv::distanceTransform(no_label, distance, nearest, cv::DIST_L2, 3, cv::DIST_LABEL_PIXEL);
      std::vector<uchar> label_of(static_cast<size_t>(unpadded.total()) + 1, 0);
      for (int y = 0; y < unpadded.rows; ++y) {
        for (int x = 0; x < unpadded.cols; ++x) {
          const uchar label = unpadded.at<uchar>(y, x);
          if (label) label_of[static_cast<size_t>(nearest.at<int>(y, x))] = label;
        }
      }
      cv::Mat spread(unpadded.size(), CV_8UC1);
      for (int y = 0; y < unpadded.rows; ++y) {
        for (int x = 0; x < unpadded.cols; ++x) {
          spread.at<uchar>(y, x) = label_of[static_cast<size_t>(nearest.at<int>(y, x))];
        }
      }
      cv::resize(spread, full, merged_.mask.size(), 0, 0, cv::INTER_NEAREST);
    } else {
      full = unpadded;
    }
    std::vector<Blob> pieces;
    for (size_t i = 0; i < templates_.size(); ++i) {
      Blob piece;
      piece.frame = merged_.frame;
      piece.score = merged_.score;
      piece.certainty = merged_.certainty;
      piece.touching = true;
      piece.cut_by_classes = cut_by_classes_;
      cv::Mat mask = (full == static_cast<int>(i + 1)) & merged_.mask;
      SetMask(piece, mask, merged_.region);
      pieces.push_back(std::move(piece));
    }
    return pieces;
  }

  const Blob& merged_;
  const std::vector<SplitTemplate>& templates_;
  const Canvas canvas_;
  std::vector<cv::Point2d> shifts_;  // image pixels
  std::vector<cv::Point2d> centers_ = std::vector<cv::Point2d>(templates_.size());
  std::vector<double> bias_, wanted_;  // canvas pixels
  std::vector<cv::Mat> affinity_, scores_, seeds_;
  bool cut_by_classes_ = false;
  cv::Mat labels_;  // 0 = outside, i + 1 = template i
};

}  // namespace

std::vector<Blob> SplitMerged(const Blob& merged, const std::vector<SplitTemplate>& templates,
                              const train::FrameDetections& found) {
  if (merged.area < 1 || templates.empty()) return std::vector<Blob>(templates.size());
  return Splitter(merged, templates, found).Run();
}

}  // namespace infer
