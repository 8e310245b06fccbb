// Outlines and fills of many polygons, built once when they change and drawn at any zoom.
#pragma once

#include <cstdint>
#include <vector>

#include "app/gl/shader.h"
#include "datasets/shape/polygon.h"

namespace app {

struct OverlayShape {
  const datasets::Polygons* polygons = nullptr;
  uint32_t color = 0xFFFFFF;        // 0xRRGGBB
  float fill = 0.25f;               // opacity of the inside, 0 = outline only
  float line = 1.0f;                // opacity of the outline
  float half_width = 1.2f;          // framebuffer pixels
  float dash_on = 0, dash_off = 0;  // framebuffer pixels; 0 = solid
};

class OverlayLayer {
 public:
  OverlayLayer();
  ~OverlayLayer();

  // `key` tells contents apart: with an unchanged key nothing is rebuilt.
  void Build(const std::vector<OverlayShape>& shapes, int64_t key);
  // origin: window position of image point (0, 0); scale: framebuffer pixels per image pixel.
  void Draw(float origin_x, float origin_y, float scale, float window_width, float window_height);

 private:
  struct Vertex {
    float x, y, normal_x, normal_y, along;
    uint8_t rgba[4];
  };
  struct Batch {
    int first = 0, count = 0;
    float half_width = 0, dash_on = 0, dash_off = 0;
  };
  void AddFill(const datasets::Ring& ring, const uint8_t rgba[4]);
  void AddOutline(const datasets::Ring& ring, const uint8_t rgba[4]);

  Shader shader_;
  GLuint vertex_array_ = 0, buffer_ = 0;
  std::vector<Vertex> vertices_;
  std::vector<Batch> batches_;
  int64_t key_ = -1;
};

}  // namespace app
