#version 330 core
// Outlines as screen-space ribbons: an instance is an edge in image coordinates, its four vertices
// are the corners of a triangle strip.
layout(location = 0) in vec4 edge;   // from x, y to x, y; image pixels
layout(location = 1) in vec4 style;  // distance along the outline at the start (image pixels), half
                                     // width, dash on, dash off (window pixels)
layout(location = 2) in vec4 tint;
uniform vec4 view;        // origin x, y (window pixels) and scale x, y (window pixels per image pixel)
uniform vec2 window;
out vec4 shade;
out float travelled;      // window pixels
flat out vec2 dash;
void main() {
  bool at_end = (gl_VertexID & 2) != 0;
  float side = (gl_VertexID & 1) != 0 ? 1.0 : -1.0;
  vec2 way = edge.zw - edge.xy;
  float length_ = max(length(way), 1e-6);
  vec2 normal = vec2(-way.y, way.x) / length_;
  vec2 position = at_end ? edge.zw : edge.xy;
  vec2 pixel = view.xy + position * view.zw + normal * side * style.y;
  shade = tint;
  travelled = (style.x + (at_end ? length_ : 0.0)) * view.z;
  dash = style.zw;
  gl_Position = vec4(pixel.x / window.x * 2.0 - 1.0, 1.0 - pixel.y / window.y * 2.0, 0.0, 1.0);
}
