#include "app/gl/overlay_layer.h"

#include <cmath>
#include <cstddef>

#include "app/gl/triangulate.h"

namespace app {
namespace {

void Rgba(uint32_t color, float opacity, uint8_t out[4]) {
  out[0] = static_cast<uint8_t>(color >> 16);
  out[1] = static_cast<uint8_t>(color >> 8);
  out[2] = static_cast<uint8_t>(color);
  out[3] = static_cast<uint8_t>(std::lround(opacity * 255));
}

}  // namespace

OverlayLayer::OverlayLayer() : shader_("overlay.vert", "overlay.frag") {
  glGenVertexArrays(1, &vertex_array_);
  glGenBuffers(1, &buffer_);
  glBindVertexArray(vertex_array_);
  glBindBuffer(GL_ARRAY_BUFFER, buffer_);
  const auto attribute = [](GLuint index, int size, GLenum type, bool normalized, size_t offset) {
    glEnableVertexAttribArray(index);
    glVertexAttribPointer(index, size, type, normalized, sizeof(Vertex),
                          reinterpret_cast<const void*>(offset));
  };
  attribute(0, 2, GL_FLOAT, false, offsetof(Vertex, x));
  attribute(1, 2, GL_FLOAT, false, offsetof(Vertex, normal_x));
  attribute(2, 1, GL_FLOAT, false, offsetof(Vertex, along));
  attribute(3, 4, GL_UNSIGNED_BYTE, true, offsetof(Vertex, rgba));
  glBindVertexArray(0);
}

OverlayLayer::~OverlayLayer() {
  glDeleteBuffers(1, &buffer_);
  glDeleteVertexArrays(1, &vertex_array_);
}

void OverlayLayer::AddFill(const datasets::Ring& ring, const uint8_t rgba[4]) {
  for (int index : TriangulateRing(ring)) {
    const cv::Point2d& p = ring[index];
    vertices_.push_back({static_cast<float>(p.x),
                         static_cast<float>(p.y),
                         0,
                         0,
                         0,
                         {rgba[0], rgba[1], rgba[2], rgba[3]}});
  }
}

void OverlayLayer::AddOutline(const datasets::Ring& ring, const uint8_t rgba[4]) {
  float along = 0;
  for (size_t i = 0; i < ring.size(); ++i) {
    const cv::Point2d a = ring[i], b = ring[(i + 1) % ring.size()];
    const cv::Point2d d = b - a;
    const double length = std::hypot(d.x, d.y);
    if (length <= 0) continue;
    const float nx = static_cast<float>(-d.y / length), ny = static_cast<float>(d.x / length);
    const float end = along + static_cast<float>(length);
    const auto corner = [&](const cv::Point2d& p, float side, float distance) {
      vertices_.push_back({static_cast<float>(p.x),
                           static_cast<float>(p.y),
                           nx * side,
                           ny * side,
                           distance,
                           {rgba[0], rgba[1], rgba[2], rgba[3]}});
    };
    corner(a, 1, along), corner(a, -1, along), corner(b, 1, end);
    corner(b, 1, end), corner(a, -1, along), corner(b, -1, end);
    along = end;
  }
}

void OverlayLayer::Build(const std::vector<OverlayShape>& shapes, int64_t key) {
  if (key == key_) return;
  key_ = key;
  vertices_.clear();
  batches_.clear();
  const auto close_batch = [this](int first, float half_width, float on, float off) {
    const int count = static_cast<int>(vertices_.size()) - first;
    if (count > 0) batches_.push_back({first, count, half_width, on, off});
  };
  uint8_t rgba[4];
  for (const OverlayShape& shape : shapes) {
    if (shape.fill <= 0) continue;
    const int first = static_cast<int>(vertices_.size());
    Rgba(shape.color, shape.fill, rgba);
    for (const datasets::Ring& ring : *shape.polygons) AddFill(ring, rgba);
    close_batch(first, 0, 0, 0);
  }
  for (const OverlayShape& shape : shapes) {
    if (shape.line <= 0) continue;
    const int first = static_cast<int>(vertices_.size());
    Rgba(shape.color, shape.line, rgba);
    for (const datasets::Ring& ring : *shape.polygons) AddOutline(ring, rgba);
    close_batch(first, shape.half_width, shape.dash_on, shape.dash_off);
  }
  glBindBuffer(GL_ARRAY_BUFFER, buffer_);
  glBufferData(GL_ARRAY_BUFFER, static_cast<GLsizeiptr>(vertices_.size() * sizeof(Vertex)),
               vertices_.data(), GL_STATIC_DRAW);
  glBindBuffer(GL_ARRAY_BUFFER, 0);
}

void OverlayLayer::Draw(float origin_x, float origin_y, float scale, float window_width,
                        float window_height) {
  if (batches_.empty()) return;
  glEnable(GL_BLEND);
  glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
  shader_.Use();
  shader_.Set("view", origin_x, origin_y, scale, scale);
  shader_.Set("window", window_width, window_height);
  glBindVertexArray(vertex_array_);
  for (const Batch& batch : batches_) {
    shader_.Set("half_width", batch.half_width);
    shader_.Set("dash", batch.dash_on, batch.dash_off);
    glDrawArrays(GL_TRIANGLES, batch.first, batch.count);
  }
  glBindVertexArray(0);
}

}  // namespace app
