// A picture that panels show, on the graphics card. OpenGL's context must be current.
#pragma once

#include <opencv2/core.hpp>

#include "app/gl/gl.h"

namespace app {

class SmallPicture {
 public:
  explicit SmallPicture(const cv::Mat& bgr);  // CV_8UC3
  ~SmallPicture();
  SmallPicture(const SmallPicture&) = delete;
  GLuint texture() const { return texture_; }

 private:
  GLuint texture_ = 0;
};

}  // namespace app
