#include "train/detect/augment.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"

namespace train {
namespace {

constexpr double kMostPicturesBytes = 1.0e9;

cv::Mat Fetch(const TrainingData& data, int frame) {
  const cv::Mat picture = data.picture(frame);
  const std::string thing = "labeled frame " + std::to_string(data.frames[frame].frame_index);
  if (picture.empty() || picture.type() != CV_8UC3) {
    throw datasets::Error(thing, "its picture cannot be read",
                          "check that the video is still in its place");
  }
  for (const LabeledObject& object : data.frames[frame].objects) {
    if (object.mask.width != picture.cols || object.mask.height != picture.rows) {
      throw datasets::Error(thing, "its labels were drawn on a picture of another size",
                            "check which video the labels belong to");
    }
  }
  return picture;
}

LabeledRegion Shrunk(const LabeledObject& object, const cv::Size& from, const cv::Size& to) {
  LabeledRegion result;
  result.class_index = object.class_index;
  result.ignore = object.ignore;
  cv::Mat whole = datasets::DecodeMask(object.mask);
  if (to != from) {
    cv::resize(whole, whole, to, 0, 0, cv::INTER_AREA);
    whole = whole > 127;
  }
  result.region = datasets::BoundsOf(whole);
  if (!result.region.empty()) result.mask = whole(result.region).clone();
  return result;
}

// Part of the picture that fills the sample: larger or smaller, moved, its edges jittered.
cv::Rect2d View(const cv::Size& size, const DetectAugment& augment, datasets::Random& random) {
  const double zoom =
      std::exp(random.Uniform(std::log(augment.zoom_low), std::log(augment.zoom_high)));
  double low[2], high[2];
  for (int axis = 0; axis < 2; ++axis) {
    const double side = axis == 0 ? size.width : size.height;
    low[axis] = random.Uniform(0, 1) * (side - side / zoom);
    high[axis] = low[axis] + side / zoom;
    low[axis] += random.Uniform(-augment.jitter, augment.jitter) * side;
    high[axis] += random.Uniform(-augment.jitter, augment.jitter) * side;
  }
  return {low[0], low[1], high[0] - low[0], high[1] - low[1]};
}

void ChangeColors(cv::Mat& bgr, const DetectAugment& augment, datasets::Random& random) {
  const auto Factor = [&](double most) {
    const double factor = random.Uniform(1, std::max(1.0, most));
    return random.Chance(0.5) ? factor : 1 / factor;
  };
  const double brightness = random.Uniform(1 - augment.brightness, 1 + augment.brightness);
  const double hue = random.Uniform(-augment.hue, augment.hue);
  const double saturation = Factor(augment.saturation), exposure = Factor(augment.exposure);
  if (brightness != 1) bgr.convertTo(bgr, -1, brightness);
  if (hue == 0 && saturation == 1 && exposure == 1) return;
  cv::Mat hsv;
  bgr.convertTo(hsv, CV_32FC3, 1 / 255.0);
  cv::cvtColor(hsv, hsv, cv::COLOR_BGR2HSV);  // hue in degrees
  for (int y = 0; y < hsv.rows; ++y) {
    for (cv::Vec3f *pixel = hsv.ptr<cv::Vec3f>(y), *end = pixel + hsv.cols; pixel < end; ++pixel) {
      float& h = (*pixel)[0];
      h += static_cast<float>(360 * hue);
      if (h < 0) h += 360;
      if (h >= 360) h -= 360;
      (*pixel)[1] = std::min(1.f, (*pixel)[1] * static_cast<float>(saturation));
      (*pixel)[2] = std::min(1.f, (*pixel)[2] * static_cast<float>(exposure));
    }
  }
  cv::cvtColor(hsv, hsv, cv::COLOR_HSV2BGR);
  hsv.convertTo(bgr, CV_8UC3, 255);
}

}  // namespace

cv::Mat LabeledPicture::Picture() const {
  return packed.empty() ? bgr : cv::imdecode(packed, cv::IMREAD_COLOR);
}

std::vector<LabeledPicture> LoadPictures(const TrainingData& data, const std::vector<int>& frames,
                                         int most_short_side, datasets::Job& job) {
  std::vector<LabeledPicture> pictures(frames.size());
  std::vector<size_t> order(frames.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const LabeledFrame &x = data.frames[frames[a]], &y = data.frames[frames[b]];
    return x.video != y.video ? x.video < y.video : x.frame_index < y.frame_index;
  });
  double done = 0, bytes = 0;
  for (size_t i : order) {
    job.Advance(done++, static_cast<double>(frames.size()), "reading the labeled frames");
    const LabeledFrame& labels = data.frames[frames[i]];
    LabeledPicture& picture = pictures[i];
    picture.source = frames[i];
    picture.weight = labels.weight;
    const cv::Mat image = Fetch(data, frames[i]);
    const int side = std::min(image.cols, image.rows);
    cv::Size size = image.size();
    if (most_short_side > 0 && side > most_short_side) {
      const double scale = static_cast<double>(most_short_side) / side;
      size = cv::Size(cvRound(image.cols * scale), cvRound(image.rows * scale));
      cv::resize(image, picture.bgr, size, 0, 0, cv::INTER_AREA);
    } else {
      picture.bgr = image.clone();
    }
    for (const LabeledObject& object : labels.objects) {
      LabeledRegion region = Shrunk(object, image.size(), size);
      if (!region.region.empty()) picture.objects.push_back(std::move(region));
    }
    bytes += static_cast<double>(picture.bgr.total()) * 3;
    if (bytes > kMostPicturesBytes) {
      cv::imencode(".jpg", picture.bgr, picture.packed, {cv::IMWRITE_JPEG_QUALITY, 97});
      picture.bgr.release();
    }
  }
  return pictures;
}

LabeledPicture Augmented(const LabeledPicture& picture, const DetectAugment& augment,
                         datasets::Random& random) {
  LabeledPicture result;
  result.source = picture.source;
  result.weight = picture.weight;
  const cv::Mat source = picture.Picture();
  const cv::Size size = source.size();
  const cv::Rect2d view = View(size, augment, random);
  double sx = size.width / view.width, sy = size.height / view.height;
  double tx = -view.x * sx, ty = -view.y * sy;
  const bool square = size.width == size.height;
  const int turns = augment.quarter_turns && square ? random.Below(4) : 0;
  if (augment.flip_horizontal && random.Chance(0.5)) {
    sx = -sx;
    tx = size.width - tx;
  }
  if (augment.flip_vertical && random.Chance(0.5)) {
    sy = -sy;
    ty = size.height - ty;
  }
  // Continuous coordinates: OpenCV's pixel centers lie at whole numbers, half a pixel off.
  cv::Matx33d place(sx, 0, tx, 0, sy, ty, 0, 0, 1);
  const cv::Matx33d quarter(0, -1, size.width, 1, 0, 0, 0, 0, 1);
  for (int i = 0; i < turns; ++i) place = quarter * place;
  const cv::Matx33d to_centers(1, 0, -0.5, 0, 1, -0.5, 0, 0, 1),
      from_centers(1, 0, 0.5, 0, 1, 0.5, 0, 0, 1);
  const auto AffineOf = [&](const cv::Point& origin) {
    const cv::Matx33d moved(1, 0, origin.x, 0, 1, origin.y, 0, 0, 1);
    const cv::Matx33d m = to_centers * place * from_centers * moved;
    return cv::Matx23d(m(0, 0), m(0, 1), m(0, 2), m(1, 0), m(1, 1), m(1, 2));
  };
  cv::warpAffine(source, result.bgr, AffineOf({0, 0}), size, cv::INTER_LINEAR,
                 cv::BORDER_REPLICATE);
  ChangeColors(result.bgr, augment, random);
  const double growth = std::abs(sx * sy);
  for (const LabeledRegion& object : picture.objects) {
    cv::Mat moved;
    cv::warpAffine(object.mask, moved, AffineOf(object.region.tl()), size, cv::INTER_LINEAR);
    moved = moved > 127;
    LabeledRegion left = object;
    left.region = datasets::BoundsOf(moved);
    const double expected = cv::countNonZero(object.mask) * growth;
    if (left.region.width < 2 || left.region.height < 2 ||
        cv::countNonZero(moved) < augment.least_visible * expected) {
      continue;
    }
    left.mask = moved(left.region).clone();
    result.objects.push_back(std::move(left));
  }
  return result;
}

}  // namespace train
