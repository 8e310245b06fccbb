// Small pictures of the drawing tools, drawn with lines so that they are sharp at every scale.
#pragma once

#include <imgui.h>

#include <string>

namespace app {

// Draws the icon of a tool ("polygon", "brush", ...) into a square; an unknown tool gets its first
// letter.
void DrawToolIcon(ImDrawList* draw, const std::string& tool, const ImVec2& corner, float side,
                  ImU32 color);

}  // namespace app
