// Small rows for tests of the project file and of what changes it.
#pragma once

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>

#include "datasets/store/writer.h"

namespace tests {

inline datasets::VideoIndex Index(int frames) {
  datasets::VideoIndex index;
  index.width = 64;
  index.height = 48;
  index.fps = 25;
  index.time_base_den = 25;
  for (int i = 0; i < frames; ++i) index.pts.push_back(i);
  for (int i = 0; i < frames; i += 12) index.key_frames.push_back(i);
  return index;
}

inline datasets::VideoRow Video(const std::string& name, const datasets::VideoIndex& index) {
  datasets::VideoRow video;
  video.name = name;
  video.path = name + ".mp4";
  video.fingerprint = "fingerprint of " + name;
  video.width = index.width;
  video.height = index.height;
  video.frame_count = index.frame_count();
  video.fps = index.fps;
  return video;
}

// A 64 x 48 video that has no file.
inline datasets::Id InsertVideo(datasets::Writer& writer, const std::string& name, int frames) {
  const datasets::VideoIndex index = Index(frames);
  return writer.InsertVideo(Video(name, index), index, {});
}

inline datasets::AnnotationRow Square(datasets::Id image, datasets::Id category, double x, double y,
                                      double size) {
  datasets::AnnotationRow annotation;
  annotation.image_id = image;
  annotation.category_id = category;
  annotation.polygons = {{{x, y}, {x + size, y}, {x + size, y + size}, {x, y + size}}};
  annotation.box = {x, y, size, size};
  annotation.area = size * size;
  return annotation;
}

inline datasets::JobRow PredictJob() {
  datasets::JobRow job;
  job.kind = "predict";
  job.state = "running";
  return job;
}

// A disc that moves with the frame number; its place differs by animal.
inline datasets::PredictionRow Prediction(datasets::Id job, datasets::Id video, int frame,
                                          datasets::Id category) {
  datasets::PredictionRow prediction;
  prediction.job_id = job;
  prediction.video_id = video;
  prediction.frame_index = frame;
  prediction.category_id = category;
  prediction.score = 0.9;
  prediction.confidence = 0.75;
  const cv::Point center(12 + frame % 40, category % 2 ? 12 : 34);
  cv::Mat mask = cv::Mat::zeros(48, 64, CV_8UC1);
  cv::circle(mask, center, 8, 255, cv::FILLED);
  prediction.rle = datasets::EncodeMask(mask);
  datasets::Ring ring;
  for (int i = 0; i < 12; ++i) {
    const double angle = i * CV_PI / 6;
    ring.emplace_back(center.x + 0.5 + 8.5 * std::cos(angle),
                      center.y + 0.5 + 8.5 * std::sin(angle));
  }
  prediction.polygons = {ring};
  prediction.box = {center.x - 8.0, center.y - 8.0, 17, 17};
  return prediction;
}

template <class Work>
std::string MessageOf(Work work) {
  try {
    work();
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace tests
