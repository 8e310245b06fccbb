#include "app/gl/overlay_layer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace app {
namespace {

void Rgba(uint32_t color, float opacity, uint8_t out[4]) {
  out[0] = static_cast<uint8_t>(color >> 16);
  out[1] = static_cast<uint8_t>(color >> 8);
  out[2] = static_cast<uint8_t>(color);
  out[3] = static_cast<uint8_t>(std::lround(opacity * 255));
}

void Attribute(GLuint index, int size, GLenum type, bool normalized, size_t stride, size_t offset) {
  glEnableVertexAttribArray(index);
  glVertexAttribPointer(index, size, type, normalized, static_cast<GLsizei>(stride),
                        reinterpret_cast<const void*>(offset));
}

uint8_t Quarters(float pixels) {
  return static_cast<uint8_t>(std::clamp(std::lround(pixels * 4), 0L, 255L));
}

// The unit vector that is left of the way from one point to another; (0, 0) between equal points.
cv::Point2d LeftOf(const cv::Point2d& from, const cv::Point2d& to) {
  const cv::Point2d way = to - from;
  const double length = std::hypot(way.x, way.y);
  return length > 0 ? cv::Point2d(-way.y / length, way.x / length) : cv::Point2d(0, 0);
}

// Where the sides of two edges meet, for edges of half width 1: at most twice as far as the sides.
cv::Point2d Miter(const cv::Point2d& before, const cv::Point2d& after) {
  if (before == cv::Point2d()) return after;  // a repeated point
  if (after == cv::Point2d()) return before;
  const cv::Point2d sum = before + after;
  const double length = std::hypot(sum.x, sum.y);
  if (length < 1e-6) return before;  // the outline turns back
  return sum / length / std::max(0.5, sum.dot(before) / length);
}

}  // namespace

OverlayLayer::OverlayLayer()
    : fill_shader_("overlay.vert", "fill.frag"), line_shader_("overlay.vert", "overlay.frag") {
  glGenVertexArrays(1, &array_);
  for (GLuint* buffer : {&corner_buffer_, &index_buffer_}) glGenBuffers(1, buffer);
  glBindVertexArray(array_);
  glBindBuffer(GL_ARRAY_BUFFER, corner_buffer_);
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, index_buffer_);
  Attribute(0, 2, GL_FLOAT, false, sizeof(Corner), offsetof(Corner, x));
  Attribute(1, 3, GL_FLOAT, false, sizeof(Corner), offsetof(Corner, aside_x));
  Attribute(2, 2, GL_UNSIGNED_BYTE, false, sizeof(Corner), offsetof(Corner, dash));
  Attribute(3, 4, GL_UNSIGNED_BYTE, true, sizeof(Corner), offsetof(Corner, rgba));
  glBindVertexArray(0);
}

OverlayLayer::~OverlayLayer() {
  for (GLuint* buffer : {&corner_buffer_, &index_buffer_}) glDeleteBuffers(1, buffer);
  glDeleteVertexArrays(1, &array_);
}

void OverlayLayer::AddFill(const OverlayShape& shape) {
  if (shape.fill <= 0) return;
  Corner corner{};
  Rgba(shape.color, shape.fill, corner.rgba);
  for (size_t r = 0; r < shape.insides->size(); ++r) {
    const auto first = static_cast<uint32_t>(corners_.size());
    for (const cv::Point2d& point : (*shape.insides)[r]) {
      corner.x = static_cast<float>(point.x);
      corner.y = static_cast<float>(point.y);
      corners_.push_back(corner);
    }
    for (const int index : (*shape.triangles)[r]) {
      fill_indices_.push_back(first + static_cast<uint32_t>(index));
    }
  }
}

// Two corners a point and two triangles an edge; the first point stands at the end again, where the
// outline has become longer.
void OverlayLayer::AddRibbon(const datasets::Ring& ring, Corner corner, float half_width) {
  const size_t n = ring.size();
  if (n < 2) return;
  const auto first = static_cast<uint32_t>(corners_.size());
  cv::Point2d before = LeftOf(ring[n - 1], ring[0]);
  for (size_t i = 0; i <= n; ++i) {
    const cv::Point2d& point = ring[i % n];
    const cv::Point2d& next = ring[(i + 1) % n];
    const cv::Point2d after = LeftOf(point, next);
    const cv::Point2d aside = Miter(before, after) * half_width;
    corner.x = static_cast<float>(point.x);
    corner.y = static_cast<float>(point.y);
    for (const float side : {1.0f, -1.0f}) {
      corner.aside_x = side * static_cast<float>(aside.x);
      corner.aside_y = side * static_cast<float>(aside.y);
      corners_.push_back(corner);
    }
    corner.along += static_cast<float>(std::hypot(next.x - point.x, next.y - point.y));
    if (after != cv::Point2d()) before = after;
    if (i == n) break;
    const auto at = first + static_cast<uint32_t>(2 * i);
    line_indices_.insert(line_indices_.end(), {at, at + 1, at + 2, at + 2, at + 1, at + 3});
  }
}

void OverlayLayer::AddOutline(const OverlayShape& shape) {
  if (shape.line <= 0) return;
  Corner corner{};
  corner.dash[0] = Quarters(shape.dash_on);
  corner.dash[1] = Quarters(shape.dash_off);
  Rgba(shape.color, shape.line, corner.rgba);
  for (const datasets::Ring& ring : *shape.outlines) AddRibbon(ring, corner, shape.half_width);
}

void OverlayLayer::Build(const std::vector<OverlayShape>& shapes, int64_t key) {
  if (key == key_) return;
  key_ = key;
  corners_.clear();
  fill_indices_.clear();
  line_indices_.clear();
  for (const OverlayShape& shape : shapes) {
    AddFill(shape);
    AddOutline(shape);
  }
  fresh_ = true;
}

void OverlayLayer::Upload() {
  fresh_ = false;
  glBindBuffer(GL_ARRAY_BUFFER, corner_buffer_);
  glBufferData(GL_ARRAY_BUFFER, static_cast<GLsizeiptr>(corners_.size() * sizeof(Corner)),
               corners_.data(), GL_DYNAMIC_DRAW);
  glBindBuffer(GL_ARRAY_BUFFER, 0);
  // Both lists in one buffer, the fills first.
  const auto bytes = [](const std::vector<uint32_t>& indices) {
    return static_cast<GLsizeiptr>(indices.size() * sizeof(uint32_t));
  };
  glBufferData(GL_ELEMENT_ARRAY_BUFFER, bytes(fill_indices_) + bytes(line_indices_), nullptr,
               GL_DYNAMIC_DRAW);
  glBufferSubData(GL_ELEMENT_ARRAY_BUFFER, 0, bytes(fill_indices_), fill_indices_.data());
  glBufferSubData(GL_ELEMENT_ARRAY_BUFFER, bytes(fill_indices_), bytes(line_indices_),
                  line_indices_.data());
}

void OverlayLayer::Draw(float origin_x, float origin_y, float scale, float window_width,
                        float window_height) {
  if (fill_indices_.empty() && line_indices_.empty()) return;
  glBindVertexArray(array_);
  if (fresh_) Upload();
  glEnable(GL_BLEND);
  glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
  size_t first = 0;
  for (Shader* shader : {&fill_shader_, &line_shader_}) {
    const auto& indices = shader == &fill_shader_ ? fill_indices_ : line_indices_;
    shader->Use();
    shader->Set("view", origin_x, origin_y, scale, scale);
    shader->Set("window", window_width, window_height);
    glDrawElements(GL_TRIANGLES, static_cast<GLsizei>(indices.size()), GL_UNSIGNED_INT,
                   reinterpret_cast<const void*>(first * sizeof(uint32_t)));
    first += indices.size();
  }
  glBindVertexArray(0);
}

}  // namespace app
