#version 330 core
flat in vec4 shade;
in float travelled;
flat in vec2 dash;  // on and off length in window pixels; an off length of 0 draws a solid line
out vec4 color;
void main() {
  if (dash.y > 0.0 && mod(travelled, dash.x + dash.y) > dash.x) discard;
  color = shade;
}
