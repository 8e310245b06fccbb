#include "app/gl/frame_layer.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace app {
namespace {

int ShrinkFor(double scale) {
  int shrink = 1;
  while (scale > 0 && shrink < 16 && scale * shrink * 2 <= 1) shrink *= 2;
  return shrink;
}

}  // namespace

FrameLayer::FrameLayer()
    : plain_shader_("frame.vert", "frame_plain.frag"), look_shader_("frame.vert", "frame.frag") {
  glGenTextures(1, &texture_);
  glGenVertexArrays(1, &vertex_array_);
}

FrameLayer::~FrameLayer() {
  glDeleteTextures(1, &texture_);
  glDeleteVertexArrays(1, &vertex_array_);
}

void FrameLayer::Upload(const cv::Mat& bgra, int64_t key, double scale) {
  if (bgra.empty()) return;
  const int shrink = ShrinkFor(scale);
  if (key == key_ && shrink == shrunk_) return;
  cv::Mat pixels = bgra;
  if (shrink > 1) {
    cv::resize(bgra, pixels, {std::max(1, bgra.cols / shrink), std::max(1, bgra.rows / shrink)}, 0,
               0, cv::INTER_AREA);
  } else if (!bgra.isContinuous()) {
    pixels = bgra.clone();
  }
  shrunk_ = shrink;
  glBindTexture(GL_TEXTURE_2D, texture_);
  if (pixels.cols == width_ && pixels.rows == height_) {
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width_, height_, GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV,
                    pixels.data);
  } else {
    width_ = pixels.cols;
    height_ = pixels.rows;
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width_, height_, 0, GL_BGRA,
                 GL_UNSIGNED_INT_8_8_8_8_REV, pixels.data);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  }
  key_ = key;
}

void FrameLayer::Draw(const float rect[4], float window_width, float window_height,
                      const PictureLook& look) {
  if (!has_picture()) return;
  glActiveTexture(GL_TEXTURE0);
  glBindTexture(GL_TEXTURE_2D, texture_);
  const GLint filter = look.smooth ? GL_LINEAR : GL_NEAREST;
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, filter);
  Shader& shader = look.changes_colors() ? look_shader_ : plain_shader_;
  shader.Use();
  shader.SetInt("picture", 0);
  shader.Set("rect", rect[0], rect[1], rect[2], rect[3]);
  shader.Set("window", window_width, window_height);
  if (look.changes_colors()) {
    shader.Set("brightness", look.brightness);
    shader.Set("contrast", look.contrast);
    shader.Set("gamma", look.gamma);
  }
  glBindVertexArray(vertex_array_);
  glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
  glBindVertexArray(0);
}

}  // namespace app
