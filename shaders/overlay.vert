#version 330 core
// Corners of outlines and fills: a point of the image, and how far beside it in window pixels, so
// that lines keep their width at any zoom.
layout(location = 0) in vec2 position;  // image pixels
layout(location = 1) in vec3 beside;    // x, y (window pixels) and the length of the outline up to
                                        // here (image pixels)
layout(location = 2) in vec2 quarters;  // dash on and off, in quarters of a window pixel
layout(location = 3) in vec4 tint;
uniform vec4 view;        // origin x, y (window pixels) and scale x, y (window pixels per image pixel)
uniform vec2 window;
flat out vec4 shade;
out float travelled;      // window pixels
flat out vec2 dash;
void main() {
  vec2 pixel = view.xy + position * view.zw + beside.xy;
  shade = tint;
  travelled = beside.z * view.z;
  dash = quarters / 4.0;
  gl_Position = vec4(pixel.x / window.x * 2.0 - 1.0, 1.0 - pixel.y / window.y * 2.0, 0.0, 1.0);
}
