#include "train/idseg/learning_set.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/base/median.h"
#include "train/learn/training_record.h"

namespace train {
namespace {

using datasets::Error;

constexpr double kTargetSide = 28;  // square root of the median animal area, network pixels
// Animals smaller than this (square root of the area, image pixels) are enlarged: their parts are
// narrower than what the network can part.
constexpr double kTinySide = 14, kTinyScale = 2;
// However large the picture, an animal keeps this side, or its own where that is less.
constexpr double kLeastSide = 10;
constexpr double kMaxNetworkPixels = 1.3e6;  // of a frame, if animals stay large enough
constexpr double kMaxPicturesBytes = 1.5e9;
constexpr size_t kMaxPatches = 8000;
constexpr double kCropSpan = 1.7;  // crop side in lengths of the animals
constexpr double kCoreDepth = 0.45;

double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

cv::Rect RectOf(const datasets::Rle& rle) {
  const datasets::Box box = datasets::RleBox(rle);
  return cv::Rect(static_cast<int>(box.x), static_cast<int>(box.y), static_cast<int>(box.width),
                  static_cast<int>(box.height)) &
         cv::Rect(0, 0, rle.width, rle.height);
}

// Near powers of a half, and thirds, area averaging is exact and fast.
double SnapScale(double scale) {
  for (double nice : {1.0, 1 / 2.0, 1 / 3.0, 1 / 4.0, 1 / 5.0, 1 / 6.0, 1 / 8.0}) {
    if (std::abs(std::log(scale / nice)) < 0.13) return nice;
  }
  return scale;
}

double LengthOf(const datasets::Rle& rle) {
  const cv::Rect box = RectOf(rle);
  const cv::Mat mask = datasets::DecodeMask(rle, box);
  const cv::Moments m = cv::moments(mask, true);
  if (m.m00 <= 0) return 0;
  const double a = m.mu20 / m.m00, b = m.mu02 / m.m00, c = m.mu11 / m.m00;
  return 4 * std::sqrt((a + b) / 2 + std::sqrt((a - b) * (a - b) / 4 + c * c));
}

std::vector<int> InVideoOrder(const std::vector<LabeledFrame>& frames) {
  std::vector<int> order(frames.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return frames[a].video != frames[b].video ? frames[a].video < frames[b].video
                                              : frames[a].frame_index < frames[b].frame_index;
  });
  return order;
}

cv::Mat FetchPicture(const TrainingData& data, int frame) {
  cv::Mat picture = data.picture(frame);
  const std::string thing = "labeled frame " + std::to_string(data.frames[frame].frame_index);
  if (picture.empty() || picture.type() != CV_8UC3) {
    throw Error(thing, "its picture cannot be read", "check that the video is still in its place");
  }
  for (const LabeledObject& object : data.frames[frame].objects) {
    if (object.mask.width != picture.cols || object.mask.height != picture.rows) {
      throw Error(thing, "its labels were drawn on a picture of another size",
                  "check which video the labels belong to");
    }
  }
  return picture;
}

bool AnyNear(const std::vector<ScaledObject>& objects) {
  for (size_t a = 0; a < objects.size(); ++a) {
    for (size_t b = a + 1; b < objects.size(); ++b) {
      const cv::Rect grown(objects[a].region.tl() - cv::Point(1, 1),
                           objects[a].region.size() + cv::Size(2, 2));
      const cv::Rect shared = grown & objects[b].region;
      if (shared.empty()) continue;
      cv::Mat canvas(grown.size(), CV_8UC1, cv::Scalar(0));
      objects[a].coverage.copyTo(canvas(cv::Rect(cv::Point(1, 1), objects[a].region.size())));
      cv::dilate(canvas, canvas, cv::Mat(), {-1, -1}, 2);
      cv::Mat both;
      cv::min(canvas(shared - grown.tl()), objects[b].coverage(shared - objects[b].region.tl()),
              both);
      if (cv::countNonZero(both > 127) > 0) return true;
    }
  }
  return false;
}

ScaledObject ScaleObject(const LabeledObject& object, const cv::Size& image, double scale) {
  ScaledObject scaled;
  scaled.class_index = object.class_index;
  scaled.ignore = object.ignore;
  const cv::Size size = ScaledSize(image, scale);
  const cv::Rect box = RectOf(object.mask);
  const double sx = static_cast<double>(size.width) / image.width;
  const double sy = static_cast<double>(size.height) / image.height;
  // Enlarged, a region begins and ends where an image pixel does.
  const int grid = std::max(1, static_cast<int>(std::lround(scale)));
  const int left = std::max(0, (static_cast<int>(std::floor(box.x * sx)) - 1) / grid * grid);
  const int top = std::max(0, (static_cast<int>(std::floor(box.y * sy)) - 1) / grid * grid);
  const int right =
      std::min(size.width, (static_cast<int>(std::ceil(box.br().x * sx)) + grid) / grid * grid);
  const int bottom =
      std::min(size.height, (static_cast<int>(std::ceil(box.br().y * sy)) + grid) / grid * grid);
  scaled.region = cv::Rect(left, top, std::max(1, right - left), std::max(1, bottom - top)) &
                  cv::Rect(0, 0, size.width, size.height);
  // The averaging below must see whole network pixels, so the mask is decoded on their grid.
  const cv::Rect window(static_cast<int>(std::lround(scaled.region.x / sx)),
                        static_cast<int>(std::lround(scaled.region.y / sy)),
                        std::max(1, static_cast<int>(std::lround(scaled.region.width / sx))),
                        std::max(1, static_cast<int>(std::lround(scaled.region.height / sy))));
  const cv::Rect seen = window & cv::Rect(0, 0, image.width, image.height);
  cv::Mat mask(window.size(), CV_8UC1, cv::Scalar(0));
  if (!seen.empty()) {
    datasets::DecodeMask(object.mask, seen).copyTo(mask(seen - window.tl()));
  }
  cv::resize(mask, scaled.coverage, scaled.region.size(), 0, 0, cv::INTER_AREA);
  cv::Mat padded, depth;
  cv::copyMakeBorder(scaled.coverage > 127, padded, 1, 1, 1, 1, cv::BORDER_CONSTANT);
  cv::distanceTransform(padded, depth, cv::DIST_L2, 5);
  double deepest = 0;
  cv::minMaxLoc(depth, nullptr, &deepest);
  cv::Mat core =
      depth(cv::Rect(cv::Point(1, 1), scaled.region.size())) > std::max(0.5, kCoreDepth * deepest);
  scaled.core = core.clone();
  return scaled;
}

}  // namespace

cv::Mat ScaledFrame::Picture() const {
  return packed.empty() ? picture : cv::imdecode(packed, cv::IMREAD_COLOR);
}

IdsegDescription DescribeLabels(const TrainingData& data, datasets::Job& job) {
  CheckLabels(data);
  IdsegDescription d;
  d.info.architecture = "idseg";
  d.info.classes = data.classes;
  const size_t classes = data.classes.size();
  d.info.max_instances.assign(classes, 0);
  std::vector<double> areas, lengths;
  std::vector<std::vector<double>> class_areas(classes);
  double pixels = 0;
  for (const LabeledFrame& frame : data.frames) {
    job.ThrowIfCancelled();
    std::vector<int> seen(classes, 0);
    for (const LabeledObject& object : frame.objects) {
      const double area = datasets::RleArea(object.mask);
      if (object.ignore || area <= 0) continue;
      ++seen[object.class_index];
      areas.push_back(area);
      class_areas[object.class_index].push_back(area);
      if (lengths.size() < 2000) lengths.push_back(LengthOf(object.mask));
      pixels = std::max(pixels, static_cast<double>(object.mask.width) * object.mask.height);
    }
    for (size_t k = 0; k < classes; ++k) {
      d.info.max_instances[k] = std::max(d.info.max_instances[k], seen[k]);
    }
  }
  d.info.median_area = datasets::Median(areas);
  for (const auto& of_class : class_areas)
    d.info.class_median_area.push_back(datasets::Median(of_class));
  d.smallest_area = Quantile(areas, 0.01);
  d.seg.scale = std::min(
      {1.0, kTargetSide / std::sqrt(d.info.median_area), std::sqrt(kMaxNetworkPixels / pixels)});
  d.seg.scale = std::max(d.seg.scale, std::min(1.0, kLeastSide / std::sqrt(d.info.median_area)));
  d.seg.scale = SnapScale(d.seg.scale);
  if (std::sqrt(d.info.median_area) < kTinySide &&
      pixels * kTinyScale * kTinyScale <= kMaxNetworkPixels) {
    d.seg.scale = kTinyScale;
  }

  // Levels and color from a spread of pictures.
  const int looks = std::min<int>(40, static_cast<int>(data.frames.size()));
  const std::vector<int> order = InVideoOrder(data.frames);
  std::vector<double> greys;
  cv::Scalar sum(0, 0, 0), squares(0, 0, 0);
  double color_sum = 0, animal_sum = 0, animal_squares = 0, animal_pixels = 0, count = 0;
  for (int i = 0; i < looks; ++i) {
    const int frame = order[static_cast<size_t>(i) * order.size() / static_cast<size_t>(looks)];
    job.Advance(i, looks, "looking at the labeled frames");
    const cv::Mat picture = FetchPicture(data, frame);
    const cv::Mat small = AtNetworkScale(picture, d.seg.scale);
    greys.push_back(MedianGrey(small));
    cv::Scalar mean, deviation;
    cv::meanStdDev(small, mean, deviation);
    for (int c = 0; c < 3; ++c) {
      sum[c] += mean[c];
      squares[c] += deviation[c] * deviation[c] + mean[c] * mean[c];
    }
    count += 1;
    for (const LabeledObject& object : data.frames[frame].objects) {
      const cv::Rect box = RectOf(object.mask);
      if (object.ignore || box.empty()) continue;
      const cv::Mat mask = datasets::DecodeMask(object.mask, box);
      for (int y = 0; y < box.height; ++y) {
        const auto* pixel = picture.ptr<cv::Vec3b>(box.y + y) + box.x;
        const uchar* inside = mask.ptr<uchar>(y);
        for (int x = 0; x < box.width; ++x) {
          if (!inside[x]) continue;
          const cv::Vec3b p = pixel[x];
          const double grey = 0.114 * p[0] + 0.587 * p[1] + 0.299 * p[2];
          animal_sum += grey;
          animal_squares += grey * grey;
          color_sum += std::abs(p[0] - p[2]) + std::abs(p[1] - grey);
          animal_pixels += 1;
        }
      }
    }
  }
  d.seg.reference_level = datasets::Median(greys);
  double variance = 0;
  for (int c = 0; c < 3; ++c) {
    d.seg.mean_bgr[c] = sum[c] / count;
    variance += (squares[c] / count - d.seg.mean_bgr[c] * d.seg.mean_bgr[c]) / 3;
  }
  animal_pixels = std::max(1.0, animal_pixels);
  d.crop.mean = animal_sum / animal_pixels;
  const double animal_variance = animal_squares / animal_pixels - d.crop.mean * d.crop.mean;
  d.crop.deviation = std::max(8.0, std::sqrt(std::max(0.0, animal_variance)));
  // A dark arena has hardly any spread of its own: the animals' levels count too.
  const double contrast =
      std::abs(d.crop.mean - (d.seg.mean_bgr[0] + d.seg.mean_bgr[1] + d.seg.mean_bgr[2]) / 3) / 2;
  d.seg.deviation = std::max({8.0, std::sqrt(std::max(0.0, variance)), contrast});
  d.crop.channels = color_sum / animal_pixels > 6 ? 4 : 2;
  if (classes >= 2) {
    d.crop.side_in_image = std::max(
        d.crop.side / 2, static_cast<int>(std::lround(kCropSpan * Quantile(lengths, 0.9))));
  }
  return d;
}

LearningSet LoadLearningSet(const TrainingData& data, const IdsegDescription& description,
                            datasets::Job& job) {
  LearningSet set;
  set.classes = static_cast<int>(data.classes.size());
  for (const cv::Mat& background : data.backgrounds) {
    set.backgrounds.push_back(
        background.empty() ? cv::Mat() : AtNetworkScale(background, description.seg.scale).clone());
    set.background_greys.push_back(background.empty() ? 0 : MedianGrey(set.backgrounds.back()));
  }
  set.frames.resize(data.frames.size());
  size_t animals = 0;
  for (const LabeledFrame& frame : data.frames) animals += frame.objects.size();
  const size_t patch_stride = std::max<size_t>(1, (animals + kMaxPatches - 1) / kMaxPatches);
  size_t seen_animals = 0;
  double done = 0, bytes = 0;
  for (int index : InVideoOrder(data.frames)) {
    job.Advance(done++, static_cast<double>(data.frames.size()), "reading the labeled frames");
    const LabeledFrame& labels = data.frames[index];
    const cv::Mat image = FetchPicture(data, index);
    ScaledFrame& frame = set.frames[index];
    frame.source = index;
    frame.video = labels.video;
    frame.frame_index = labels.frame_index;
    frame.weight = labels.weight;
    frame.image_size = image.size();
    frame.picture = AtNetworkScale(image, description.seg.scale).clone();
    frame.median_grey = MedianGrey(frame.picture);
    const cv::Mat& background = set.backgrounds[labels.video];
    if (!background.empty() && background.size() != frame.picture.size()) {
      throw Error("training", "a background differs in size from its video", "add the video again");
    }
    for (const LabeledObject& object : labels.objects) {
      if (datasets::RleArea(object.mask) <= 0) continue;
      frame.objects.push_back(ScaleObject(object, image.size(), description.seg.scale));
      if (set.classes < 2 || object.ignore || seen_animals++ % patch_stride != 0) continue;
      const cv::Rect box = RectOf(object.mask);
      set.patches.push_back(
          {object.class_index, index,
           CutPatch(image, box, datasets::DecodeMask(object.mask, box), description.crop)});
    }
    frame.touching = AnyNear(frame.objects);
    bytes += static_cast<double>(frame.picture.total()) * 3;
    if (bytes > kMaxPicturesBytes) {
      cv::imencode(".jpg", frame.picture, frame.packed, {cv::IMWRITE_JPEG_QUALITY, 97});
      frame.picture.release();
    }
  }
  return set;
}

}  // namespace train
