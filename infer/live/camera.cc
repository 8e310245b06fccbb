#include "infer/live/camera.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <opencv2/videoio.hpp>

#include "datasets/base/error.h"

namespace infer {
namespace {

using Clock = std::chrono::steady_clock;
using datasets::LiveNews;

class Camera : public datasets::LiveSource {
 public:
  Camera(int number, const std::atomic<bool>& stop)
      : device_("/dev/video" + std::to_string(number)), stop_(stop) {
    // OpenCV waits so many seconds for a picture, 10 where nothing is said: too long to be stopped.
    setenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1", 0);
    std::error_code ignored;
    if (!std::filesystem::exists(device_, ignored)) {
      throw datasets::Error(device_, "there is no such camera",
                            "plug it in, or give another number");
    }
    if (access(device_.c_str(), R_OK | W_OK) != 0) {
      throw datasets::Error(device_, "you may not use it", "join the group 'video'");
    }
    if (!Open()) {
      throw datasets::Error(device_, problem_, "close other programs that use it");
    }
  }

  LiveNews Next(datasets::LivePicture* picture) override {
    if (stop_) return LiveNews::kEnd;
    if (!capture_.isOpened() && !Open()) return LiveNews::kBroken;
    const bool grabbed = capture_.grab();
    picture->taken = Clock::now();
    cv::Mat bgr;
    if (stop_) return LiveNews::kEnd;
    if (!grabbed || !capture_.retrieve(bgr) || bgr.type() != CV_8UC3) {
      problem_ = "it gives no picture";
      capture_.release();
      return LiveNews::kBroken;
    }
    if (!started_) start_ = picture->taken;
    started_ = true;
    picture->bgr = bgr.clone();  // the capture uses its own memory again
    picture->milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(picture->taken - start_).count();
    return LiveNews::kPicture;
  }

  std::string problem() const override { return problem_; }
  double fps() const override {
    const double told = capture_.get(cv::CAP_PROP_FPS);
    return told >= 1 && told <= 1000 ? told : 30;
  }

 private:
  bool Open() {
    if (capture_.open(device_, cv::CAP_V4L2)) {
      capture_.set(cv::CAP_PROP_BUFFERSIZE, 2);  // the newest picture, not one of long ago
      return true;
    }
    problem_ = "it cannot be opened";
    return false;
  }

  const std::string device_;
  const std::atomic<bool>& stop_;
  cv::VideoCapture capture_;
  bool started_ = false;
  Clock::time_point start_;
  std::string problem_;
};

}  // namespace

std::unique_ptr<datasets::LiveSource> OpenCamera(int number, const std::atomic<bool>& stop) {
  return std::make_unique<Camera>(number, stop);
}

}  // namespace infer
