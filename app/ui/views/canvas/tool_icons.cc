#include "app/ui/views/canvas/tool_icons.h"

#include <functional>
#include <map>
#include <vector>

namespace app {
namespace {

// Draws in a square of 24 units.
class Pen {
 public:
  Pen(ImDrawList* draw, const ImVec2& corner, float side, ImU32 color)
      : draw_(draw), corner_(corner), unit_(side / 24), color_(color) {}

  ImVec2 At(float x, float y) const { return ImVec2(corner_.x + x * unit_, corner_.y + y * unit_); }
  void Line(std::vector<ImVec2> points, bool closed = false, float width = 1.7f) {
    for (ImVec2& point : points) point = At(point.x, point.y);
    draw_->AddPolyline(points.data(), static_cast<int>(points.size()), color_,
                       closed ? ImDrawFlags_Closed : ImDrawFlags_None, width * unit_);
  }
  void Fill(std::vector<ImVec2> points) {
    for (ImVec2& point : points) point = At(point.x, point.y);
    draw_->AddConvexPolyFilled(points.data(), static_cast<int>(points.size()), color_);
  }
  void Dot(float x, float y, float radius = 1.9f) {
    draw_->AddCircleFilled(At(x, y), radius * unit_, color_);
  }
  void Circle(float x, float y, float radius) {
    draw_->AddCircle(At(x, y), radius * unit_, color_, 0, 1.7f * unit_);
  }
  void Dashes(const std::vector<ImVec2>& points) {
    for (size_t i = 0; i + 1 < points.size(); i += 2) Line({points[i], points[i + 1]});
  }

 private:
  ImDrawList* draw_;
  ImVec2 corner_;
  float unit_;
  ImU32 color_;
};

const std::map<std::string, std::function<void(Pen&)>>& Icons() {
  static const std::map<std::string, std::function<void(Pen&)>> icons = {
      {"select",
       [](Pen& pen) {
         pen.Fill({{6, 3}, {6, 18}, {10, 14.5f}});
         pen.Fill({{6, 3}, {10, 14.5f}, {17, 13.5f}});
         pen.Line({{10, 14}, {13.5f, 21}}, false, 2.4f);
       }},
      {"polygon",
       [](Pen& pen) {
         pen.Line({{5, 8}, {14, 4}, {20, 12}, {15, 20}, {6, 17}}, true);
         for (const ImVec2& p : {ImVec2(5, 8), {14, 4}, {20, 12}, {15, 20}, {6, 17}}) {
           pen.Dot(p.x, p.y);
         }
       }},
      {"box",
       [](Pen& pen) {
         pen.Line({{4, 6}, {20, 6}, {20, 18}, {4, 18}}, true);
       }},
      {"brush",
       [](Pen& pen) {
         pen.Line({{20, 4}, {11, 13}}, false, 2.6f);
         pen.Fill({{11, 12}, {12.5f, 14.5f}, {10, 18}, {4, 20}, {6.5f, 14}});
       }},
      {"eraser",
       [](Pen& pen) {
         pen.Line({{4, 14}, {13, 5}, {20, 11}, {11, 20}, {8, 20}}, true);
         pen.Line({{8.5f, 9.5f}, {15.5f, 15.5f}});
       }},
      {"blob",
       [](Pen& pen) {
         pen.Circle(12, 12, 7.5f);
         pen.Line({{12, 1.5f}, {12, 7}});
         pen.Line({{12, 17}, {12, 22.5f}});
         pen.Line({{1.5f, 12}, {7, 12}});
         pen.Line({{17, 12}, {22.5f, 12}});
         pen.Dot(12, 12, 2.2f);
       }},
      {"wand",
       [](Pen& pen) {
         pen.Line({{4, 20}, {14, 10}}, false, 2.6f);
         pen.Line({{17, 3}, {17, 8}});
         pen.Line({{14.5f, 5.5f}, {19.5f, 5.5f}});
         pen.Line({{20, 11}, {20, 14}});
         pen.Line({{18.5f, 12.5f}, {21.5f, 12.5f}});
         pen.Line({{9, 3.5f}, {9, 6.5f}});
         pen.Line({{7.5f, 5}, {10.5f, 5}});
       }},
      {"scissors",
       [](Pen& pen) {
         pen.Circle(6, 18, 3);
         pen.Circle(6, 6, 3);
         pen.Line({{8.5f, 16.5f}, {20, 5}});
         pen.Line({{8.5f, 7.5f}, {20, 19}});
       }},
      {"grabcut",
       [](Pen& pen) {
         pen.Dashes({{3, 8}, {3, 4}, {6, 3}, {10, 3}, {14, 3}, {16, 5}, {3, 12}, {4, 15}});
         pen.Line({{8, 12}, {13, 8}, {19, 10}, {21, 16}, {16, 21}, {10, 19}}, true);
       }},
      {"model",
       [](Pen& pen) {
         for (const float y : {6.f, 12.f, 18.f}) {
           pen.Line({{5, y}, {12, 9}, {19, 12}});
           pen.Line({{5, y}, {12, 15}, {19, 12}});
           pen.Dot(5, y);
         }
         pen.Dot(12, 9);
         pen.Dot(12, 15);
         pen.Dot(19, 12, 2.4f);
       }},
      {"points",
       [](Pen& pen) {
         pen.Line({{4, 18}, {11, 13}, {19, 12}});
         pen.Line({{6, 6}, {11, 13}, {15, 4}});
         for (const ImVec2& p : {ImVec2(4, 18), {11, 13}, {19, 12}, {6, 6}, {15, 4}}) {
           pen.Dot(p.x, p.y, 2.4f);
         }
       }},
      {"transform",
       [](Pen& pen) {
         pen.Line({{6, 10}, {18, 10}, {18, 21}, {6, 21}}, true);
         pen.Line({{12, 10}, {12, 5}});
         pen.Circle(12, 3.6f, 1.8f);
         for (const ImVec2& p : {ImVec2(6, 10), {18, 10}, {18, 21}, {6, 21}}) pen.Dot(p.x, p.y, 2);
       }},
  };
  return icons;
}

}  // namespace

void DrawToolIcon(ImDrawList* draw, const std::string& tool, const ImVec2& corner, float side,
                  ImU32 color) {
  const auto icon = Icons().find(tool);
  if (icon != Icons().end()) {
    Pen pen(draw, corner, side, color);
    icon->second(pen);
    return;
  }
  const std::string letter = tool.substr(0, 1);
  const ImVec2 size = ImGui::CalcTextSize(letter.c_str());
  draw->AddText(ImVec2(corner.x + (side - size.x) / 2, corner.y + (side - size.y) / 2), color,
                letter.c_str());
}

}  // namespace app
