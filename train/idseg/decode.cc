#include "train/idseg/decode.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <queue>

#include "datasets/base/error.h"
#include "datasets/shape/mask.h"
#include "train/idseg/votes.h"
#include "train/learn/temperature.h"

namespace train {
namespace {

constexpr double kSpeckShare = 0.2;     // of the smallest labeled animal
constexpr double kSegmentShare = 0.4;   // smallest part that a division may leave
constexpr double kCrowdedShare = 1.45;  // of a median animal: more than one is likely
// Log-odds that the expected number of animals is worth where another one is found.
constexpr double kFavor = 1.5;
constexpr int kMargin = 2;  // network pixels around a component

// Everything about one connected component, on a window of the maps.
struct Component {
  cv::Rect window;  // network pixels of the maps
  cv::Mat inside;   // CV_8UC1: 255 where the component is
  cv::Mat animal;   // CV_32FC1: probability, 0 in other components
  double area = 0;  // network pixels
};

cv::Mat OwnLogProbability(const SegMaps& maps, const cv::Rect& window, int k) {
  // log softmax of class k over the window
  cv::Mat result(window.size(), CV_32FC1);
  for (int y = 0; y < window.height; ++y) {
    float* out = result.ptr<float>(y);
    for (int x = 0; x < window.width; ++x) {
      float highest = -std::numeric_limits<float>::infinity();
      for (const cv::Mat& plane : maps.class_logits) {
        highest = std::max(highest, plane.at<float>(window.y + y, window.x + x));
      }
      float sum = 0;
      for (const cv::Mat& plane : maps.class_logits) {
        sum += std::exp(plane.at<float>(window.y + y, window.x + x) - highest);
      }
      out[x] = maps.class_logits[k].at<float>(window.y + y, window.x + x) - highest - std::log(sum);
    }
  }
  return result;
}

// Connected parts of `mask` that are at least `smallest` pixels, as labels 1..count.
int MarkParts(const cv::Mat& mask, double smallest, cv::Mat& markers, int first_label) {
  cv::Mat labels, stats, centers;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centers, 4, CV_32S);
  int label = first_label;
  for (int i = 1; i < count; ++i) {
    if (stats.at<int>(i, cv::CC_STAT_AREA) < smallest) continue;
    markers.setTo(label++, labels == i);
  }
  return label - first_label;
}

// Grows the markers over the whole window, cheap (deep) pixels first.
void Flood(const cv::Mat& cost, cv::Mat& markers) {
  struct Pixel {
    float cost;
    int order, x, y;
    bool operator<(const Pixel& other) const {
      return cost != other.cost ? cost > other.cost : order > other.order;
    }
  };
  std::priority_queue<Pixel> queue;
  int order = 0;
  for (int y = 0; y < markers.rows; ++y) {
    for (int x = 0; x < markers.cols; ++x) {
      if (markers.at<int>(y, x) > 0) queue.push({0, order++, x, y});
    }
  }
  while (!queue.empty()) {
    const Pixel at = queue.top();
    queue.pop();
    constexpr int kX[] = {1, -1, 0, 0}, kY[] = {0, 0, 1, -1};
    for (int i = 0; i < 4; ++i) {
      const int x = at.x + kX[i], y = at.y + kY[i];
      if (x < 0 || y < 0 || x >= markers.cols || y >= markers.rows) continue;
      int& owner = markers.at<int>(y, x);
      if (owner > 0) continue;
      owner = markers.at<int>(at.y, at.x);
      queue.push({std::max(at.cost, cost.at<float>(y, x)), order++, x, y});
    }
  }
}

std::vector<double> SegmentAreas(const cv::Mat& owners, const cv::Mat& inside, int count) {
  std::vector<double> areas(static_cast<size_t>(count) + 1, 0);
  for (int y = 0; y < owners.rows; ++y) {
    for (int x = 0; x < owners.cols; ++x) {
      if (inside.at<uchar>(y, x)) areas[owners.at<int>(y, x)] += 1;
    }
  }
  return areas;
}

class Decoder {
 public:
  // `favor`: as VoteScale has it.
  Decoder(const SegMaps& maps, const IdsegDescription& description, double favor)
      : maps_(maps), description_(description), favor_(favor) {
    sx_ = static_cast<double>(maps.frame.width) / maps.image.width;
    sy_ = static_cast<double>(maps.frame.height) / maps.image.height;
    pixel_area_ = sx_ * sy_;
  }

  std::vector<Detection> Run() {
    const cv::Mat binary = maps_.animal > description_.threshold;
    cv::Mat labels, stats, centers;
    const int count = cv::connectedComponentsWithStats(binary, labels, stats, centers, 4, CV_32S);
    const double speck = std::max(3.0, kSpeckShare * description_.smallest_area * pixel_area_);
    std::vector<Detection> found;
    for (int i = 1; i < count; ++i) {
      const double area = stats.at<int>(i, cv::CC_STAT_AREA);
      if (area < speck) continue;
      const cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                         stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
      Component component;
      component.window = cv::Rect(box.tl() - cv::Point(kMargin, kMargin),
                                  box.size() + cv::Size(2 * kMargin, 2 * kMargin)) &
                         cv::Rect(cv::Point(0, 0), binary.size());
      const cv::Mat own = labels(component.window);
      component.inside = own == i;
      component.animal = maps_.animal(component.window).clone();
      component.animal.setTo(0, (own != i) & (own != 0));
      component.area = area;
      Emit(component, found);
    }
    std::stable_sort(found.begin(), found.end(), [](const Detection& a, const Detection& b) {
      return cv::countNonZero(a.mask) > cv::countNonZero(b.mask);
    });
    return found;
  }

 private:
  // Owners 1..n of the component's pixels; empty when it is one animal. `apart`: as Detection has
  // it, for each part, where it is known.
  cv::Mat Divide(const Component& c, int& parts, std::vector<float>& apart) const {
    const double smallest = description_.smallest_area * pixel_area_;
    if (c.area < 2 * kSegmentShare * smallest) return {};
    if (!maps_.to_center_x.empty()) return DivideByCenters(c, parts, apart);
    cv::Mat core = (maps_.core(c.window) > 0.5f) & c.inside;
    cv::Mat markers = cv::Mat::zeros(c.window.size(), CV_32SC1);
    parts = MarkParts(core, std::max(2.0, 0.02 * smallest), markers, 1);
    cv::Mat cost = 1.0 - maps_.core(c.window);
    if (parts < 2 && description_.info.classes.size() > 1 &&
        c.area > kCrowdedShare * description_.info.median_area * pixel_area_) {
      markers.setTo(0);
      parts = 0;
      for (size_t k = 0; k < maps_.class_logits.size(); ++k) {
        cv::Mat likely =
            (OwnLogProbability(maps_, c.window, static_cast<int>(k)) > std::log(0.6f)) & c.inside;
        cv::erode(likely, likely, cv::Mat());
        parts += MarkParts(likely, 0.25 * description_.info.class_median_area[k] * pixel_area_,
                           markers, parts + 1);
      }
    }
    cost.setTo(2, c.inside == 0);
    while (parts >= 2) {
      cv::Mat owners = markers.clone();
      Flood(cost, owners);
      const std::vector<double> areas = SegmentAreas(owners, c.inside, parts);
      const auto least = std::min_element(areas.begin() + 1, areas.end());
      if (*least >= kSegmentShare * smallest) return owners;
      // Too small to be an animal: give its pixels to the others.
      const int drop = static_cast<int>(least - areas.begin());
      markers.setTo(0, markers == drop);
      if (drop != parts) markers.setTo(drop, markers == parts);
      --parts;
    }
    return {};
  }

  cv::Mat DivideByCenters(const Component& c, int& parts, std::vector<float>& apart) const {
    VoteScale scale;
    scale.favor = favor_;
    scale.body = std::sqrt(description_.info.median_area * pixel_area_);
    const auto [low, high] = std::minmax_element(description_.info.class_median_area.begin(),
                                                 description_.info.class_median_area.end());
    scale.usual_low = *low * pixel_area_;
    scale.usual_high = *high * pixel_area_;
    scale.smallest = std::max(2.0, kSegmentShare * description_.smallest_area * pixel_area_);
    VotedGroups groups;
    parts = GroupByCenters(c.inside, maps_.to_center_x(c.window), maps_.to_center_y(c.window),
                           scale, groups);
    if (parts < 2) return {};
    Flood(cv::Mat::zeros(groups.owners.size(), CV_32FC1), groups.owners);  // the rest of the window
    apart = groups.apart;
    return groups.owners;
  }

  void Emit(const Component& c, std::vector<Detection>& found) const {
    int parts = 1;
    std::vector<float> apart;
    const cv::Mat owners = Divide(c, parts, apart);
    // Image pixels whose centers lie inside the window.
    const cv::Point corner = c.window.tl() + maps_.origin;
    const cv::Point far_corner = c.window.br() + maps_.origin;
    const int left = static_cast<int>(std::floor(corner.x / sx_));
    const int top = static_cast<int>(std::floor(corner.y / sy_));
    const int right = std::min(maps_.image.width, static_cast<int>(std::ceil(far_corner.x / sx_)));
    const int bottom =
        std::min(maps_.image.height, static_cast<int>(std::ceil(far_corner.y / sy_)));
    const cv::Rect region(left, top, right - left, bottom - top);
    if (region.empty()) return;
    const cv::Matx23d map(sx_, 0, (left + 0.5) * sx_ - 0.5 - corner.x, 0, sy_,
                          (top + 0.5) * sy_ - 0.5 - corner.y);
    const auto Enlarge = [&](const cv::Mat& small) {
      cv::Mat large;
      cv::warpAffine(small, large, map, region.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                     cv::BORDER_REPLICATE);
      return large;
    };
    cv::Mat mask = Enlarge(c.animal) > description_.threshold;
    if (owners.empty()) {
      Add(c, c.inside, region, mask, found);
      return;
    }
    std::vector<cv::Mat> shares;
    cv::Mat highest(region.size(), CV_32FC1, cv::Scalar(-1));
    for (int part = 1; part <= parts; ++part) {
      cv::Mat share;
      cv::Mat(owners == part).convertTo(share, CV_32F, 1 / 255.0);
      shares.push_back(Enlarge(share));
      cv::max(highest, shares.back(), highest);
    }
    for (int part = 1; part <= parts; ++part) {
      cv::Mat own = mask & (shares[part - 1] >= highest);
      mask.setTo(0, own);
      const size_t before = found.size();
      Add(c, (owners == part) & c.inside, region, own, found);
      if (!apart.empty() && found.size() > before) {
        found.back().apart = apart[static_cast<size_t>(part - 1)];
      }
    }
  }

  void Add(const Component& c, const cv::Mat& inside, const cv::Rect& region, const cv::Mat& mask,
           std::vector<Detection>& found) const {
    const cv::Rect tight = datasets::BoundsOf(mask);
    if (tight.empty()) return;
    Detection d;
    d.region = tight + region.tl();
    d.mask = mask(tight).clone();
    const double area = cv::countNonZero(inside);
    const double mean = cv::mean(c.animal, inside)[0];
    const double plausible =
        std::min(1.0, area / std::max(1.0, 0.6 * description_.smallest_area * pixel_area_));
    d.score = static_cast<float>(mean * plausible);
    cv::Mat outer, inner;
    cv::dilate(inside, outer, cv::Mat());
    cv::erode(inside, inner, cv::Mat());
    const cv::Mat border = outer & ~inner;
    const cv::Mat certainty = cv::abs(c.animal * 2 - 1);
    d.mask_certainty = static_cast<float>(cv::mean(certainty, border)[0]);
    std::vector<float> scores;
    for (size_t k = 0; k < maps_.class_logits.size(); ++k) {
      scores.push_back(static_cast<float>(
          cv::mean(OwnLogProbability(maps_, c.window, static_cast<int>(k)), inside)[0]));
    }
    d.pixel_log_prob = LogSoftmax(scores, description_.pixel_temperature);
    found.push_back(std::move(d));
  }

  const SegMaps& maps_;
  const IdsegDescription& description_;
  double favor_ = 0;
  double sx_ = 1, sy_ = 1, pixel_area_ = 1;
};

}  // namespace

std::vector<Detection> DecodeAnimals(const SegMaps& maps, const IdsegDescription& description,
                                     int expected) {
  VOLE_CHECK(maps.animal.type() == CV_32FC1 && maps.core.size() == maps.animal.size());
  std::vector<Detection> found = Decoder(maps, description, 0).Run();
  if (expected == kAsLabeled && maps.animal.size() == maps.frame) {
    const std::vector<int>& most = description.info.max_instances;
    expected = std::accumulate(most.begin(), most.end(), 0);
  }
  const int count = static_cast<int>(found.size());
  if (expected < 0 || count == expected || maps.to_center_x.empty()) return found;
  std::vector<Detection> other =
      Decoder(maps, description, count < expected ? kFavor : -kFavor).Run();
  const int other_count = static_cast<int>(other.size());
  return std::abs(other_count - expected) < std::abs(count - expected) ? other : found;
}

void KeepMaps(const SegMaps& maps, FrameDetections& frame) {
  const int classes = static_cast<int>(maps.class_logits.size());
  frame.scale = static_cast<double>(maps.frame.width) / maps.image.width;
  if (frame.animal_probability.empty()) {
    frame.animal_probability = cv::Mat::zeros(maps.frame, CV_8UC1);
    if (classes <= CV_CN_MAX) frame.class_probability = cv::Mat::zeros(maps.frame, CV_8UC(classes));
  }
  const cv::Rect window(maps.origin, maps.animal.size());
  cv::Mat animals = frame.animal_probability(window);
  maps.animal.convertTo(animals, CV_8U, 255);
  if (classes > CV_CN_MAX) return;
  cv::Mat opinions = frame.class_probability(window);
  std::vector<float> scores(static_cast<size_t>(classes));
  for (int y = 0; y < maps.animal.rows; ++y) {
    const uchar* animal = animals.ptr<uchar>(y);
    uchar* out = opinions.ptr<uchar>(y);
    for (int x = 0; x < maps.animal.cols; ++x) {
      if (animal[x] < 25) continue;
      for (int k = 0; k < classes; ++k) scores[k] = maps.class_logits[k].at<float>(y, x);
      const float highest = *std::max_element(scores.begin(), scores.end());
      float sum = 0;
      for (float& score : scores) sum += score = std::exp(score - highest);
      for (int k = 0; k < classes; ++k) {
        out[x * classes + k] = cv::saturate_cast<uchar>(scores[k] / sum * 255);
      }
    }
  }
}

}  // namespace train
