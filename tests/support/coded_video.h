// Videos whose every frame shows its own number, so that a test can see which frame it got.
#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

namespace tests {

// The code of shared/data/video_seek: bit b is the 16 x 16 square at x = 8 + 20 b, y = 8.
inline int FrameCode(const cv::Mat& bgr) {
  int code = 0;
  for (int bit = 0; bit < 8; ++bit) {
    const cv::Vec3b middle = bgr.at<cv::Vec3b>(16, 16 + 20 * bit);
    if (middle[0] + middle[1] + middle[2] > 3 * 128) code |= 1 << bit;
  }
  return code;
}

// Frame `number` (0..255) of a scene with a moving ball on a patterned ground.
inline cv::Mat CodedFrame(int number, cv::Size size = {180, 60}) {
  cv::Mat bgr(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      bgr.at<cv::Vec3b>(y, x) = cv::Vec3b((x * 7 + y * 3) % 97 + 40, (x * y) % 83 + 60, 90);
    }
  }
  cv::circle(bgr, {(number * 5) % size.width, 40}, 7, {220, 30, 200}, cv::FILLED);
  for (int bit = 0; bit < 8; ++bit) {
    const int level = number >> bit & 1 ? 255 : 0;
    cv::rectangle(bgr, cv::Rect(8 + 20 * bit, 8, 16, 16), cv::Scalar::all(level), cv::FILLED);
  }
  return bgr;
}

inline bool HasFfmpeg() {
  static const bool has = std::system("ffmpeg -version >/dev/null 2>&1") == 0;
  if (!has) std::cout << "[skipped] needs the ffmpeg program, which is not on this machine\n";
  return has;
}

// Encodes `count` coded frames with `arguments` of the ffmpeg program; false when that failed.
inline bool EncodeCoded(const std::filesystem::path& path, int count, const std::string& arguments,
                        cv::Size size = {180, 60}) {
  const std::string command = "ffmpeg -v error -y -f rawvideo -pix_fmt bgr24 -r 25 -s " +
                              std::to_string(size.width) + "x" + std::to_string(size.height) +
                              " -i - -threads 1 " + arguments + " '" + path.string() + "'";
  std::signal(SIGPIPE, SIG_IGN);
  FILE* pipe = popen(command.c_str(), "w");
  if (!pipe) return false;
  for (int i = 0; i < count; ++i) {
    const cv::Mat frame = CodedFrame(i, size);
    std::fwrite(frame.data, 1, frame.total() * frame.elemSize(), pipe);
  }
  return pclose(pipe) == 0;
}

}  // namespace tests
