#include "app/gl/row_picture.h"

#include <utility>

namespace app {

RowPicture::~RowPicture() {
  if (texture_) glDeleteTextures(1, &texture_);
}

RowPicture::RowPicture(RowPicture&& other) noexcept
    : texture_(std::exchange(other.texture_, 0)), key_(other.key_), pixels_(other.pixels_) {}

GLuint RowPicture::Of(const Key& key, int width, int height,
                      const std::function<void(cv::Mat*)>& paint) {
  const bool fits = texture_ && pixels_.cols == width && pixels_.rows == height;
  if ((fits && key == key_) || width <= 0 || height <= 0) return texture_;
  key_ = key;
  pixels_.create(height, width, CV_8UC4);
  pixels_.setTo(cv::Scalar::all(0));
  paint(&pixels_);
  if (!texture_) glGenTextures(1, &texture_);
  glBindTexture(GL_TEXTURE_2D, texture_);
  if (fits) {
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels_.data);
    return texture_;
  }
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE,
               pixels_.data);
  for (const GLenum side : {GL_TEXTURE_WRAP_S, GL_TEXTURE_WRAP_T}) {
    glTexParameteri(GL_TEXTURE_2D, side, GL_CLAMP_TO_EDGE);
  }
  for (const GLenum way : {GL_TEXTURE_MIN_FILTER, GL_TEXTURE_MAG_FILTER}) {
    glTexParameteri(GL_TEXTURE_2D, way, GL_NEAREST);
  }
  return texture_;
}

}  // namespace app
