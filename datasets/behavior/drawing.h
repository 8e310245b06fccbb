// A small drawing of rectangles, lines and text that becomes a PNG or an SVG file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <variant>
#include <vector>

namespace datasets {

// Coordinates in pixels, x right, y down; colors 0xRRGGBB; later shapes lie on top.
class Drawing {
 public:
  enum class Anchor { kStart, kMiddle, kEnd };

  Drawing(double width, double height, uint32_t color = 0xFFFFFF);
  void Rectangle(double x, double y, double width, double height, uint32_t color,
                 double opacity = 1);
  void Line(std::vector<cv::Point2d> points, uint32_t color, double thickness, bool closed = false);
  void Circle(double x, double y, double radius, uint32_t color);
  // `y` is the base line. PNG shows characters outside ASCII as '?'.
  void Text(double x, double y, const std::string& text, double size, uint32_t color = 0x222222,
            Anchor anchor = Anchor::kStart);
  void Picture(double x, double y, double width, double height, const cv::Mat& bgr);

  double width() const { return width_; }
  double height() const { return height_; }
  static double TextWidth(const std::string& text, double size);  // as the PNG has it

  cv::Mat Render() const;  // BGR, CV_8UC3
  std::string Svg() const;
  // By the ending of the name, .png or .svg; whole or not at all. Throws Error for other endings
  // and for what cannot be written.
  void Save(const std::filesystem::path& path) const;
  // Throws the Error for the ending that Save would throw, before any work is done.
  static void CheckEnding(const std::filesystem::path& path);

 private:
  struct RectangleShape {
    double x, y, width, height;
    uint32_t color;
    double opacity;
  };
  struct LineShape {
    std::vector<cv::Point2d> points;
    uint32_t color;
    double thickness;
    bool closed;
  };
  struct CircleShape {
    double x, y, radius;
    uint32_t color;
  };
  struct TextShape {
    double x, y;
    std::string text;
    double size;
    uint32_t color;
    Anchor anchor;
  };
  struct PictureShape {
    double x, y, width, height;
    cv::Mat bgr;
  };
  using Shape = std::variant<RectangleShape, LineShape, CircleShape, TextShape, PictureShape>;

  static void Paint(const Shape& shape, cv::Mat& canvas);
  static std::string Element(const Shape& shape);

  double width_, height_;
  uint32_t color_;
  std::vector<Shape> shapes_;
};

}  // namespace datasets
