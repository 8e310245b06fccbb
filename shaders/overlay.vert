#version 330 core
// Outlines as screen-space ribbons and fills as plain triangles, both in image coordinates.
layout(location = 0) in vec2 position;   // image pixels
layout(location = 1) in vec2 normal;     // unit, times the side of the ribbon; zero for fills
layout(location = 2) in float along;     // distance along the outline, image pixels
layout(location = 3) in vec4 tint;
uniform vec4 view;        // origin x, y (window pixels) and scale x, y (window pixels per image pixel)
uniform vec2 window;
uniform float half_width; // window pixels
out vec4 shade;
out float travelled;      // window pixels
void main() {
  vec2 pixel = view.xy + position * view.zw + normal * half_width;
  shade = tint;
  travelled = along * view.z;
  gl_Position = vec4(pixel.x / window.x * 2.0 - 1.0, 1.0 - pixel.y / window.y * 2.0, 0.0, 1.0);
}
