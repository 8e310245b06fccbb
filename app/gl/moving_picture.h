// A picture that changes many times a second, on the graphics card. OpenGL's context must be
// current.
#pragma once

#include <opencv2/core.hpp>

#include "app/gl/gl.h"

namespace app {

class MovingPicture {
 public:
  MovingPicture() = default;
  ~MovingPicture();
  MovingPicture(const MovingPicture&) = delete;

  // CV_8UC3, blue first; it is copied to the card. Shown at less than half its size (`scale`:
  // pixels of the screen a pixel of the picture) it is made smaller by averaging first.
  void Show(const cv::Mat& bgr, double scale);
  GLuint texture() const { return texture_; }  // 0: nothing was shown yet
  cv::Size size() const { return size_; }      // of the picture, not of the texture

 private:
  GLuint texture_ = 0;
  cv::Size size_, texture_size_;
};

}  // namespace app
