#include "train/behavior/picture.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace train {
namespace {

// The window of an image, with its border repeated where the window leaves it.
cv::Mat Window(const cv::Mat& image, const cv::Rect& window) {
  const cv::Rect inside = window & cv::Rect(0, 0, image.cols, image.rows);
  if (inside == window) return image(window);
  if (inside.empty()) return cv::Mat::zeros(window.size(), image.type());
  cv::Mat padded;
  cv::copyMakeBorder(image(inside), padded, inside.y - window.y, window.br().y - inside.br().y,
                     inside.x - window.x, window.br().x - inside.br().x,
                     cv::BORDER_REPLICATE | cv::BORDER_ISOLATED);
  return padded;
}

cv::Mat Resized(const cv::Mat& image, int side) {
  if (image.cols == side && image.rows == side) return image.clone();
  cv::Mat result;
  cv::resize(image, result, {side, side}, 0, 0,
             image.cols > side ? cv::INTER_AREA : cv::INTER_LINEAR);
  return result;
}

cv::Mat Grey(const cv::Mat& bgr) {
  cv::Mat grey;
  cv::cvtColor(bgr, grey, cv::COLOR_BGR2GRAY);
  return grey;
}

// Decoded inside the window; 0 beyond the frame.
cv::Mat MasksIn(const cv::Rect& window, const cv::Size& frame,
                const std::vector<PictureMask>& masks) {
  cv::Mat levels = cv::Mat::zeros(window.size(), CV_8UC1);
  const cv::Rect inside = window & cv::Rect(cv::Point(0, 0), frame);
  if (inside.empty()) return levels;
  cv::Mat part = levels(inside - window.tl());
  for (const PictureMask& one : masks) {
    if (one.mask && !one.mask->empty()) {
      part.setTo(one.level, datasets::DecodeMask(*one.mask, inside));
    }
  }
  return levels;
}

}  // namespace

cv::Mat CutPicture(const cv::Mat& bgr, const cv::Mat& background, const cv::Point2d& center,
                   double side_in_image, const std::vector<PictureMask>& masks,
                   const BehaviorInput& input) {
  const int stored = input.stored_side();
  const int full = std::max(2, cvRound(side_in_image * stored / input.side));
  const cv::Rect window(cvRound(center.x - full / 2.0), cvRound(center.y - full / 2.0), full, full);
  const cv::Mat cut = Window(bgr, window);
  const cv::Mat grey = input.color && !input.difference ? cv::Mat() : Resized(Grey(cut), stored);
  cv::Mat picture = input.color ? Resized(cut, stored) : grey.clone();
  cv::Mat levels;
  if (input.mask || input.masked) {
    levels = Resized(MasksIn(window, bgr.size(), masks), stored);
    if (input.masked) picture.setTo(cv::Scalar::all(0), levels < 64);
  }
  std::vector<cv::Mat> planes;
  cv::split(picture, planes);
  if (input.difference) {
    cv::Mat difference = cv::Mat::zeros(stored, stored, CV_8UC1);
    if (!background.empty()) {
      cv::absdiff(grey, Resized(Grey(Window(background, window)), stored), difference);
    }
    planes.push_back(difference);
  }
  if (input.mask) planes.push_back(levels);
  cv::Mat result;
  cv::merge(planes, result);
  return result;
}

void FillPicture(const cv::Mat& stored, const PictureView& view, const BehaviorInput& input,
                 float* out) {
  const int side = input.side, channels = input.channels();
  const bool moved = view.turn_radians != 0 || view.flip_x || view.flip_y || view.zoom != 1 ||
                     view.shift_x != 0 || view.shift_y != 0;
  cv::Mat picture;
  if (!moved) {
    picture = stored(cv::Rect(input.room, input.room, side, side));
  } else {
    // From network pixels to stored ones: undo the shift, the zoom, the turn, then the mirror.
    const double c = std::cos(view.turn_radians) / view.zoom;
    const double s = std::sin(view.turn_radians) / view.zoom;
    const double fx = view.flip_x ? -1 : 1, fy = view.flip_y ? -1 : 1;
    const double half = (side - 1) / 2.0, middle = (stored.cols - 1) / 2.0;
    const cv::Matx23d map(
        fx * c, fx * -s, middle - fx * (c * (half + view.shift_x) - s * (half + view.shift_y)),
        fy * s, fy * c, middle - fy * (s * (half + view.shift_x) + c * (half + view.shift_y)));
    cv::warpAffine(stored, picture, map, {side, side}, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                   cv::BORDER_REPLICATE);
  }
  std::vector<float> table(static_cast<size_t>(channels) * 256);
  for (int ch = 0; ch < channels; ++ch) {
    const bool is_mask = input.mask && ch == channels - 1;
    const bool is_difference = input.difference && ch == (input.color ? 3 : 1);
    for (int level = 0; level < 256; ++level) {
      double value = level;
      if (!is_mask)
        value = std::clamp(value * view.gain + (is_difference ? 0 : view.offset), 0., 255.);
      table[static_cast<size_t>(ch * 256 + level)] = static_cast<float>(
          (value - input.mean[static_cast<size_t>(ch)]) / input.deviation[static_cast<size_t>(ch)]);
    }
  }
  for (int y = 0; y < side; ++y) {
    const uchar* row = picture.ptr<uchar>(y);
    for (int x = 0; x < side; ++x) {
      for (int ch = 0; ch < channels; ++ch) {
        *out++ = table[static_cast<size_t>(ch * 256 + *row++)];
      }
    }
  }
}

BlobFinder::BlobFinder(const cv::Mat& background) : size_(background.size()) {
  if (background.empty()) return;
  // Whole factors shrink fast.
  factor_ = std::max(1, (std::max(size_.width, size_.height) + kMostSide - 1) / kMostSide);
  background_ = Shrunk(background);
}

cv::Mat BlobFinder::Shrunk(const cv::Mat& bgr) const {
  cv::Mat whole;
  const cv::Size size(size_.width / factor_, size_.height / factor_);
  cv::resize(bgr(cv::Rect(0, 0, size.width * factor_, size.height * factor_)), whole, size, 0, 0,
             cv::INTER_AREA);
  return whole;
}

datasets::Rle BlobFinder::Find(const cv::Mat& bgr) const {
  if (background_.empty() || size_ != bgr.size()) return {};
  cv::Mat difference;
  cv::absdiff(Shrunk(bgr), background_, difference);
  std::vector<cv::Mat> planes;
  cv::split(difference, planes);
  difference = cv::max(planes[0], cv::max(planes[1], planes[2]));
  cv::GaussianBlur(difference, difference, {5, 5}, 0);
  cv::Mat blob;
  const double otsu = cv::threshold(difference, blob, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  constexpr double kLeastLevels = 14, kMostLevels = 40;
  cv::threshold(difference, blob, std::clamp(0.7 * otsu, kLeastLevels, kMostLevels), 255,
                cv::THRESH_BINARY);
  cv::morphologyEx(blob, blob, cv::MORPH_OPEN,
                   cv::getStructuringElement(cv::MORPH_ELLIPSE, {3, 3}));
  cv::morphologyEx(blob, blob, cv::MORPH_CLOSE,
                   cv::getStructuringElement(cv::MORPH_ELLIPSE, {7, 7}));
  cv::Mat labels, stats, centroids;
  const int count = cv::connectedComponentsWithStats(blob, labels, stats, centroids);
  int largest = 0, area = 12;
  for (int i = 1; i < count; ++i) {
    if (stats.at<int>(i, cv::CC_STAT_AREA) > area) {
      largest = i;
      area = stats.at<int>(i, cv::CC_STAT_AREA);
    }
  }
  if (largest == 0) return {};
  cv::Mat animal;
  const cv::Rect box(
      stats.at<int>(largest, cv::CC_STAT_LEFT), stats.at<int>(largest, cv::CC_STAT_TOP),
      stats.at<int>(largest, cv::CC_STAT_WIDTH), stats.at<int>(largest, cv::CC_STAT_HEIGHT));
  cv::resize(labels(box) == largest, animal, {}, factor_, factor_, cv::INTER_NEAREST);
  const cv::Rect place(box.tl() * factor_, animal.size());
  return datasets::EncodeMaskAt(animal, place, size_.height, size_.width);
}

}  // namespace train
