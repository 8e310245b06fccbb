// Outlines and fills of many polygons, built once when they change and drawn at any zoom, in two
// calls however many they are.
#pragma once

#include <cstdint>
#include <vector>

#include "app/gl/shader.h"
#include "datasets/shape/polygon.h"

namespace app {

struct OverlayShape {
  const datasets::Polygons* outlines = nullptr;
  const datasets::Polygons* insides = nullptr;
  // Of each inside, three indices a triangle.
  const std::vector<std::vector<int>>* triangles = nullptr;
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

  // `key` tells contents apart: with an unchanged key nothing is rebuilt. No OpenGL is called, and
  // the shapes are not needed afterwards.
  void Build(const std::vector<OverlayShape>& shapes, int64_t key);
  // origin: window position of image point (0, 0); scale: framebuffer pixels per image pixel.
  void Draw(float origin_x, float origin_y, float scale, float window_width, float window_height);

 private:
  // Of a fill, or one side of an outline's ribbon.
  struct Corner {
    float x, y;              // image pixels
    float aside_x, aside_y;  // from there, framebuffer pixels
    float along;             // the outline, image pixels
    uint8_t dash[4];         // on and off in quarters of a framebuffer pixel
    uint8_t rgba[4];
  };
  void Upload();
  void AddFill(const OverlayShape& shape);
  void AddOutline(const OverlayShape& shape);
  void AddRibbon(const datasets::Ring& ring, Corner corner, float half_width);

  Shader fill_shader_, line_shader_;
  GLuint array_ = 0, corner_buffer_ = 0, index_buffer_ = 0;
  std::vector<Corner> corners_;
  std::vector<uint32_t> fill_indices_, line_indices_;
  int64_t key_ = -1;
  bool fresh_ = false;  // not on the card yet
};

}  // namespace app
