#include "train/idseg/samples.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"

namespace train {

struct SegSampler::Canvas {
  cv::Mat bgr, animal, core, label, counted;
  cv::Mat owner;                  // CV_16UC1: animal + 1 that covers most of the pixel, 0 for none
  std::vector<cv::Rect> regions;  // of the animals
  cv::Point2d focus;              // what the crop is centered near

  int Add(const cv::Rect& region) {
    regions.push_back(region);
    return static_cast<int>(regions.size());
  }
  // Of what is seen of each animal; (0, 0) for the wholly hidden.
  std::vector<cv::Point2d> Centers() const {
    std::vector<cv::Point2d> centers;
    for (size_t i = 0; i < regions.size(); ++i) {
      const cv::Moments m = cv::moments(owner(regions[i]) == static_cast<double>(i + 1), true);
      centers.push_back(m.m00 > 0 ? cv::Point2d(regions[i].tl()) +
                                        cv::Point2d(m.m10 / m.m00, m.m01 / m.m00)
                                  : cv::Point2d());
    }
    return centers;
  }
};

namespace {

// Multiplies by (255 - alpha) / 255.
void Fade(cv::Mat& values, const cv::Mat& alpha) {
  cv::Mat rest;
  cv::subtract(cv::Scalar::all(255), alpha, rest);
  cv::multiply(values, rest, values, 1 / 255.0);
}

// From each pixel of a crop to the center of its owner. `map`: from crop to canvas.
cv::Mat WaysToCenters(const cv::Mat& owner, const std::vector<cv::Point2d>& centers,
                      const cv::Matx23d& map) {
  cv::Matx23d back;
  cv::invertAffineTransform(map, back);
  cv::Mat ways(owner.size(), CV_32FC2, cv::Scalar::all(0));
  std::vector<cv::Point2f> in_crop;
  for (const cv::Point2d& c : centers) {
    in_crop.emplace_back(cv::Point2d(back(0, 0) * c.x + back(0, 1) * c.y + back(0, 2),
                                     back(1, 0) * c.x + back(1, 1) * c.y + back(1, 2)));
  }
  for (int y = 0; y < owner.rows; ++y) {
    const ushort* number = owner.ptr<ushort>(y);
    cv::Vec2f* way = ways.ptr<cv::Vec2f>(y);
    for (int x = 0; x < owner.cols; ++x) {
      if (number[x] == 0) continue;
      const cv::Point2f& center = in_crop[number[x] - 1u];
      way[x] = {center.x - static_cast<float>(x), center.y - static_cast<float>(y)};
    }
  }
  return ways;
}

void BrightnessContrastGamma(cv::Mat& bgr, double brightness, double contrast, double gamma,
                             double pivot) {
  cv::Mat table(1, 256, CV_8UC1);
  for (int v = 0; v < 256; ++v) {
    const double bent = 255 * std::pow(v / 255.0, gamma);
    table.at<uchar>(v) = cv::saturate_cast<uchar>((bent - pivot) * contrast + pivot + brightness);
  }
  cv::LUT(bgr, table, bgr);
}

void AddNoise(cv::Mat& bgr, double deviation, datasets::Random& random) {
  // A table of normal values that each pixel enters at a random place: far cheaper than drawing
  // them.
  std::array<int, 256> table{};
  for (int i = 0; i < 256; ++i) {
    double sum = 0;
    for (int k = 0; k < 4; ++k) sum += random.Uniform() - 0.5;
    table[i] = static_cast<int>(std::lround(sum * deviation * 1.73));
  }
  for (int y = 0; y < bgr.rows; ++y) {
    cv::Vec3b* pixel = bgr.ptr<cv::Vec3b>(y);
    for (int x = 0; x < bgr.cols;) {
      uint64_t bits = random.Next();
      for (int k = 0; k < 8 && x < bgr.cols; ++k, ++x, bits >>= 8) {
        const int change = table[bits & 255];
        for (int c = 0; c < 3; ++c) pixel[x][c] = cv::saturate_cast<uchar>(pixel[x][c] + change);
      }
    }
  }
}

}  // namespace

SegSampler::SegSampler(const LearningSet& set, std::vector<int> frames, const SegInput& input,
                       const SegSampling& sampling)
    : set_(set), frames_(std::move(frames)), input_(input), sampling_(sampling) {
  VOLE_CHECK(!frames_.empty());
  of_class_.resize(static_cast<size_t>(set.classes));
  for (int frame : frames_) {
    const ScaledFrame& scaled = set_.frames[frame];
    if (scaled.touching) touching_.push_back(frame);
    const int copies = std::clamp(static_cast<int>(std::lround(scaled.weight)), 1, 4);
    for (size_t i = 0; i < scaled.objects.size(); ++i) {
      if (scaled.objects[i].ignore) continue;
      for (int k = 0; k < copies; ++k) {
        of_class_[scaled.objects[i].class_index].emplace_back(frame, static_cast<int>(i));
      }
    }
  }
  std::vector<std::vector<std::pair<int, int>>> present;
  for (auto& list : of_class_) {
    if (!list.empty()) present.push_back(std::move(list));
  }
  of_class_ = std::move(present);
}

SegSampler::Canvas SegSampler::Compose(const ScaledFrame& frame) const {
  Canvas canvas;
  canvas.bgr = frame.Picture();
  const cv::Size size = canvas.bgr.size();
  canvas.animal = cv::Mat::zeros(size, CV_8UC1);
  canvas.core = cv::Mat::zeros(size, CV_8UC1);
  canvas.label = cv::Mat::zeros(size, CV_8UC1);
  canvas.counted = cv::Mat(size, CV_8UC1, cv::Scalar(255));
  canvas.owner = cv::Mat::zeros(size, CV_16UC1);
  for (const ScaledObject& object : frame.objects) {
    if (object.ignore) {
      canvas.counted(object.region).setTo(0, object.coverage > 0);
      continue;
    }
    cv::Mat animal = canvas.animal(object.region), core = canvas.core(object.region);
    const cv::Mat most = object.coverage > animal;
    canvas.label(object.region).setTo(object.class_index + 1, most);
    canvas.owner(object.region).setTo(canvas.Add(object.region), most);
    cv::add(animal, object.coverage, animal);
    cv::max(core, object.core, core);
  }
  return canvas;
}

// Lays an animal of another frame against one of this frame, over it or under it and turned at
// random, so that the labels hold contacts even where the animals kept apart (Dwibedi et al. 2017;
// Ghiasi et al. 2021).
void SegSampler::Paste(Canvas& canvas, const ScaledObject& host, datasets::Random& random) const {
  const auto& list = of_class_[random.Below(static_cast<int>(of_class_.size()))];
  const auto [donor_frame, donor_index] = list[random.Below(static_cast<int>(list.size()))];
  const ScaledFrame& from = set_.frames[donor_frame];
  const ScaledObject& donor = from.objects[donor_index];

  const int reach =
      static_cast<int>(std::ceil(std::hypot(donor.region.width, donor.region.height) / 2)) + 4;
  const cv::Size patch_size(2 * reach + 1, 2 * reach + 1);
  const cv::Point2d middle(donor.region.x + donor.region.width / 2.0,
                           donor.region.y + donor.region.height / 2.0);
  const double turn = random.Uniform(0, 2 * CV_PI), zoom = random.Uniform(0.94, 1.06);
  const double c = std::cos(turn) / zoom, s = std::sin(turn) / zoom;
  const cv::Matx23d map(c, -s, middle.x - c * reach + s * reach, s, c,
                        middle.y - s * reach - c * reach);
  const int flags = cv::INTER_LINEAR | cv::WARP_INVERSE_MAP;
  const cv::Mat donor_picture = from.Picture();
  cv::Mat animal_full = cv::Mat::zeros(donor_picture.size(), CV_8UC1);
  cv::Mat core_full = animal_full.clone();
  donor.coverage.copyTo(animal_full(donor.region));
  donor.core.copyTo(core_full(donor.region));
  cv::Mat bgr, animal, core, alpha;
  cv::warpAffine(donor_picture, bgr, map, patch_size, flags, cv::BORDER_REPLICATE);
  cv::warpAffine(animal_full, animal, map, patch_size, flags);
  cv::warpAffine(core_full, core, map, patch_size, flags);
  // A soft edge, a little outside the outline, carries the shadow and the fur along.
  cv::dilate(animal, alpha, cv::Mat());
  cv::GaussianBlur(alpha, alpha, {3, 3}, 0);
  cv::max(alpha, animal, alpha);

  // From the middle of the host outwards until only a little is covered.
  const double direction = random.Uniform(0, 2 * CV_PI);
  const bool under = random.Chance(0.5);
  const double smaller =
      std::min(cv::countNonZero(animal > 127), cv::countNonZero(host.coverage > 127));
  constexpr double kShallow = 0.12;
  const double allowed = smaller * (random.Chance(sampling_.pasted_deep)
                                        ? random.Uniform(kShallow, sampling_.pasted_most)
                                        : random.Uniform(0.0, kShallow));
  const cv::Point2d start(host.region.x + host.region.width / 2.0,
                          host.region.y + host.region.height / 2.0);
  const cv::Rect whole(cv::Point(0, 0), canvas.bgr.size());
  for (double distance = 0; distance < 6.0 * reach; distance += 1) {
    const cv::Point corner(
        static_cast<int>(std::lround(start.x + distance * std::cos(direction))) - reach,
        static_cast<int>(std::lround(start.y + distance * std::sin(direction))) - reach);
    const cv::Rect target = cv::Rect(corner, patch_size) & whole;
    if (target.area() < patch_size.area() / 2) return;
    const cv::Rect part = target - corner;
    cv::Mat both;
    cv::min(animal(part), canvas.animal(target), both);
    if (cv::countNonZero(both > 127) > allowed) continue;
    if (under) {
      for (cv::Mat* hidden : {&animal, &core, &alpha}) {
        cv::Mat seen = (*hidden)(part);
        Fade(seen, canvas.animal(target));
      }
    }
    cv::Mat into = canvas.bgr(target);
    for (int y = 0; y < target.height; ++y) {
      cv::Vec3b* to = into.ptr<cv::Vec3b>(y);
      const cv::Vec3b* pasted = bgr.ptr<cv::Vec3b>(part.y + y) + part.x;
      const uchar* share = alpha.ptr<uchar>(part.y + y) + part.x;
      for (int x = 0; x < target.width; ++x) {
        if (share[x] == 0) continue;
        for (int k = 0; k < 3; ++k) {
          to[x][k] =
              static_cast<uchar>((to[x][k] * (255 - share[x]) + pasted[x][k] * share[x]) / 255);
        }
      }
    }
    cv::Mat animal_target = canvas.animal(target), core_target = canvas.core(target);
    Fade(animal_target, animal(part));
    Fade(core_target, animal(part));
    const cv::Mat most = animal(part) > animal_target;
    canvas.label(target).setTo(donor.class_index + 1, most);
    canvas.owner(target).setTo(canvas.Add(target), most);
    cv::add(animal_target, animal(part), animal_target);
    cv::max(core_target, core(part), core_target);
    canvas.focus = (start + cv::Point2d(corner) + cv::Point2d(reach, reach)) * 0.5;
    return;
  }
}

// The background as a new video might have it: clean, holding these animals (they hardly moved), or
// holding animals of another time.
cv::Mat SegSampler::Behind(const Canvas& canvas, const ScaledFrame& frame,
                           datasets::Random& random) const {
  const cv::Mat& clean = set_.backgrounds[frame.video];
  if (clean.empty() || random.Chance(sampling_.no_background)) return {};
  if (!random.Chance(sampling_.ghosts)) return clean;
  cv::Mat haunted = clean.clone();
  if (random.Chance(0.5)) {
    cv::Mat near;
    cv::dilate(canvas.animal > 25, near, cv::Mat(), {-1, -1}, 1 + random.Below(4));
    canvas.bgr.copyTo(haunted, near);
  } else {
    const ScaledFrame& other = set_.frames[frames_[random.Below(static_cast<int>(frames_.size()))]];
    if (other.video != frame.video) return clean;
    const cv::Mat picture = other.Picture();
    for (const ScaledObject& object : other.objects) {
      const cv::Rect region =
          (cv::Rect(object.region.tl() - cv::Point(3, 3), object.region.size() + cv::Size(6, 6))) &
          cv::Rect(cv::Point(0, 0), haunted.size());
      picture(region).copyTo(haunted(region));
    }
  }
  return haunted;
}

SegSample SegSampler::Draw(datasets::Random& random, int slot) const {
  const auto Near = [&](const ScaledObject& object) {
    return cv::Point2d(object.region.x + random.Uniform() * object.region.width,
                       object.region.y + random.Uniform() * object.region.height);
  };
  int index = frames_[random.Below(static_cast<int>(frames_.size()))];
  int chosen = -1;
  const bool anywhere = random.Chance(sampling_.anywhere);
  if (slot == 0 && !touching_.empty()) {
    index = touching_[random.Below(static_cast<int>(touching_.size()))];
    chosen = random.Below(static_cast<int>(set_.frames[index].objects.size()));
  } else if (!anywhere && !of_class_.empty()) {
    const auto& list =
        of_class_[static_cast<size_t>(slot + random.Below(static_cast<int>(of_class_.size()))) %
                  of_class_.size()];
    std::tie(index, chosen) = list[random.Below(static_cast<int>(list.size()))];
  }
  const ScaledFrame& frame = set_.frames[index];
  Canvas canvas = Compose(frame);
  canvas.focus = chosen >= 0 ? Near(frame.objects[chosen])
                             : cv::Point2d(random.Uniform() * canvas.bgr.cols,
                                           random.Uniform() * canvas.bgr.rows);
  if (random.Chance(sampling_.pasted) && !frame.objects.empty()) {
    if (frame.packed.empty()) canvas.bgr = canvas.bgr.clone();
    const ScaledObject& host = frame.objects[random.Below(static_cast<int>(frame.objects.size()))];
    const int times = random.Chance(sampling_.pasted_twice) ? 2 : 1;
    for (int time = 0; time < times && !host.ignore; ++time) Paste(canvas, host, random);
  }
  const cv::Mat behind = Behind(canvas, frame, random);

  // One affine map from crop to frame for everything.
  const int side = sampling_.side;
  const double turn = random.Uniform(0, 2 * CV_PI), zoom = std::exp(random.Uniform(-0.09, 0.09));
  const double flip = random.Chance(0.5) ? -1 : 1;
  const double c = std::cos(turn) / zoom, s = std::sin(turn) / zoom;
  const double half = side / 2.0;
  const double at_x = half + random.Uniform(-0.3, 0.3) * side;
  const double at_y = half + random.Uniform(-0.3, 0.3) * side;
  const cv::Matx23d map(c, -s * flip, canvas.focus.x - c * at_x + s * flip * at_y, s, c * flip,
                        canvas.focus.y - s * at_x - c * flip * at_y);
  const cv::Size size(side, side);
  const int linear = cv::INTER_LINEAR | cv::WARP_INVERSE_MAP;
  const int nearest = cv::INTER_NEAREST | cv::WARP_INVERSE_MAP;
  SegSample sample;
  cv::warpAffine(canvas.bgr, sample.bgr, map, size, linear, cv::BORDER_REFLECT_101);
  cv::warpAffine(canvas.animal, sample.animal, map, size, linear);
  cv::warpAffine(canvas.core, sample.core, map, size, linear);
  cv::warpAffine(canvas.label, sample.label, map, size, nearest);
  cv::warpAffine(canvas.counted, sample.counted, map, size, nearest);
  cv::Mat owner;
  cv::warpAffine(canvas.owner, owner, map, size, nearest);
  sample.to_center = WaysToCenters(owner, canvas.Centers(), map);
  if (!behind.empty()) {
    cv::Matx23d shifted = map;
    if (random.Chance(0.3)) {
      shifted(0, 2) += random.Uniform(-1, 1);
      shifted(1, 2) += random.Uniform(-1, 1);
    }
    cv::warpAffine(behind, sample.background, shifted, size, linear, cv::BORDER_REFLECT_101);
  }

  const double pivot = frame.median_grey;
  const double contrast = random.Uniform(0.88, 1.14), gamma = random.Uniform(0.92, 1.08);
  const double brightness = random.Uniform(-0.12, 0.12) * input_.deviation;
  BrightnessContrastGamma(sample.bgr, brightness, contrast, gamma, pivot);
  if (!sample.background.empty()) {
    BrightnessContrastGamma(sample.background,
                            brightness + random.Uniform(-0.04, 0.04) * input_.deviation,
                            contrast * random.Uniform(0.97, 1.03), gamma, pivot);
    sample.background_gain = FrameGain(set_.background_greys[frame.video], input_.reference_level);
  }
  if (random.Chance(0.2))
    cv::GaussianBlur(sample.bgr, sample.bgr, {3, 3}, random.Uniform(0.4, 0.9));
  if (random.Chance(0.4)) AddNoise(sample.bgr, random.Uniform(0, 0.05) * input_.deviation, random);
  sample.gain = FrameGain(frame.median_grey, input_.reference_level);
  sample.weight = frame.weight;
  return sample;
}

}  // namespace train
