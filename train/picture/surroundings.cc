#include "train/picture/surroundings.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"

namespace train {
namespace {

constexpr double kUsualSide = 96, kMostSide = 192;  // of the longer side, after reduction
constexpr double kMargin = 0.6;  // of the square root of the area, around the animal
constexpr double kUnit = 64;     // grey levels
constexpr double kFine[] = {0.7, 1.5}, kCoarse[] = {3, 6};  // scales in reduced pixels
constexpr int kColors = 2 * 3 + 2, kShapes = 4 * 3;  // rows; three colors at fine scales only

cv::Mat Blurred(const cv::Mat& image, double sigma) {
  cv::Mat blurred;
  cv::GaussianBlur(image, blurred, {0, 0}, sigma);
  return blurred;
}

cv::Mat Grey(const cv::Mat& colors) {
  cv::Mat grey;
  cv::cvtColor(colors, grey, cv::COLOR_BGR2GRAY);
  return grey;
}

// Fills the rows of a matrix one after the other, each seen as a picture.
class Rows {
 public:
  Rows(int count, const cv::Size& size) : size_(size), rows_(count, size.area(), CV_32F) {}

  void AddColors(const cv::Mat& colors) {
    cv::Mat channels[] = {Next(), Next(), Next()};
    cv::split(colors, channels);
  }

  void AddGrey(const cv::Mat& grey) { grey.copyTo(Next()); }

  void AddShapes(const cv::Mat& grey) {
    cv::Mat across, down, twice_across, twice_down, mixed, steepness = Next();
    cv::Sobel(grey, across, CV_32F, 1, 0, 3, 0.125);
    cv::Sobel(grey, down, CV_32F, 0, 1, 3, 0.125);
    cv::Sobel(grey, twice_across, CV_32F, 2, 0, 3, 0.25);
    cv::Sobel(grey, twice_down, CV_32F, 0, 2, 3, 0.25);
    cv::Sobel(grey, mixed, CV_32F, 1, 1, 3, 0.25);
    cv::magnitude(across, down, steepness);
    cv::Mat most = Next(), least = Next();
    const float *xx = twice_across.ptr<float>(), *yy = twice_down.ptr<float>();
    const float* xy = mixed.ptr<float>();
    float *high = most.ptr<float>(), *low = least.ptr<float>();
    for (int i = 0; i < size_.area(); ++i) {
      const float sum = xx[i] + yy[i], difference = xx[i] - yy[i];
      const float root = std::sqrt(difference * difference + 4 * xy[i] * xy[i]);
      high[i] = (sum + root) / 2;
      low[i] = (sum - root) / 2;
    }
  }

  cv::Mat Take() {
    VOLE_CHECK(next_ == rows_.rows);
    return rows_;
  }

 private:
  cv::Mat Next() { return cv::Mat(size_, CV_32F, rows_.ptr<float>(next_++)); }

  cv::Size size_;
  cv::Mat rows_;
  int next_ = 0;
};

}  // namespace

int SurroundingFeatures(bool has_background) {
  return kColors + kShapes + (has_background ? kColors : 0);
}

double UsualScale(const cv::Rect& view) {
  return std::min(1.0, kUsualSide / std::max({1, view.width, view.height}));
}

Surroundings LookAround(const cv::Mat& bgr, const cv::Mat& background, const cv::Rect& view,
                        double scale) {
  scale = std::min(scale, kMostSide / std::max({1, view.width, view.height}));
  Surroundings around;
  around.has_background = !background.empty();
  around.size = {std::max(1, cvRound(view.width * scale)),
                 std::max(1, cvRound(view.height * scale))};
  cv::Mat colors, distances;
  cv::resize(bgr(view), colors, around.size, 0, 0, cv::INTER_AREA);
  colors.convertTo(colors, CV_32FC3, 1 / kUnit);
  if (around.has_background) {
    cv::Mat empty_scene;
    cv::resize(background(view), empty_scene, around.size, 0, 0, cv::INTER_AREA);
    empty_scene.convertTo(empty_scene, CV_32FC3, 1 / kUnit);
    cv::absdiff(colors, empty_scene, distances);
  }
  Rows rows(SurroundingFeatures(around.has_background), around.size);
  for (const double scale_here : kFine) {
    const cv::Mat blurred = Blurred(colors, scale_here);
    rows.AddColors(blurred);
    if (around.has_background) rows.AddColors(Blurred(distances, scale_here));
    rows.AddShapes(Grey(blurred));
  }
  const cv::Mat grey = Grey(colors), distance = distances.empty() ? cv::Mat() : Grey(distances);
  for (const double scale_here : kCoarse) {
    const cv::Mat blurred = Blurred(grey, scale_here);
    rows.AddGrey(blurred);
    if (around.has_background) rows.AddGrey(Blurred(distance, scale_here));
    rows.AddShapes(blurred);
  }
  around.features = rows.Take();
  return around;
}

cv::Rect ViewAround(const cv::Rect& box, double area, const cv::Size& frame) {
  const int margin = std::max(2, cvRound(kMargin * std::sqrt(area)));
  return cv::Rect(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin) &
         cv::Rect({0, 0}, frame);
}

cv::Mat ReducedMask(const cv::Mat& mask, const cv::Rect& region, const cv::Rect& view,
                    const cv::Size& size) {
  cv::Mat seen(view.size(), CV_8UC1, cv::Scalar(0));
  const cv::Rect common = region & view;
  if (!common.empty()) mask(common - region.tl()).copyTo(seen(common - view.tl()));
  cv::Mat reduced;
  cv::resize(seen, reduced, size, 0, 0, cv::INTER_AREA);
  return reduced;
}

}  // namespace train
