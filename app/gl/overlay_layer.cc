#include "app/gl/overlay_layer.h"

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

void Attribute(GLuint index, int size, GLenum type, bool normalized, size_t stride, size_t offset,
               bool by_instance) {
  glEnableVertexAttribArray(index);
  glVertexAttribPointer(index, size, type, normalized, static_cast<GLsizei>(stride),
                        reinterpret_cast<const void*>(offset));
  glVertexAttribDivisor(index, by_instance ? 1 : 0);
}

template <class T>
void Fill(GLenum target, GLuint buffer, const std::vector<T>& content) {
  glBindBuffer(target, buffer);
  glBufferData(target, static_cast<GLsizeiptr>(content.size() * sizeof(T)), content.data(),
               GL_DYNAMIC_DRAW);
}

}  // namespace

OverlayLayer::OverlayLayer()
    : fill_shader_("fill.vert", "fill.frag"), line_shader_("overlay.vert", "overlay.frag") {
  glGenVertexArrays(1, &fill_array_);
  glGenVertexArrays(1, &line_array_);
  for (GLuint* buffer : {&corner_buffer_, &index_buffer_, &edge_buffer_}) glGenBuffers(1, buffer);
  glBindVertexArray(fill_array_);
  glBindBuffer(GL_ARRAY_BUFFER, corner_buffer_);
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, index_buffer_);
  Attribute(0, 2, GL_FLOAT, false, sizeof(Corner), offsetof(Corner, x), false);
  Attribute(1, 4, GL_UNSIGNED_BYTE, true, sizeof(Corner), offsetof(Corner, rgba), false);
  glBindVertexArray(line_array_);
  glBindBuffer(GL_ARRAY_BUFFER, edge_buffer_);
  Attribute(0, 4, GL_FLOAT, false, sizeof(Edge), offsetof(Edge, from_x), true);
  Attribute(1, 4, GL_FLOAT, false, sizeof(Edge), offsetof(Edge, along), true);
  Attribute(2, 4, GL_UNSIGNED_BYTE, true, sizeof(Edge), offsetof(Edge, rgba), true);
  glBindVertexArray(0);
}

OverlayLayer::~OverlayLayer() {
  for (GLuint* buffer : {&corner_buffer_, &index_buffer_, &edge_buffer_}) {
    glDeleteBuffers(1, buffer);
  }
  glDeleteVertexArrays(1, &fill_array_);
  glDeleteVertexArrays(1, &line_array_);
}

void OverlayLayer::AddFill(const OverlayShape& shape) {
  if (shape.fill <= 0 || !shape.triangles) return;
  Corner corner{};
  Rgba(shape.color, shape.fill, corner.rgba);
  for (size_t r = 0; r < shape.polygons->size() && r < shape.triangles->size(); ++r) {
    const auto first = static_cast<uint32_t>(corners_.size());
    for (const cv::Point2d& point : (*shape.polygons)[r]) {
      corner.x = static_cast<float>(point.x);
      corner.y = static_cast<float>(point.y);
      corners_.push_back(corner);
    }
    for (const int index : (*shape.triangles)[r]) {
      indices_.push_back(first + static_cast<uint32_t>(index));
    }
  }
}

void OverlayLayer::AddOutline(const OverlayShape& shape) {
  if (shape.line <= 0) return;
  Edge edge{};
  edge.half_width = shape.half_width;
  edge.dash_on = shape.dash_on;
  edge.dash_off = shape.dash_off;
  Rgba(shape.color, shape.line, edge.rgba);
  for (const datasets::Ring& ring : *shape.polygons) {
    edge.along = 0;
    for (size_t i = 0; i < ring.size(); ++i) {
      const cv::Point2d& from = ring[i];
      const cv::Point2d& to = ring[i + 1 < ring.size() ? i + 1 : 0];
      edge.from_x = static_cast<float>(from.x);
      edge.from_y = static_cast<float>(from.y);
      edge.to_x = static_cast<float>(to.x);
      edge.to_y = static_cast<float>(to.y);
      edges_.push_back(edge);
      edge.along += static_cast<float>(std::sqrt((to - from).dot(to - from)));
    }
  }
}

void OverlayLayer::Build(const std::vector<OverlayShape>& shapes, int64_t key) {
  if (key == key_) return;
  key_ = key;
  corners_.clear();
  indices_.clear();
  edges_.clear();
  for (const OverlayShape& shape : shapes) {
    AddFill(shape);
    AddOutline(shape);
  }
  fresh_ = true;
}

void OverlayLayer::Upload() {
  fresh_ = false;
  glBindVertexArray(fill_array_);
  Fill(GL_ELEMENT_ARRAY_BUFFER, index_buffer_, indices_);
  glBindVertexArray(0);
  Fill(GL_ARRAY_BUFFER, corner_buffer_, corners_);
  Fill(GL_ARRAY_BUFFER, edge_buffer_, edges_);
  glBindBuffer(GL_ARRAY_BUFFER, 0);
}

void OverlayLayer::Draw(float origin_x, float origin_y, float scale, float window_width,
                        float window_height) {
  if (edges_.empty() && indices_.empty()) return;
  if (fresh_) Upload();
  glEnable(GL_BLEND);
  glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
  for (Shader* shader : {&fill_shader_, &line_shader_}) {
    shader->Use();
    shader->Set("view", origin_x, origin_y, scale, scale);
    shader->Set("window", window_width, window_height);
    if (shader == &fill_shader_) {
      glBindVertexArray(fill_array_);
      glDrawElements(GL_TRIANGLES, static_cast<GLsizei>(indices_.size()), GL_UNSIGNED_INT, nullptr);
    } else {
      glBindVertexArray(line_array_);
      glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, static_cast<GLsizei>(edges_.size()));
    }
  }
  glBindVertexArray(0);
}

}  // namespace app
