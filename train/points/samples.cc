#include "train/points/samples.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"

namespace train {
namespace {

using datasets::Error;
using State = LabeledPoint::State;

// A piece is larger than its view, which turns and moves while it is learned.
constexpr double kPieceRoom = 1.75;
// Views this far apart (share of the side) mean different places.
constexpr double kSamePlace = 0.04;
// What a view that points elsewhere says about a peak: a logit.
constexpr double kElsewhere = -3;
constexpr double kSurelySeen = 20;  // a logit

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<cv::Point2d> SetPoints(const PointedAnimal& animal) {
  std::vector<cv::Point2d> set;
  for (const LabeledPoint& point : animal.points) {
    if (point.state != State::kMissing) set.push_back(point.at);
  }
  return set;
}

struct Outline {
  cv::Rect region;
  cv::Mat mask;
};
Outline OutlineOf(const PointedAnimal& animal) {
  Outline outline;
  if (animal.mask.counts.empty()) return outline;
  const cv::Mat whole = datasets::DecodeMask(animal.mask);
  outline.region = cv::boundingRect(whole);
  if (outline.region.area() > 0) outline.mask = whole(outline.region).clone();
  return outline;
}

Extent PlaceOf(const PointedAnimal& animal, const Outline& outline) {
  return outline.mask.empty() ? ExtentOf(SetPoints(animal))
                              : ExtentOf(outline.region, outline.mask);
}

cv::Mat PictureOf(const PointData& data, int frame) {
  cv::Mat picture = data.picture(frame);
  if (picture.empty() || picture.type() != CV_8UC3) {
    throw Error("training", "a labeled picture cannot be read", "find its file, or leave it out");
  }
  return picture;
}

// Animals by the frame that they are in, so that each picture is read once.
std::map<int, std::vector<int>> ByFrame(const PointData& data) {
  std::map<int, std::vector<int>> by_frame;
  for (size_t i = 0; i < data.animals.size(); ++i) {
    by_frame[data.animals[i].frame].push_back(static_cast<int>(i));
  }
  return by_frame;
}

// The part of `picture` that a piece shows; beyond its edge the border goes on.
PointsSample CutPiece(const cv::Mat& picture, const Outline& outline, const PointedAnimal& animal,
                      const PointView& view, int pixels, double room, double length) {
  PointsSample sample;
  const double side = view.side * room;
  sample.scale = std::min(1.0, 1.25 * pixels * room / side);
  const int piece = std::max(8, static_cast<int>(std::lround(side * sample.scale)));
  const double s = sample.scale;
  PointView upright = view;
  upright.turn_radians = 0;
  upright.side = piece / s;
  const cv::Mat matrix = ViewMatrix(upright, piece);
  sample.bgr = Warped(picture, {}, matrix, piece, cv::BORDER_REPLICATE);
  if (!outline.mask.empty()) {
    sample.mask = Warped(outline.mask, outline.region.tl(), matrix, piece, cv::BORDER_CONSTANT);
  }
  sample.view = view;
  sample.view.center = Through(matrix, view.center);
  sample.view.side = view.side * s;
  sample.length = length * s;
  sample.points = animal.points;
  for (LabeledPoint& point : sample.points) point.at = Through(matrix, point.at);
  return sample;
}

}  // namespace

PointsDescription DescribePoints(const PointData& data, const std::string& architecture,
                                 datasets::Job& job) {
  if (data.names.empty()) {
    throw Error("training", "the project has no skeleton", "make one, or import labeled points");
  }
  PointsDescription d;
  d.info.architecture = architecture;
  d.input.stride = PointsStride(architecture);
  d.info.classes = data.names;
  d.info.max_instances.assign(data.names.size(), 1);
  d.mirror = data.mirror;
  std::vector<double> mask_lengths, point_lengths;
  int alone_without = 0;
  std::vector<int> labeled(data.names.size(), 0);
  const auto by_frame = ByFrame(data);
  for (const PointedAnimal& animal : data.animals) {
    VOLE_CHECK(animal.points.size() == data.names.size());
    const auto set = SetPoints(animal);
    if (set.empty()) continue;
    for (size_t k = 0; k < labeled.size(); ++k)
      labeled[k] += animal.points[k].state != State::kMissing;
    const Outline outline = OutlineOf(animal);
    if (!outline.mask.empty()) {
      mask_lengths.push_back(ExtentOf(outline.region, outline.mask).length);
    } else if (by_frame.at(animal.frame).size() == 1) {
      ++alone_without;
    }
    if (set.size() > 1) point_lengths.push_back(ExtentOf(set).length);
  }
  if (std::accumulate(labeled.begin(), labeled.end(), 0) == 0) {
    throw Error("training", "no animal has a labeled point", "set points on some animals");
  }
  for (size_t k = 0; k < labeled.size(); ++k) {
    if (labeled[k] > 0) continue;
    throw Error("training", "the point '" + data.names[k] + "' is set on no animal",
                "set it on some, or take it out of the skeleton");
  }
  d.mask_length = Median(mask_lengths);
  // A skeleton of one point, or of points on one spot, says nothing about sizes.
  d.point_length = std::max(Median(point_lengths), d.mask_length > 0 ? 0.5 * d.mask_length : 32.0);
  d.whole = alone_without > 0;
  if (d.mask_length == 0 && !d.whole) {
    throw Error("training", "every picture shows several animals and none is outlined",
                "outline the animals too, so that it is known which point belongs to which");
  }
  cv::Scalar sum, square;
  int seen = 0;
  for (const auto& [frame, animals] : by_frame) {
    if (seen == 32) break;
    ++seen;
    job.Advance(0, 0, "looking at the labeled pictures");
    cv::Scalar mean, deviation;
    cv::meanStdDev(PictureOf(data, frame), mean, deviation);
    sum += mean;
    for (int i = 0; i < 3; ++i) square[i] += deviation[i] * deviation[i];
  }
  for (int i = 0; i < 3; ++i) d.input.mean_bgr[i] = sum[i] / seen;
  d.input.deviation = std::max(8.0, std::sqrt((square[0] + square[1] + square[2]) / 3 / seen));
  return d;
}

std::vector<PointsSample> LoadPointsSamples(const PointData& data, const PointsDescription& d,
                                            bool whole, datasets::Job& job) {
  std::vector<PointsSample> samples;
  for (const auto& [frame, animals] : ByFrame(data)) {
    if (whole && animals.size() != 1) continue;
    cv::Mat picture;
    for (const int index : animals) {
      const PointedAnimal& animal = data.animals[static_cast<size_t>(index)];
      const Outline outline = OutlineOf(animal);
      const Extent extent = PlaceOf(animal, outline);
      if (SetPoints(animal).empty()) continue;
      if (picture.empty()) {
        job.Advance(0, 0, "reading labeled pictures");
        picture = PictureOf(data, frame);
      }
      const double usual = outline.mask.empty() ? d.point_length : d.mask_length;
      PointsSample sample = whole ? CutPiece(picture, {}, animal, WholeView(picture.size()),
                                             d.input.whole_pixels, 1, usual)
                                  : CutPiece(picture, outline, animal, ViewOf(extent, usual),
                                             d.input.pixels, kPieceRoom, usual);
      sample.animal = index;
      sample.frame = frame;
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

std::vector<PointTarget> FillSample(const PointsSample& sample, const PointView& view, int pixels,
                                    bool masked, const PointsDescription& d, double gain,
                                    double offset, float* out) {
  FillPointsInput(sample.bgr, {}, masked ? sample.mask : cv::Mat(), view, pixels, d.input, gain,
                  offset, out);
  const cv::Mat matrix = ViewMatrix(view, pixels);
  std::vector<PointTarget> targets(sample.points.size());
  for (size_t k = 0; k < targets.size(); ++k) {
    const size_t of = view.flip ? static_cast<size_t>(d.mirror[k]) : k;
    const LabeledPoint& point = sample.points[of];
    if (point.state == State::kMissing) continue;
    const cv::Point2d at = Through(matrix, point.at);
    if (at.x < 0 || at.y < 0 || at.x >= pixels || at.y >= pixels) continue;
    targets[k] = {at / d.input.stride, point.state};
  }
  return targets;
}

namespace {

// How far from the middle of three values a Gaussian bump through their probabilities has its top,
// in cells (Zhang et al. 2020); logits, the middle one the highest.
double TopOf(double before, double middle, double after) {
  const auto log_of = [](double logit) { return -std::log1p(std::exp(-std::max(logit, -30.0))); };
  const double low = log_of(before), top = log_of(middle), high = log_of(after);
  const double bend = low - 2 * top + high;
  return bend > -1e-9 ? 0 : std::clamp(0.5 * (low - high) / bend, -0.5, 0.5);
}

}  // namespace

std::vector<MapPoint> ReadMaps(const float* maps, int points, int side, int stride, bool offsets) {
  const auto plane = [&](int index) {
    return maps + static_cast<std::ptrdiff_t>(index) * side * side;
  };
  std::vector<MapPoint> found;
  for (int k = 0; k < points; ++k) {
    const float* heat = plane(k);
    const int best = static_cast<int>(std::max_element(heat, heat + side * side) - heat);
    const int cx = best % side, cy = best / side;
    if (!offsets) {
      cv::Point2d at(cx + 0.5, cy + 0.5);
      if (cx > 0 && cx + 1 < side) at.x += TopOf(heat[best - 1], heat[best], heat[best + 1]);
      if (cy > 0 && cy + 1 < side) at.y += TopOf(heat[best - side], heat[best], heat[best + side]);
      found.push_back({at * stride, heat[best], kSurelySeen});
      continue;
    }
    const float* dx = plane(points + 2 * k);
    const float* dy = plane(points + 2 * k + 1);
    double weights = 0;
    cv::Point2d sum;
    for (int y = std::max(0, cy - 1); y <= std::min(side - 1, cy + 1); ++y) {
      for (int x = std::max(0, cx - 1); x <= std::min(side - 1, cx + 1); ++x) {
        const int at = y * side + x;
        const double weight = std::exp(std::max(-20.0, 2.0 * (heat[at] - heat[best])));
        sum += weight * cv::Point2d(x + 0.5 + dx[at], y + 0.5 + dy[at]);
        weights += weight;
      }
    }
    found.push_back({sum * (stride / weights), heat[best], plane(3 * points + k)[best]});
  }
  return found;
}

std::vector<PointView> AnsweringViews(const PointView& view) {
  PointView other = view;
  other.turn_radians += CV_PI;
  other.flip = !view.flip;
  return {view, other};
}

std::vector<MapPoint> Together(const std::vector<PointView>& views, int pixels,
                               const std::vector<std::vector<MapPoint>>& answers,
                               const std::vector<int>& mirror) {
  std::vector<MapPoint> together;
  std::vector<cv::Mat> back(views.size());
  for (size_t v = 0; v < views.size(); ++v) {
    cv::invertAffineTransform(ViewMatrix(views[v], pixels), back[v]);
  }
  for (size_t k = 0; k < mirror.size(); ++k) {
    std::vector<MapPoint> said;
    for (size_t v = 0; v < views.size(); ++v) {
      MapPoint point = answers[v][views[v].flip ? static_cast<size_t>(mirror[k]) : k];
      point.at = Through(back[v], point.at);
      said.push_back(point);
    }
    const MapPoint& surest =
        *std::max_element(said.begin(), said.end(),
                          [](const MapPoint& a, const MapPoint& b) { return a.peak < b.peak; });
    MapPoint result;
    double weights = 0;
    for (const MapPoint& one : said) {
      if (cv::norm(one.at - surest.at) > kSamePlace * views[0].side) {
        result.peak += std::min(one.peak, kElsewhere);
        continue;
      }
      const double weight = std::exp(std::clamp(one.peak - surest.peak, -20.0, 0.0));
      result.at += weight * one.at;
      result.visible += weight * one.visible;
      result.peak += one.peak;
      weights += weight;
    }
    result.at /= weights;
    result.visible /= weights;
    result.peak /= static_cast<double>(said.size());
    together.push_back(result);
  }
  return together;
}

}  // namespace train
