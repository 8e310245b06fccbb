#version 330 core
// A textured rectangle: `rect` is left, top, right, bottom in window pixels.
uniform vec4 rect;
uniform vec2 window;
out vec2 uv;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec2 pixel = mix(rect.xy, rect.zw, corner);
  uv = corner;
  gl_Position = vec4(pixel.x / window.x * 2.0 - 1.0, 1.0 - pixel.y / window.y * 2.0, 0.0, 1.0);
}
