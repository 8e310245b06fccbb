#version 330 core
// The video frame with the person's brightness, contrast and gamma; the stored picture is untouched.
uniform sampler2D picture;
uniform float brightness;  // added, -1 .. 1
uniform float contrast;    // factor around mid grey, 0 .. 4
uniform float gamma;       // exponent is 1 / gamma
in vec2 uv;
out vec4 color;
void main() {
  vec3 value = texture(picture, uv).rgb;
  value = (value - 0.5) * contrast + 0.5 + brightness;
  color = vec4(pow(clamp(value, 0.0, 1.0), vec3(1.0 / gamma)), 1.0);
}
