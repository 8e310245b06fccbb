// Pictures of behavior: who did what when (ethogram), which way each animal went (trajectory), and
// where it spent its time (occupancy).
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/behavior/drawing.h"
#include "datasets/behavior/motion_run.h"
#include "datasets/behavior/scores.h"

namespace datasets {

// One panel a video, one row for each series and behavior of that video, over time. Throws Error
// when there is nothing to draw, or more rows than a picture can hold.
Drawing EthogramPicture(const BehaviorScores& scores);

// Gathers where the animals of one video were while MeasureVideoMotion runs; memory is bounded
// (paths are thinned when they grow long).
class PlaceCollector {
 public:
  // `cells`: squares of the occupancy grid along the longer side of the video.
  explicit PlaceCollector(int cells = 64);
  void Add(const VideoMotion& motion, const std::vector<AnimalMotion>& animals);

  // `background`: picture of the scene, or empty. One panel an animal.
  Drawing Trajectory(const cv::Mat& background) const;
  // Seconds for each square, colors by the square root of the time.
  Drawing Occupancy(const cv::Mat& background) const;
  // The same of one animal that was seen, without text or legend: as large as the panel.
  Drawing WaysOf(size_t animal, const cv::Mat& background) const;
  Drawing TimesOf(size_t animal, const cv::Mat& background) const;

  size_t animals() const { return places_.size(); }
  bool WasSeen(size_t animal) const { return !places_.at(animal).paths.empty(); }
  double cell_px() const { return cell_px_; }  // side of a square of the occupancy grid
  // Seconds that the animal spent in each square, [rows, columns]; empty if never seen.
  const cv::Mat_<double>& SecondsOf(size_t animal) const { return places_.at(animal).seconds; }

 private:
  struct Place {
    std::vector<std::vector<cv::Point2d>> paths;  // in pixels of the video
    size_t points = 0;
    double spacing = 1;  // pixels between kept points
    cv::Point2d last;    // where it was seen last
    cv::Mat_<double> seconds;
  };
  struct Panel {
    size_t animal;
    double x, y, scale;
  };
  void Start(const VideoMotion& motion);
  Drawing BarePanel(size_t animal, const cv::Mat& background, Panel* panel) const;
  void DrawWays(const Panel& panel, bool with_zone_names, Drawing* drawing) const;
  void DrawTimes(const Panel& panel, Drawing* drawing) const;
  static void Thin(Place& place);
  Drawing Panels(const cv::Mat& background, const std::string& title,
                 std::vector<Panel>* panels) const;

  int cells_;
  double cell_px_ = 1;
  VideoRow video_;
  std::vector<std::string> animals_;
  std::vector<uint32_t> colors_;
  std::vector<ZoneMask> zones_;
  std::vector<Place> places_;
};

}  // namespace datasets
