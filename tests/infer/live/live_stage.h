// Pictures of dark animals that walk over a light ground, and sources of them.
#pragma once

#include <functional>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "datasets/video/live_source.h"
#include "datasets/video/video.h"

namespace tests {

constexpr int kStageWidth = 160, kStageHeight = 128;

// Where animal 0 (upper) or 1 (lower) is; they walk to and fro in opposite directions.
inline cv::Point StagePlace(int animal, int frame) {
  const int way = 110, step = frame * 4 % (2 * way);
  const int along = step < way ? step : 2 * way - step;
  return animal == 0 ? cv::Point(24 + along, 40) : cv::Point(136 - along, 90);
}

inline cv::Mat StagePicture(int frame, int animals = 2) {
  cv::Mat picture(kStageHeight, kStageWidth, CV_8UC3, cv::Scalar(170, 180, 175));
  cv::rectangle(picture, {8, 8}, {151, 119}, cv::Scalar(120, 120, 125), 2);
  for (int animal = 0; animal < animals; ++animal) {
    cv::ellipse(picture, StagePlace(animal, frame), {14, 9}, animal == 0 ? 15 : -30, 0, 360,
                cv::Scalar::all(30), -1);
  }
  return picture;
}

inline void WriteStage(const std::filesystem::path& file, int frames, int animals = 2) {
  datasets::VideoWriter writer(file, kStageWidth, kStageHeight, 25, 10);
  for (int frame = 0; frame < frames; ++frame) writer.Write(StagePicture(frame, animals));
  writer.Close();
}

// Gives `frames` pictures at once and then the end; `before_end` runs in between.
class StageSource : public datasets::LiveSource {
 public:
  StageSource(int frames, std::function<void()> before_end = {})
      : frames_(frames), before_end_(std::move(before_end)) {}
  datasets::LiveNews Next(datasets::LivePicture* picture) override {
    if (given_ == frames_) {
      if (before_end_) before_end_();
      return datasets::LiveNews::kEnd;
    }
    picture->bgr = StagePicture(given_);
    picture->milliseconds = 40 * given_++;
    picture->taken = std::chrono::steady_clock::now();
    return datasets::LiveNews::kPicture;
  }
  std::string problem() const override { return ""; }
  double fps() const override { return 25; }

 private:
  const int frames_;
  const std::function<void()> before_end_;
  int given_ = 0;
};

}  // namespace tests
