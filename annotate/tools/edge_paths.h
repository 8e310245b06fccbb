// Paths along the edges of a picture (Mortensen and Barrett 1995, OpenCV's IntelligentScissorsMB),
// searched on whatever thread has the time.
#pragma once

#include <memory>
#include <mutex>
#include <opencv2/core.hpp>
#include <opencv2/imgproc/segmentation.hpp>
#include <vector>

#include "annotate/tools/tool.h"

namespace annotate {

// The best paths from one place to everywhere around it. One thread at a time.
class EdgeMap {
 public:
  // `frame` BGR CV_8UC3; nothing is mapped when it is empty or of another kind. Takes some hundred
  // nanoseconds a pixel of the window.
  EdgeMap(const cv::Mat& frame, const cv::Point2d& from);
  bool mapped() const { return mapped_; }
  const cv::Rect& window() const { return window_; }
  // Follows edges to `to`, or to the border of the window before it; microseconds. {to} when
  // nothing is mapped.
  datasets::Ring To(const cv::Point2d& to) const;

 private:
  cv::segmentation::IntelligentScissorsMB scissors_;
  cv::Rect window_;
  bool mapped_ = false;
};

// A piece of an outline between two clicks.
struct EdgePiece {
  cv::Point2d from, to;
  bool straight = false;
};
// The points after piece.from up to and including piece.to.
datasets::Ring PathOf(const EdgePiece& piece, const EdgeMap& map);

// What a click asks for: pieces whose maps were not ready in time, and the map around the click.
class EdgeSearch {
 public:
  EdgeSearch(cv::Mat frame, std::vector<EdgePiece> pieces, const cv::Point2d& around);
  void Carry();  // on any thread, once; does not throw
  struct Answer {
    std::vector<datasets::Ring> paths;  // parallel to pieces
    std::unique_ptr<EdgeMap> map;
  };
  // True once when it has been carried out.
  bool Take(Answer& answer);

 private:
  const cv::Mat frame_;
  const std::vector<EdgePiece> pieces_;
  const cv::Point2d around_;
  std::mutex mutex_;
  std::unique_ptr<Answer> answer_;
};

}  // namespace annotate
