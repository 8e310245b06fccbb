// What every test of a video checks.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <opencv2/imgproc.hpp>
#include <random>
#include <string>
#include <vector>

#include "datasets/video/video.h"
#include "tests/support/coded_video.h"

namespace tests {

inline bool Same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

// In order, backwards, at random, and with several threads: always the picture of the first pass.
inline void CheckEveryPath(const std::filesystem::path& path, const datasets::VideoIndex& index) {
  std::vector<cv::Mat> truth;
  datasets::VideoReader reader(path, index);
  for (int i = 0; i < index.frame_count(); ++i) truth.push_back(reader.Read(i));
  int wrong = 0;
  for (int i = index.frame_count() - 1; i >= 0; --i) wrong += !Same(reader.Read(i), truth[i]);
  CHECK(wrong == 0);
  std::mt19937 random(7);
  for (const int threads : {1, 3}) {
    datasets::VideoReader jumper(path, index, threads);
    for (int k = 0; k < 25; ++k) {
      const int frame = static_cast<int>(random() % index.frame_count());
      wrong += !Same(jumper.Read(frame), truth[frame]);
      if (frame + 1 < index.frame_count()) wrong += !Same(jumper.Read(frame + 1), truth[frame + 1]);
      wrong += !Same(jumper.Read(frame), truth[frame]);
    }
    for (int frame = 0; frame < index.frame_count(); frame += 5 + threads) {  // rolling forward
      wrong += !Same(jumper.Read(frame), truth[frame]);
    }
  }
  CHECK(wrong == 0);
}

// The worst gap of the means of small areas: codecs keep colors coarsely only.
inline double CoarseGap(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat small_a, small_b;
  cv::resize(a, small_a, {18, 6}, 0, 0, cv::INTER_AREA);
  cv::resize(b, small_b, {18, 6}, 0, 0, cv::INTER_AREA);
  return cv::norm(small_a, small_b, cv::NORM_INF);
}

inline void CheckCodes(const std::filesystem::path& path, const datasets::VideoIndex& index,
                       int first = 0) {
  datasets::VideoReader reader(path, index);
  std::vector<int> codes, expected;
  for (int i = 0; i < index.frame_count(); ++i) {
    codes.push_back(FrameCode(reader.Read(i)));
    expected.push_back(first + i);
  }
  CHECK(codes == expected);
}

inline void WriteBytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string ReadBytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace tests
