#include "annotate/tools/edge_paths.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "annotate/assist/pixel_region.h"

namespace annotate {
namespace {

constexpr double kPathReach = 140;  // image pixels around a click that its paths may lie in

}  // namespace

EdgeMap::EdgeMap(const cv::Mat& frame, const cv::Point2d& from) {
  if (frame.empty() || frame.type() != CV_8UC3) return;
  const cv::Size size = frame.size();
  const cv::Point2d inside(std::clamp(from.x, 0.0, size.width - 0.5),
                           std::clamp(from.y, 0.0, size.height - 0.5));
  window_ = WindowAround(inside, kPathReach, size);
  const auto start = PixelAt(inside, size);
  if (!start || window_.width < 8 || window_.height < 8) return;
  cv::Mat smooth;
  cv::GaussianBlur(frame(window_), smooth, {0, 0}, 1.0);
  scissors_.setEdgeFeatureCannyParameters(24, 72, 3, true).setGradientMagnitudeMaxLimit(120);
  scissors_.applyImage(smooth);
  scissors_.buildMap(*start - window_.tl());
  mapped_ = true;
}

datasets::Ring EdgeMap::To(const cv::Point2d& to) const {
  if (!mapped_) return {to};
  const auto clamp_in = [](double value, int low, int length) {
    return std::clamp(static_cast<int>(value), low, low + length - 1);
  };
  const cv::Point target(clamp_in(to.x, window_.x, window_.width),
                         clamp_in(to.y, window_.y, window_.height));
  std::vector<cv::Point> contour;
  scissors_.getContour(target - window_.tl(), contour);
  datasets::Ring path;
  for (const cv::Point& point : contour) {
    path.push_back(cv::Point2d(point + window_.tl()) + cv::Point2d(0.5, 0.5));
  }
  return path;
}

datasets::Ring PathOf(const EdgePiece& piece, const EdgeMap& map) {
  if (piece.straight) return {piece.to};
  datasets::Ring path = map.To(piece.to);
  // The path may end short of a click that was out of reach.
  if (path.empty() || path.back() != piece.to) path.push_back(piece.to);
  return path;
}

EdgeSearch::EdgeSearch(cv::Mat frame, std::vector<EdgePiece> pieces, const cv::Point2d& around)
    : frame_(std::move(frame)), pieces_(std::move(pieces)), around_(around) {}

void EdgeSearch::Carry() {
  auto answer = std::make_unique<Answer>();
  try {
    for (const EdgePiece& piece : pieces_) {
      answer->paths.push_back(piece.straight ? datasets::Ring{piece.to}
                                             : PathOf(piece, EdgeMap(frame_, piece.from)));
    }
    answer->map = std::make_unique<EdgeMap>(frame_, around_);
  } catch (const std::exception&) {  // OpenCV's own: straight lines then
    answer->paths.clear();
    for (const EdgePiece& piece : pieces_) answer->paths.push_back({piece.to});
    answer->map = std::make_unique<EdgeMap>(cv::Mat(), around_);
  }
  std::scoped_lock lock(mutex_);
  answer_ = std::move(answer);
}

bool EdgeSearch::Take(Answer& answer) {
  std::scoped_lock lock(mutex_);
  if (!answer_) return false;
  answer = std::move(*answer_);
  answer_.reset();
  return true;
}

}  // namespace annotate
