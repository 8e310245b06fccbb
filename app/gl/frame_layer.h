// Draws the video frame into a rectangle of the window. Uploads a picture only when it is new.
#pragma once

#include <opencv2/core.hpp>

#include "app/gl/shader.h"

namespace app {

struct PictureLook {
  float brightness = 0;  // -1 .. 1
  float contrast = 1;    // 0 .. 4
  float gamma = 1;       // 0.2 .. 5
  bool smooth = true;    // linear filter; off above 3x zoom shows pixels as squares
  bool changes_colors() const { return brightness != 0 || contrast != 1 || gamma != 1; }
};

class FrameLayer {
 public:
  FrameLayer();
  ~FrameLayer();

  // BGRA CV_8UC4; the pixels are copied to the card. `key` tells pictures apart. Shown at less than
  // half its size (`scale`: framebuffer pixels per image pixel), the picture is halved by averaging
  // first, which a linear filter alone does not do: fine patterns do not flicker then.
  void Upload(const cv::Mat& bgra, int64_t key, double scale);
  bool has_picture() const { return width_ > 0; }
  int64_t key() const { return key_; }

  // Rectangle in framebuffer pixels: left, top, right, bottom; window size in framebuffer pixels.
  void Draw(const float rect[4], float window_width, float window_height, const PictureLook& look);

 private:
  Shader plain_shader_, look_shader_;
  GLuint texture_ = 0, vertex_array_ = 0;
  int width_ = 0, height_ = 0;  // of the texture
  int shrunk_ = 1;              // by this factor
  int64_t key_ = -1;
};

}  // namespace app
