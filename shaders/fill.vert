#version 330 core
// The insides of outlines as plain triangles in image coordinates.
layout(location = 0) in vec2 position;  // image pixels
layout(location = 1) in vec4 tint;
uniform vec4 view;        // origin x, y (window pixels) and scale x, y (window pixels per image pixel)
uniform vec2 window;
out vec4 shade;
void main() {
  vec2 pixel = view.xy + position * view.zw;
  shade = tint;
  gl_Position = vec4(pixel.x / window.x * 2.0 - 1.0, 1.0 - pixel.y / window.y * 2.0, 0.0, 1.0);
}
