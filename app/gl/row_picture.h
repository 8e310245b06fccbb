// A picture that the processor paints and that is painted again only when what it shows changes.
// OpenGL's context must be current.
#pragma once

#include <functional>
#include <memory>
#include <opencv2/core.hpp>

#include "app/gl/gl.h"

namespace app {

class RowPicture {
 public:
  // What is painted: equal keys give equal pictures.
  struct Key {
    std::shared_ptr<const void> source;  // held, so that no other takes its address
    double first_frame = 0, frames = 0;
    int64_t detail = 0;
    bool operator==(const Key& other) const {
      return source == other.source && first_frame == other.first_frame && frames == other.frames &&
             detail == other.detail;
    }
  };
  RowPicture() = default;
  ~RowPicture();
  RowPicture(RowPicture&& other) noexcept;
  RowPicture(const RowPicture&) = delete;
  RowPicture& operator=(const RowPicture&) = delete;

  // The texture, each texel a pixel of the row. `paint` gets a transparent CV_8UC4 (red, green,
  // blue, opacity) of the size and is called only for another key or size.
  GLuint Of(const Key& key, int width, int height, const std::function<void(cv::Mat*)>& paint);

 private:
  GLuint texture_ = 0;
  Key key_;
  cv::Mat pixels_;
};

}  // namespace app
