#include "app/gl/moving_picture.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace app {

MovingPicture::~MovingPicture() {
  if (texture_) glDeleteTextures(1, &texture_);
}

void MovingPicture::Show(const cv::Mat& bgr, double scale) {
  if (bgr.empty()) return;
  size_ = bgr.size();
  int shrink = 1;
  while (scale > 0 && shrink < 16 && scale * shrink * 2 <= 1) shrink *= 2;
  cv::Mat pixels = bgr;
  if (shrink > 1) {
    cv::resize(bgr, pixels, {std::max(1, bgr.cols / shrink), std::max(1, bgr.rows / shrink)}, 0, 0,
               cv::INTER_AREA);
  } else if (!bgr.isContinuous()) {
    pixels = bgr.clone();
  }
  const bool first = texture_ == 0;
  if (first) glGenTextures(1, &texture_);
  glBindTexture(GL_TEXTURE_2D, texture_);
  GLint alignment = 4;
  glGetIntegerv(GL_UNPACK_ALIGNMENT, &alignment);
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);  // three bytes a pixel
  if (!first && pixels.size() == texture_size_) {
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, pixels.cols, pixels.rows, GL_BGR, GL_UNSIGNED_BYTE,
                    pixels.data);
  } else {
    texture_size_ = pixels.size();
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, pixels.cols, pixels.rows, 0, GL_BGR, GL_UNSIGNED_BYTE,
                 pixels.data);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  }
  glPixelStorei(GL_UNPACK_ALIGNMENT, alignment);
}

}  // namespace app
