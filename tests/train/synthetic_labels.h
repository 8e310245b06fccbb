// Small drawn scenes for tests of training: textured ellipses on a textured floor.
#pragma once

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "datasets/base/random.h"
#include "train/base/training_data.h"

namespace tests {

struct Scene {
  train::TrainingData data;
  std::vector<cv::Mat> pictures;
};

// `frames` pictures of 160 x 128 with one bright striped and one dark plain animal, walking.
inline Scene DrawScene(int frames, bool with_background = true, int first_frame = 0,
                       int spacing = 20) {
  Scene scene;
  scene.data.classes = {"bright", "dark"};
  const cv::Size size(160, 128);
  datasets::Random floor_random({77});
  cv::Mat floor(size, CV_8UC3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const int level = 110 + floor_random.Below(20);
      floor.at<cv::Vec3b>(y, x) = cv::Vec3b(level, level, level);
    }
  }
  for (int i = 0; i < frames; ++i) {
    datasets::Random random({5, static_cast<uint64_t>(first_frame + i)});
    cv::Mat picture = floor.clone();
    train::LabeledFrame frame;
    frame.frame_index = (first_frame + i) * spacing;
    for (int k = 0; k < 2; ++k) {
      const cv::Point center(30 + k * 70 + random.Below(30), 30 + random.Below(70));
      const double angle = random.Uniform(0, 180);
      cv::Mat mask = cv::Mat::zeros(size, CV_8UC1);
      cv::ellipse(mask, center, {20, 11}, angle, 0, 360, 255, cv::FILLED);
      for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
          if (!mask.at<uchar>(y, x)) continue;
          const int level = k == 0 ? 200 + 20 * ((x + y) / 4 % 2) : 40 + random.Below(8);
          picture.at<cv::Vec3b>(y, x) = cv::Vec3b(level, level, level);
        }
      }
      train::LabeledObject object;
      object.class_index = k;
      object.mask = datasets::EncodeMask(mask);
      frame.objects.push_back(object);
    }
    scene.data.frames.push_back(frame);
    scene.pictures.push_back(picture);
  }
  scene.data.backgrounds = {with_background ? floor : cv::Mat()};
  return scene;
}

// The pictures must outlive the training data that refer to them.
inline void Connect(Scene& scene) {
  scene.data.picture = [&scene](int frame) { return scene.pictures.at(frame); };
}

}  // namespace tests
