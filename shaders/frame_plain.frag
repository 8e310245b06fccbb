#version 330 core
// The video frame as it is: no arithmetic a pixel, which drivers without a graphics card feel.
uniform sampler2D picture;
in vec2 uv;
out vec4 color;
void main() { color = texture(picture, uv); }
