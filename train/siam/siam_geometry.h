// Where a Siamese network looks, and what its answers mean in the picture: windows, anchors, the
// choice among answers, outlines, rotated boxes. Pure functions, no torch type here.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <utility>
#include <vector>

namespace train {

// What is followed: center and extent, image pixels.
struct SiamTarget {
  double x = 0, y = 0, width = 0, height = 0;
};

// Chen and Tsotsos 2019 (SiamMask_E) tuned them on videos with outlines.
struct SiamSettings {
  double penalty = 0.0997;       // of another size or proportion than before
  double window = 0.4099;        // share of the Hann window in the choice of the place
  double rate = 0.32;            // how fast the extent follows
  double outline = 0.1465;       // probability at which a pixel belongs to the animal
  double trim = 0.2583;          // of EllipseBox
  double background_weight = 0;  // of what looks like the empty scene
};

SiamTarget TargetOf(const cv::Rect& region);
// Side of the square window that a template shows: half of the mean extent more on each side
// (Bertinetto et al. 2016); the geometric mean of both directions.
double ContextSide(const SiamTarget& target);
cv::Scalar MeanColor(const cv::Mat& picture);
// `size` pixels of a picture from `origin` (the upper left corner, image pixels) on, `scale` of
// them an image pixel; what lies outside of the picture has the color `outside`.
cv::Mat CutWindow(const cv::Mat& picture, const cv::Point2d& origin, double scale,
                  const cv::Size& size, const cv::Scalar& outside);
// The template of a target: 127 pixels a side.
cv::Mat CutTemplate(const cv::Mat& picture, const SiamTarget& target, const cv::Scalar& outside);

// Widths and heights of the five anchors, in pixels of the search.
std::array<cv::Size2d, 5> SiamAnchorSizes();
// 0.5 - 0.5 cos in both directions, [side * side].
std::vector<float> HannWindow(int side);

struct SiamAnswers {
  int side = 0;                 // places along each direction
  std::vector<float> presence;  // [5 * side * side], 0..1
  std::vector<float> box;       // [4 * 5 * side * side]: dx, dy, log width, log height
};
struct SiamChoice {
  int anchor = 0, row = 0, col = 0;
  double score = 0;  // presence at the chosen place
  SiamTarget target;
};
// The best of all answers, after penalty and window, and where it puts the target. `center`: of the
// search window, image pixels; `scale`: pixels of the search an image pixel; kept inside `image`.
SiamChoice ChooseAnswer(const SiamAnswers& answers, const SiamTarget& before,
                        const cv::Point2d& center, double scale, const cv::Size& image,
                        const SiamSettings& settings);

// A square of probabilities (CV_32FC1) that covers `box` of the image, as a mask: its region, and
// 0 or 255 within; the largest blob alone. Empty where nothing reaches `threshold`.
std::pair<cv::Rect, cv::Mat> PasteOutline(const cv::Mat& probability, const cv::Rect2d& box,
                                          const cv::Size& image, double threshold);

using SiamCorners = std::array<cv::Point2f, 4>;
// The smallest rotated rectangle around the largest blob of a mask (CV_8UC1), in pixels of the
// mask (SiamMask). The corners of `otherwise` where no blob has more than 100 pixels.
SiamCorners RotatedBox(const cv::Mat& mask, const cv::Rect2d& otherwise);
// The same along the axes of the ellipse that fits the outline, each side moved inward by 2 % of
// the extent as long as less than `trim` of it lies on the animal (SiamMask_E): tails and ears stay
// outside.
SiamCorners EllipseBox(const cv::Mat& mask, const cv::Rect2d& otherwise, double trim);

// Windows of `side` pixels of the empty scene, half a side apart, those whose gray values vary most
// first, at most `count`.
std::vector<cv::Rect> VariedWindows(const cv::Mat& background, int side, int count);
// `count` of the embeddings, as far as possible (by the angle) from the target and from each other.
std::vector<int> FarApart(const std::vector<std::vector<float>>& embeddings,
                          const std::vector<float>& target, int count);

}  // namespace train
